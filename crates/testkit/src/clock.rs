//! The system's clock, as tests inject it.

use domain::clock::{Clock, Clocks};
use domain::time::Timestamp;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// Two clocks that show the real time; the business clock's `offset` (milliseconds) is the caller's to move.
pub fn clocks(offset: Arc<AtomicI64>) -> Clocks {
    Clocks { business: Clock::new(system, offset), wall: Clock::new(system, Arc::default()) }
}

pub fn now() -> Timestamp {
    Timestamp(system())
}

#[allow(clippy::disallowed_methods, reason = "the one place where tests read the system's clock")]
fn system() -> i64 {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(since_1970.as_millis()).unwrap()
}

#[allow(clippy::disallowed_methods, reason = "a deadline of a test")]
pub(crate) fn instant() -> Instant {
    Instant::now()
}
