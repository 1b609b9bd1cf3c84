//! Who says what time it is. The source is injected: this crate never asks the system.

use crate::time::Timestamp;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// A source of time plus an offset that can be moved forward. Clones share the offset.
#[derive(Clone)]
pub struct Clock {
    source: Arc<dyn Fn() -> i64 + Send + Sync>,
    offset: Arc<AtomicI64>,
}

impl Clock {
    /// `source` answers milliseconds since the Unix epoch; `offset` (milliseconds) is added to it.
    pub fn new(source: impl Fn() -> i64 + Send + Sync + 'static, offset: Arc<AtomicI64>) -> Self {
        Self { source: Arc::new(source), offset }
    }

    pub fn now(&self) -> Timestamp {
        Timestamp((self.source)().saturating_add(self.offset.load(Ordering::SeqCst)))
    }
}

impl std::fmt::Debug for Clock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Clock").field("offset", &self.offset).finish_non_exhaustive()
    }
}

/// The two clocks. *Business* rules trials, periods, windows, quotes, holds and grace, and in sandbox
/// mode is moved together with the sandbox's. *Wall* rules sessions, leases, back-off, retention and
/// signatures, and is never moved.
#[derive(Debug, Clone)]
pub struct Clocks {
    pub business: Clock,
    pub wall: Clock,
}
