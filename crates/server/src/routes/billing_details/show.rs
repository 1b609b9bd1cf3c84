//! `GET /api/v1/billing/billing-details/`

use crate::answer::Answer;
use crate::extract::Member;
use crate::openapi::ProblemBody;
use crate::problem::Problem;
use crate::routes::Shared;
use crate::views::billing_details::BillingDetailsView;
use crate::views::refusals::Reading;
use axum::extract::State;

/// Name, address and VAT id, as they are printed on invoices
#[utoipa::path(get, path = "/api/v1/billing/billing-details/", operation_id = "show_billing_details", tag = "paying",
    security(("bearer" = []), ("cookie" = [])), responses((status = 200, body = BillingDetailsView), Reading,
    (status = 503, description = "stripe_unavailable", body = ProblemBody,
    content_type = "application/problem+json")))]
pub(super) async fn show(State(state): Shared, Member(caller): Member) -> Result<Answer, Problem> {
    let details = state.billing.billing_details(caller.account()).await?;
    Ok(Answer::ok(BillingDetailsView::from(details)))
}
