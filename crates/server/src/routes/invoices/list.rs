//! `GET /api/v1/billing/invoices/`

use crate::answer::Answer;
use crate::extract::{Member, Query};
use crate::problem::Problem;
use crate::routes::Shared;
use crate::views::invoice::InvoiceView;
use crate::views::page::PageQuery;
use crate::views::refusals::Reading;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct InvoiceList {
    data: Vec<InvoiceView>,
    next_cursor: Option<String>,
}

/// The invoices of one's subscriptions, newest first
///
/// What was paid for tokens is in tokens/purchases/.
#[utoipa::path(get, path = "/api/v1/billing/invoices/", operation_id = "list_invoices", tag = "paying", params(PageQuery),
    security(("bearer" = []), ("cookie" = [])), responses((status = 200, body = InvoiceList), Reading))]
pub(super) async fn list(
    State(state): Shared,
    Member(caller): Member,
    Query(query): Query<PageQuery>,
) -> Result<Answer, Problem> {
    let page = state.billing.invoices(caller.account(), query.cursor.as_deref()).await?;
    let data = page.data.iter().map(|it| InvoiceView::new(&it.mirrored, it.owed, it.pages.as_ref()));
    Ok(Answer::ok(InvoiceList { data: data.collect(), next_cursor: page.next_cursor }))
}
