//! `DELETE /api/v1/auth/me/`

use super::signed_in;
use crate::extract::{Body, Member};
use crate::openapi::ProblemBody;
use crate::problem::Problem;
use crate::rate_limit::Peer;
use crate::routes::Shared;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use utoipa::ToSchema;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Leaving {
    /// Of our own login; users of a host application have none.
    password: Option<String>,
}

/// Delete one's account, for good
///
/// Everything that could still charge is ended at the payment provider first; if that fails, the account stays, and the
/// same call goes on from there. Afterwards payments and invoices are kept under a number that names nobody, unused
/// tokens are gone, and no token brings the user back.
#[utoipa::path(delete, path = "/api/v1/auth/me/", tag = "auth", request_body = Leaving,
    security(("bearer" = []), ("cookie" = [])), responses(
    (status = 204, description = "It is deleted"),
    (status = 400, description = "invalid_json", body = ProblemBody, content_type = "application/problem+json"),
    (status = 401, description = "unauthenticated", body = ProblemBody, content_type = "application/problem+json"),
    (status = 403, description = "not_allowed", body = ProblemBody, content_type = "application/problem+json"),
    (status = 409, description = "idempotency_key_in_use, account_leaving: another call is under way; with Retry-After",
        body = ProblemBody, content_type = "application/problem+json"),
    (status = 413, description = "payload_too_large", body = ProblemBody, content_type = "application/problem+json"),
    (status = 415, description = "unsupported_media_type", body = ProblemBody,
        content_type = "application/problem+json"),
    (status = 422, description = "invalid_request: the password is missing or wrong", body = ProblemBody,
        content_type = "application/problem+json"),
    (status = 429, description = "rate_limited", body = ProblemBody, content_type = "application/problem+json"),
    (status = 503, description = "stripe_unavailable: the account stays, try again", body = ProblemBody,
        content_type = "application/problem+json")))]
pub(super) async fn delete_me(
    State(state): Shared,
    Member(caller): Member,
    Peer(peer): Peer,
    body: Body<Leaving>,
) -> Result<Response, Problem> {
    let password = body.value.password;
    if password.is_some() {
        // It can be guessed here as at the login.
        state.limits.login.check(&peer)?;
        state.limits.email.check(&caller.user.id.to_string())?;
    }
    let (billing, user) = (state.billing.clone(), caller.user);
    state.run(async move { billing.delete_user(&user, password).await }).await?;
    Ok((StatusCode::NO_CONTENT, signed_in::forget(&state)).into_response())
}
