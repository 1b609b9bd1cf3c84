//! `GET /api/v1/billing/tokens/balance/`

use crate::answer::Answer;
use crate::extract::Member;
use crate::problem::Problem;
use crate::routes::Shared;
use crate::views::refusals::Reading;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct BalanceView {
    account_id: String,
    /// Can be spent now.
    available: i64,
    /// Reserved by holds.
    held: i64,
    /// Spent, all time.
    spent: i64,
    /// Bought, all time, less what was refunded.
    purchased: i64,
    /// Refunded after it was spent; the next purchase pays it first.
    debt: i64,
}

/// The token balance
#[utoipa::path(get, path = "/api/v1/billing/tokens/balance/", tag = "tokens",
    security(("bearer" = []), ("cookie" = [])), responses((status = 200, body = BalanceView), Reading))]
pub(super) async fn balance(State(state): Shared, Member(caller): Member) -> Result<Answer, Problem> {
    let balance = state.billing.token_balance(caller.account()).await?;
    Ok(Answer::ok(BalanceView {
        account_id: caller.account().to_string(),
        available: balance.available.get(),
        held: balance.held.get(),
        spent: balance.spent.get(),
        purchased: balance.purchased.get(),
        debt: balance.debt.get(),
    }))
}
