//! `GET /api/v1/billing/tokens/history/`

use crate::answer::Answer;
use crate::extract::{Member, Query};
use crate::problem::Problem;
use crate::routes::Shared;
use crate::views::page::PageQuery;
use crate::views::refusals::Reading;
use crate::views::time;
use axum::extract::State;
use billing::tokens::PAGE;
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct History {
    data: Vec<TransactionView>,
    next_cursor: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
struct TransactionView {
    id: String,
    /// `purchase`, `usage`, `refund`, `reversal`, `grant` or `adjustment`.
    kind: String,
    /// Positive into the account, negative out of it.
    tokens: i64,
    /// Available and held, less debt, after this movement.
    balance_after: i64,
    description: String,
    created_at: String,
}

/// Every movement of tokens, newest first
///
/// What the allowance paid is not here, but in usage/.
#[utoipa::path(get, path = "/api/v1/billing/tokens/history/", tag = "tokens", params(PageQuery),
    security(("bearer" = []), ("cookie" = [])), responses((status = 200, body = History), Reading))]
pub(super) async fn history(
    State(state): Shared,
    Member(caller): Member,
    Query(query): Query<PageQuery>,
) -> Result<Answer, Problem> {
    let page = state.billing.token_history(caller.account(), query.cursor.as_deref(), PAGE).await?;
    let data = page
        .data
        .into_iter()
        .map(|row| TransactionView {
            id: row.id.to_string(),
            kind: row.kind,
            tokens: row.tokens,
            balance_after: row.balance_after,
            description: row.description,
            created_at: time(row.created_at),
        })
        .collect();
    Ok(Answer::ok(History { data, next_cursor: page.next_cursor }))
}
