//! `POST /api/v1/auth/forgot-password/`

use crate::answer::Answer;
use crate::extract::Body;
use crate::openapi::ProblemBody;
use crate::problem::Problem;
use crate::rate_limit::Peer;
use crate::routes::Shared;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ForgotPassword {
    email: String,
}

/// Ask for a mail by which a new password can be set
///
/// The answer is the same, and as fast, whether or not somebody has this address.
#[utoipa::path(post, path = "/api/v1/auth/forgot-password/", tag = "auth", request_body = ForgotPassword, responses(
    (status = 202, description = "If somebody has this address, a mail is on its way", body = Object),
    (status = 400, description = "invalid_json", body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, description = "invalid_request", body = ProblemBody, content_type = "application/problem+json"),
    (status = 429, description = "rate_limited", body = ProblemBody, content_type = "application/problem+json")))]
pub(super) async fn forgot_password(
    State(state): Shared,
    Peer(peer): Peer,
    body: Body<ForgotPassword>,
) -> Result<Answer, Problem> {
    let email = body.value.email;
    state.limits.link.check(&peer)?;
    state.limits.email.check(&email.trim().to_lowercase())?;
    let (billing, work) = (state.billing.clone(), state.work.clone());
    // Not waited for: how long it takes would tell whether the address is known.
    work.spawn(async move {
        if let Err(error) = billing.request_password_reset(&email).await {
            tracing::error!(%error, "a password reset was not sent");
        }
    });
    let body = json!({"message": "If somebody has this address, a mail is on its way."});
    Ok(Answer { status: StatusCode::ACCEPTED, body })
}
