//! What is counted of every try: `stripe_requests_total{endpoint,outcome}` and
//! `stripe_request_seconds{endpoint}`, the wait for a turn included.

use crate::error::Error;
use std::time::Duration;

/// A try that was not let out, by the breaker or for want of a turn, counts as what it told the caller.
pub(super) fn count(endpoint: &str, error: Option<&Error>, took: Duration) {
    let outcome = match error {
        None => "ok",
        Some(
            Error::Declined { .. }
            | Error::AuthenticationRequired { .. }
            | Error::InvoiceRequiresAction { .. },
        ) => "declined",
        Some(Error::NotFound { .. }) => "not_found",
        Some(Error::Invalid { .. } | Error::Foreign { .. }) => "invalid",
        Some(Error::IdempotencyMismatch { .. }) => "idempotency_mismatch",
        Some(Error::RateLimited { .. }) => "rate_limited",
        Some(Error::Unavailable { .. }) => "unavailable",
        Some(Error::Authentication { .. }) => "authentication",
        Some(Error::UnexpectedShape { .. }) => "unexpected_shape",
    };
    ::metrics::counter!("stripe_requests_total", "endpoint" => endpoint.to_owned(), "outcome" => outcome)
        .increment(1);
    ::metrics::histogram!("stripe_request_seconds", "endpoint" => endpoint.to_owned())
        .record(took.as_secs_f64());
}
