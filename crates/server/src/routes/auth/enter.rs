//! `POST /api/v1/auth/enter/`

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
pub(super) struct Enter {
    /// From the host's redirect.
    code: String,
}

/// Sign in with the code that the host has asked for
///
/// The sign-in lasts 12 hours: the host cannot end it.
#[utoipa::path(post, path = "/api/v1/auth/enter/", tag = "auth", request_body = Enter, responses(
    (status = 200, body = SignedInBody),
    (status = 400, description = "invalid_json", body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, description = "invalid_request: the code is used, too old, or none of ours", body = ProblemBody,
        content_type = "application/problem+json"),
    (status = 429, description = "rate_limited", body = ProblemBody, content_type = "application/problem+json")))]
pub(super) async fn enter(
    State(state): Shared,
    Peer(peer): Peer,
    body: Body<Enter>,
) -> Result<Response, Problem> {
    state.limits.enter.check(&peer)?;
    let billing = state.billing.clone();
    let signed_in = state.run(async move { billing.enter(&body.value.code).await }).await?;
    Ok(signed_in::respond(&state, StatusCode::OK, signed_in))
}
