//! The gateway from outside: what it sends, what it understands, and what it does when Stripe fails.

// Helpers outside of `#[test]` functions may fail a test, too.
#![allow(clippy::unwrap_used, clippy::panic)]

mod breaker;
mod errors;
mod limits;
mod lists;
mod reading;
mod recordings;
mod requests;
mod retries;
mod samples;
mod secrets;
mod specification;
mod support;
mod telemetry;
mod webhooks;
mod wire;
