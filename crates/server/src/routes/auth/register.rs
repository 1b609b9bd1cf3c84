//! `POST /api/v1/auth/register/`

use super::signed_in::{self, SignedInBody};
use crate::extract::Body;
use crate::openapi::ProblemBody;
use crate::problem::Problem;
use crate::rate_limit::Peer;
use crate::routes::Shared;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use billing::users::Registration;
use serde::Deserialize;
use utoipa::ToSchema;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Register {
    #[schema(example = "ada@example.com")]
    email: String,
    /// 8 characters to 256 bytes.
    password: String,
    #[serde(default)]
    name: Option<String>,
}

/// Make a user and sign in
///
/// A mail asks to verify the address. Off (403 `not_allowed`) where users come with tokens of a host.
#[utoipa::path(post, path = "/api/v1/auth/register/", tag = "auth", request_body = Register, responses(
    (status = 201, body = SignedInBody),
    (status = 400, description = "invalid_json", body = ProblemBody, content_type = "application/problem+json"),
    (status = 403, description = "not_allowed", body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, description = "invalid_request", body = ProblemBody, content_type = "application/problem+json"),
    (status = 429, description = "rate_limited", body = ProblemBody, content_type = "application/problem+json")))]
pub(super) async fn register(
    State(state): Shared,
    Peer(peer): Peer,
    body: Body<Register>,
) -> Result<Response, Problem> {
    if state.config.has_host() {
        return Err(Problem::not_allowed("Users come with tokens of the host application."));
    }
    state.limits.register.check(&peer)?;
    let Register { email, password, name } = body.value;
    let new = Registration { email, password, name: name.unwrap_or_default() };
    let billing = state.billing.clone();
    let signed_in = state.run(async move { billing.register(new).await }).await?;
    Ok(signed_in::respond(&state, StatusCode::CREATED, signed_in))
}
