//! `POST /api/v1/auth/logout/`

use super::signed_in;
use crate::extract::{Anyone, Kind};
use crate::openapi::ProblemBody;
use crate::problem::Problem;
use crate::routes::Shared;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};

/// End this session
///
/// Without a session there is nothing to end, and that is no error.
#[utoipa::path(post, path = "/api/v1/auth/logout/", tag = "auth", security((), ("bearer" = []), ("cookie" = [])), responses(
    (status = 204, description = "It is over"),
    (status = 401, description = "unauthenticated", body = ProblemBody, content_type = "application/problem+json")))]
pub(super) async fn logout(State(state): Shared, Anyone(caller): Anyone) -> Result<Response, Problem> {
    if let Some(Kind::Session(token)) = caller.map(|caller| caller.kind) {
        let billing = state.billing.clone();
        state.run(async move { billing.logout(&token).await }).await?;
    }
    Ok((StatusCode::NO_CONTENT, signed_in::forget(&state)).into_response())
}
