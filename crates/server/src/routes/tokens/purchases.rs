//! `GET /api/v1/billing/tokens/purchases/`

use crate::answer::Answer;
use crate::extract::{Member, Query};
use crate::problem::Problem;
use crate::routes::Shared;
use crate::views::page::PageQuery;
use crate::views::purchase::PurchaseView;
use crate::views::refusals::Reading;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PurchaseList {
    data: Vec<PurchaseView>,
    next_cursor: Option<String>,
}

/// What was bought, newest first
#[utoipa::path(get, path = "/api/v1/billing/tokens/purchases/", tag = "tokens", params(PageQuery),
    security(("bearer" = []), ("cookie" = [])), responses((status = 200, body = PurchaseList), Reading))]
pub(super) async fn purchases(
    State(state): Shared,
    Member(caller): Member,
    Query(query): Query<PageQuery>,
) -> Result<Answer, Problem> {
    let page = state.billing.token_purchases(caller.account(), query.cursor.as_deref()).await?;
    let data = page.data.iter().map(Into::into).collect();
    Ok(Answer::ok(PurchaseList { data, next_cursor: page.next_cursor }))
}
