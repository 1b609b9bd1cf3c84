//! `POST /api/v1/auth/verify-email/`

use super::signed_in::UserBody;
use crate::answer::Answer;
use crate::extract::Body;
use crate::openapi::ProblemBody;
use crate::problem::Problem;
use crate::rate_limit::Peer;
use crate::routes::Shared;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct VerifyEmail {
    /// From the link in the mail.
    token: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct VerifiedBody {
    user: UserBody,
}

/// Verify an e-mail address by the link that was mailed
#[utoipa::path(post, path = "/api/v1/auth/verify-email/", tag = "auth", request_body = VerifyEmail, responses(
    (status = 200, body = VerifiedBody),
    (status = 400, description = "invalid_json", body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, description = "invalid_request", body = ProblemBody, content_type = "application/problem+json"),
    (status = 429, description = "rate_limited", body = ProblemBody, content_type = "application/problem+json")))]
pub(super) async fn verify_email(
    State(state): Shared,
    Peer(peer): Peer,
    body: Body<VerifyEmail>,
) -> Result<Answer, Problem> {
    state.limits.link.check(&peer)?;
    let billing = state.billing.clone();
    let user = state.run(async move { billing.verify_email(&body.value.token).await }).await?;
    Ok(Answer::ok(VerifiedBody { user: UserBody::of(&user, user.is_admin()) }))
}
