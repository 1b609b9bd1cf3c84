//! `POST /api/v1/auth/reset-password/`

use crate::extract::Body;
use crate::openapi::ProblemBody;
use crate::problem::Problem;
use crate::rate_limit::Peer;
use crate::routes::Shared;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ResetPassword {
    /// From the link in the mail.
    token: String,
    /// 8 characters to 256 bytes.
    password: String,
}

/// Set a new password by the link that was mailed
///
/// Ends every session of this user.
#[utoipa::path(post, path = "/api/v1/auth/reset-password/", tag = "auth", request_body = ResetPassword, responses(
    (status = 204, description = "The password is set"),
    (status = 400, description = "invalid_json", body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, description = "invalid_request", body = ProblemBody, content_type = "application/problem+json"),
    (status = 429, description = "rate_limited", body = ProblemBody, content_type = "application/problem+json")))]
pub(super) async fn reset_password(
    State(state): Shared,
    Peer(peer): Peer,
    body: Body<ResetPassword>,
) -> Result<StatusCode, Problem> {
    state.limits.link.check(&peer)?;
    let ResetPassword { token, password } = body.value;
    let billing = state.billing.clone();
    state.run(async move { billing.reset_password(&token, password).await }).await?;
    Ok(StatusCode::NO_CONTENT)
}
