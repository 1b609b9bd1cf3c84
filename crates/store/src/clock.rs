//! The stopwatch of the query metrics. Nothing in the database depends on it.

use std::time::Instant;

#[allow(clippy::disallowed_methods, reason = "measures how long a statement took, decides nothing")]
pub(crate) fn start() -> Instant {
    Instant::now()
}
