//! The only place of the measurement that reads a clock.

#[allow(clippy::disallowed_methods, reason = "what is measured is time")]
pub(crate) fn start() -> std::time::Instant {
    std::time::Instant::now()
}
