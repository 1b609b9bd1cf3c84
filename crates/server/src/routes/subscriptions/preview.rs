//! `POST /api/v1/billing/subscribe/preview/`

use super::subscribe::SubscribeBody;
use crate::answer::Answer;
use crate::extract::{Body, Member};
use crate::problem::Problem;
use crate::routes::Shared;
use crate::views::quote::QuoteView;
use crate::views::refusals::Changing;
use axum::extract::State;

/// What subscribing would cost: nothing is made, nothing is charged
#[utoipa::path(post, path = "/api/v1/billing/subscribe/preview/", tag = "subscription",
    request_body = SubscribeBody, security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, body = QuoteView), Changing))]
pub(super) async fn preview(
    State(state): Shared,
    Member(caller): Member,
    body: Body<SubscribeBody>,
) -> Result<Answer, Problem> {
    let command = body.value.command(&caller, String::new(), None)?;
    let billing = state.billing.clone();
    let quote = state.run(async move { billing.preview_subscribe(&command).await }).await?;
    Ok(Answer::ok(QuoteView::from(&quote)))
}
