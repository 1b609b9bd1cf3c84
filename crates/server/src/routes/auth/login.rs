//! `POST /api/v1/auth/login/`

use super::signed_in::{self, SignedInBody};
use crate::extract::Body;
use crate::openapi::ProblemBody;
use crate::problem::Problem;
use crate::rate_limit::Peer;
use crate::routes::Shared;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use utoipa::ToSchema;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Login {
    email: String,
    password: String,
}

/// Sign in
///
/// The token works as a Bearer, the cookie for the browser.
#[utoipa::path(post, path = "/api/v1/auth/login/", tag = "auth", request_body = Login, responses(
    (status = 200, body = SignedInBody),
    (status = 400, description = "invalid_json", body = ProblemBody, content_type = "application/problem+json"),
    (status = 401, description = "unauthenticated", body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, description = "invalid_request", body = ProblemBody, content_type = "application/problem+json"),
    (status = 429, description = "rate_limited", body = ProblemBody, content_type = "application/problem+json")))]
pub(super) async fn login(
    State(state): Shared,
    Peer(peer): Peer,
    body: Body<Login>,
) -> Result<Response, Problem> {
    let Login { email, password } = body.value;
    state.limits.login.check(&peer)?;
    state.limits.email.check(&email.trim().to_lowercase())?;
    let billing = state.billing.clone();
    let signed_in = state.run(async move { billing.login(&email, password).await }).await?;
    Ok(signed_in::respond(&state, StatusCode::OK, signed_in))
}
