//! `POST /api/v1/billing/webhooks/stripe/`: verify, store, answer. Applying comes later (trap 10).

use super::Shared;
use crate::answer::Answer;
use crate::openapi::ProblemBody;
use crate::problem::Problem;
use crate::rate_limit::Peer;
use crate::state::AppState;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode};
use billing::inbox::Accepted;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// In bytes: far above any event of ours.
const LIMIT: usize = 512 * 1024;
/// How old a signature may be, in seconds: Stripe's own default.
const TOLERANCE: i64 = 300;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(receive)).layer(DefaultBodyLimit::max(LIMIT))
}

#[derive(Debug, Serialize, ToSchema)]
struct Received {
    received: bool,
    /// It was delivered before; nothing was changed.
    duplicate: bool,
}

/// Take a delivered event
///
/// 200 means: durably stored. Whatever goes wrong when it is applied is retried from there.
#[utoipa::path(post, path = "/api/v1/billing/webhooks/stripe/", tag = "webhooks",
    params(("Stripe-Signature" = String, Header, description = "t=...,v1=...")),
    request_body(content = Object, description = "An event of Stripe's"), responses(
    (status = 200, body = Received),
    (status = 400, description = "invalid_signature", body = ProblemBody, content_type = "application/problem+json"),
    (status = 413, description = "payload_too_large", body = ProblemBody, content_type = "application/problem+json"),
    (status = 429, description = "rate_limited: too many wrong signatures", body = ProblemBody,
        content_type = "application/problem+json")))]
async fn receive(
    State(state): Shared,
    Peer(peer): Peer,
    headers: HeaderMap,
    body: Result<Bytes, axum::extract::rejection::BytesRejection>,
) -> Result<Answer, Problem> {
    let body = body.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::payload_too_large(LIMIT),
        _ => invalid_signature("the body ended early"),
    })?;
    let signature = headers.get("stripe-signature").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let event = match state.verify_event(&body, signature, TOLERANCE) {
        Ok(event) => event,
        Err(error) => {
            // Only these are limited: Stripe's own bursts never are (trap 37).
            state.limits.bad_signature.check(&peer)?;
            tracing::warn!(%peer, %error, "a delivery was refused");
            return Err(invalid_signature(error.to_string()));
        }
    };
    let payload = String::from_utf8_lossy(&body).into_owned();
    let billing = state.billing.clone();
    let accepted = state.run(async move { billing.accept_event(&event, &payload).await }).await?;
    Ok(Answer::ok(Received { received: true, duplicate: accepted == Accepted::Duplicate }))
}

fn invalid_signature(detail: impl Into<String>) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "invalid_signature", "This is not a delivery of Stripe's")
        .detail(detail)
}
