//! `POST /api/v1/auth/verification-mail/`

use crate::answer::Answer;
use crate::extract::{Body, Member};
use crate::problem::Problem;
use crate::routes::{Nothing, Shared};
use crate::views::refusals::Changing;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::json;

/// Ask for the mail again by which the own address is verified
///
/// Its link ends the older ones. Nothing is sent to who is verified.
#[utoipa::path(post, path = "/api/v1/auth/verification-mail/", tag = "auth", request_body = Nothing,
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 202, description = "The mail is on its way", body = Object), Changing))]
pub(super) async fn verification_mail(
    State(state): Shared,
    Member(caller): Member,
    _: Body<Nothing>,
) -> Result<Answer, Problem> {
    state.limits.email.check(&caller.user.email.as_deref().unwrap_or_default().trim().to_lowercase())?;
    let billing = state.billing.clone();
    state.run(async move { billing.send_verification_mail(&caller.user).await }).await?;
    Ok(Answer { status: StatusCode::ACCEPTED, body: json!({"message": "The mail is on its way."}) })
}
