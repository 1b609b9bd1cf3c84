//! Requests that are struck: fail before or after they take effect, or are late.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::HeaderValue;
use axum::http::header::RETRY_AFTER;
use axum::middleware::Next;
use axum::response::Response;

use super::rules::Failure;
use crate::core::error::ApiError;
use crate::server::engine::Engine;
use crate::server::limits::too_many;
use crate::server::reply::{Reply, header};

/// Around Stripe's addresses only: the sandbox's own are never struck.
pub(crate) async fn strike(State(engine): State<Arc<Engine>>, request: Request, next: Next) -> Response {
    let (method, path) = (request.method().as_str().to_owned(), request.uri().path().to_owned());
    if !path.starts_with("/v1/") {
        return next.run(request).await;
    }
    let fault = engine.faults.plan().request(&method, &path, engine.clock.now());
    if fault.latency_ms > 0 {
        tokio::time::sleep(Duration::from_millis(fault.latency_ms)).await;
    }
    let Some(failure) = fault.failure else { return next.run(request).await };
    let version = header(request.headers(), "stripe-version");
    let key = header(request.headers(), "idempotency-key");
    let request_id = if fault.after {
        let done = next.run(request).await;
        header(done.headers(), "request-id")
    } else {
        None
    };
    let request_id = request_id.unwrap_or_else(|| engine.request_id());
    match failure {
        Failure::Drop => hang_up(),
        Failure::Hang => {
            // Until the client goes away, which drops this, or the sandbox stops.
            engine.stop.cancelled().await;
            hang_up()
        }
        Failure::Status(status) => {
            let reply = Reply {
                request_id: &request_id,
                version: version.as_deref(),
                key: key.as_deref(),
                method: &method,
            };
            let mut answer = reply.refuse(&engine, &error(status));
            let headers = answer.headers_mut();
            if let Some(seconds) = fault.retry_after {
                headers.insert(RETRY_AFTER, seconds.into());
            }
            if let Some(should) = fault.should_retry {
                let word = HeaderValue::from_static(if should { "true" } else { "false" });
                headers.insert("stripe-should-retry", word);
            }
            answer
        }
    }
}

/// What Stripe says with these statuses (Stripe docs: errors, rate limits).
fn error(status: u16) -> ApiError {
    match status {
        429 => too_many(),
        503 => ApiError::new(503, "api_error", "The server is temporarily unavailable. Please try again."),
        other => ApiError::new(other, "api_error", "An unknown error occurred."),
    }
}

/// A body that fails before its first byte: the server closes the connection, and nothing of the head has been sent.
fn hang_up() -> Response {
    let lost = io::Error::new(io::ErrorKind::ConnectionReset, "dropped on demand");
    Response::new(Body::from_stream(futures_util::stream::once(async { Err::<&[u8], _>(lost) })))
}
