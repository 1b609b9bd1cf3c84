//! `GET /api/v1/billing/tokens/purchases/{id}/`

use crate::answer::Answer;
use crate::extract::{Id, Member};
use crate::openapi::ProblemBody;
use crate::problem::Problem;
use crate::routes::Shared;
use crate::views::purchase::PurchaseView;
use crate::views::refusals::Reading;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OnePurchase {
    purchase: PurchaseView,
}

/// One purchase
#[utoipa::path(get, path = "/api/v1/billing/tokens/purchases/{id}/", tag = "tokens",
    params(("id" = String, Path, description = "pur_...")), security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, body = OnePurchase), Reading,
    (status = 404, description = "not_found", body = ProblemBody, content_type = "application/problem+json")))]
pub(super) async fn show_purchase(
    State(state): Shared,
    Member(caller): Member,
    Id(id): Id,
) -> Result<Answer, Problem> {
    let purchase = state.billing.token_purchase(caller.account(), &id).await?;
    Ok(Answer::ok(OnePurchase { purchase: (&purchase).into() }))
}
