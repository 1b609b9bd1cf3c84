//! `GET /api/v1/billing/payment-methods/`

use crate::answer::Answer;
use crate::extract::Member;
use crate::openapi::ProblemBody;
use crate::problem::Problem;
use crate::routes::Shared;
use crate::views::payment_method::SavedCardView;
use crate::views::refusals::Reading;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CardList {
    data: Vec<SavedCardView>,
}

/// The saved cards, newest first
#[utoipa::path(get, path = "/api/v1/billing/payment-methods/", operation_id = "list_payment_methods", tag = "paying",
    security(("bearer" = []), ("cookie" = [])), responses((status = 200, body = CardList), Reading,
    (status = 503, description = "stripe_unavailable", body = ProblemBody,
    content_type = "application/problem+json")))]
pub(super) async fn list(State(state): Shared, Member(caller): Member) -> Result<Answer, Problem> {
    let cards = state.billing.payment_methods(caller.account()).await?;
    Ok(Answer::ok(CardList { data: cards.iter().map(Into::into).collect() }))
}
