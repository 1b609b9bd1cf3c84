//! `DELETE /api/v1/billing/payment-methods/{id}/`

use crate::extract::{Id, Member};
use crate::openapi::ProblemBody;
use crate::problem::Problem;
use crate::routes::{Shared, payment_method};
use crate::views::refusals::Reading;
use axum::extract::State;
use axum::http::StatusCode;
use billing::payment_methods::RemoveCard;

/// Remove a saved card
#[utoipa::path(delete, path = "/api/v1/billing/payment-methods/{id}/", tag = "paying",
    params(("id" = String, Path, description = "pm_...")), security(("bearer" = []), ("cookie" = [])),
    responses((status = 204, description = "It is gone"), Reading,
    (status = 404, description = "not_found", body = ProblemBody, content_type = "application/problem+json"),
    (status = 409, description = "last_payment_method", body = ProblemBody,
    content_type = "application/problem+json"),
    (status = 503, description = "stripe_unavailable", body = ProblemBody,
    content_type = "application/problem+json")))]
pub(super) async fn remove(
    State(state): Shared,
    Member(caller): Member,
    Id(id): Id,
) -> Result<StatusCode, Problem> {
    let Ok(Some(card)) = payment_method(Some(id)) else { return Err(Problem::not_found()) };
    let command = RemoveCard { account: caller.account().clone(), payment_method: card };
    let billing = state.billing.clone();
    state.run(async move { billing.remove_payment_method(command).await }).await?;
    Ok(StatusCode::NO_CONTENT)
}
