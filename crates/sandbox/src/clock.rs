//! The two clocks: the wall clock, and the business clock that runs at an offset from it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// A cheap handle on the business clock: the system's time plus an offset in milliseconds.
///
/// Clones share the offset, so that an application which embeds the sandbox lives in the same business time.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    offset_ms: Arc<AtomicI64>,
}

impl Clock {
    /// A clock at the system's time (offset 0).
    pub fn system() -> Self {
        Self::default()
    }

    /// A clock over an offset (milliseconds) that somebody else holds too.
    pub fn sharing(offset_ms: Arc<AtomicI64>) -> Self {
        Self { offset_ms }
    }

    /// The shared offset in milliseconds.
    pub fn offset_handle(&self) -> Arc<AtomicI64> {
        Arc::clone(&self.offset_ms)
    }

    /// Business time in milliseconds since the Unix epoch.
    pub fn now_ms(&self) -> i64 {
        wall_ms() + self.offset_ms()
    }

    /// Business time in whole seconds since the Unix epoch.
    pub fn now(&self) -> i64 {
        self.now_ms().div_euclid(1000)
    }

    /// How far business time is ahead of the system's, in milliseconds.
    pub fn offset_ms(&self) -> i64 {
        self.offset_ms.load(Ordering::SeqCst)
    }

    pub(crate) fn set_offset_ms(&self, offset: i64) {
        self.offset_ms.store(offset, Ordering::SeqCst);
    }
}

/// The system's time in milliseconds since the Unix epoch: delivery retries, signatures, retention of keys.
#[allow(clippy::disallowed_methods, reason = "this is the one place that reads the system's clock")]
pub(crate) fn wall_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
