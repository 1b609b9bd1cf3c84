//! `GET /api/v1/billing/invoices/{id}/`

use crate::answer::Answer;
use crate::extract::{Id, Member};
use crate::openapi::ProblemBody;
use crate::problem::Problem;
use crate::routes::Shared;
use crate::views::invoice::{InvoiceView, PaidByView};
use crate::views::refusals::Reading;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OneInvoiceView {
    invoice: InvoiceView,
    payments: Vec<PaidByView>,
}

/// One invoice, with what paid it and what went back
#[utoipa::path(get, path = "/api/v1/billing/invoices/{id}/", operation_id = "show_invoice", tag = "paying",
    params(("id" = String, Path, description = "in_...")), security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, body = OneInvoiceView), Reading,
    (status = 404, description = "not_found", body = ProblemBody, content_type = "application/problem+json")))]
pub(super) async fn show(
    State(state): Shared,
    Member(caller): Member,
    Id(id): Id,
) -> Result<Answer, Problem> {
    let one = state.billing.invoice(caller.account(), &id).await?;
    Ok(Answer::ok(OneInvoiceView {
        invoice: InvoiceView::new(&one.mirrored, one.owed, one.pages.as_ref()),
        payments: one.paid_by.iter().map(Into::into).collect(),
    }))
}
