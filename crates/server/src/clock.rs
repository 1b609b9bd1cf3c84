//! The system's clock: read here, injected everywhere else.

use domain::clock::{Clock, Clocks};
use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::time::{SystemTime, UNIX_EPOCH};

/// `offset` (milliseconds) is by how much business time runs ahead; whoever moves it keeps the handle.
pub fn system_clocks(offset: Arc<AtomicI64>) -> Clocks {
    Clocks { business: Clock::new(system, offset), wall: Clock::new(system, Arc::default()) }
}

#[allow(clippy::disallowed_methods, reason = "the one place that reads the system's clock")]
fn system() -> i64 {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since_1970.as_millis()).unwrap_or(i64::MAX)
}
