//! `GET /api/v1/auth/me/export/`

use crate::extract::Member;
use crate::openapi::ProblemBody;
use crate::problem::Problem;
use crate::routes::Shared;
use axum::Json;
use axum::extract::State;
use axum::http::header::CONTENT_DISPOSITION;
use axum::response::{IntoResponse as _, Response};

/// Everything that is kept about oneself
///
/// As a file: an object with a list of rows for each table. Times are RFC 3339, amounts minor units.
#[utoipa::path(get, path = "/api/v1/auth/me/export/", tag = "auth", security(("bearer" = []), ("cookie" = [])),
    responses(
    (status = 200, description = "application/json, as an attachment", body = serde_json::Value),
    (status = 401, description = "unauthenticated", body = ProblemBody, content_type = "application/problem+json"),
    (status = 403, description = "not_allowed", body = ProblemBody, content_type = "application/problem+json"),
    (status = 429, description = "rate_limited: more than two a minute", body = ProblemBody, content_type = "application/problem+json")))]
pub(super) async fn export(State(state): Shared, Member(caller): Member) -> Result<Response, Problem> {
    state.limits.export.check(&caller.user.id.to_string())?;
    let all = state.billing.export(&caller.user).await?;
    let name = "attachment; filename=\"allthrive-billing.json\"";
    Ok(([(CONTENT_DISPOSITION, name)], Json(all)).into_response())
}
