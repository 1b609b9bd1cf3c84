//! One line of log and two figures for each request, under its request id.

use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;
use futures_util::FutureExt as _;
use tokio::time::Instant;
use tower_http::request_id::RequestId;
use tracing::Instrument as _;

/// No `async fn`: that would keep room for the request and for what answers it twice.
pub(crate) fn record(request: Request, next: Next) -> impl Future<Output = Response> {
    let method = request.method().clone();
    // The pattern, not the path: ids in labels would make a series each.
    let route = request.extensions().get::<MatchedPath>().map_or("other", MatchedPath::as_str).to_owned();
    let id = request.extensions().get::<RequestId>().and_then(|id| id.header_value().to_str().ok());
    let span = tracing::info_span!("request", %method, route, id = id.unwrap_or_default());
    let started = Instant::now();
    next.run(request).instrument(span.clone()).inspect(move |response| {
        let (status, elapsed) = (response.status().as_u16(), started.elapsed());
        let _entered = span.enter();
        if route == "/healthz" || route == "/readyz" || route == "/metrics" {
            tracing::debug!(status, ms = elapsed.as_millis(), "answered");
        } else {
            tracing::info!(status, ms = elapsed.as_millis(), "answered");
        }
        let labels = [("method", method.to_string()), ("route", route), ("status", status.to_string())];
        metrics::histogram!("http_request_seconds", &labels).record(elapsed.as_secs_f64());
    })
}
