//! `GET /api/v1/billing/tokens/history.csv`

use crate::csv;
use crate::extract::Member;
use crate::problem::Problem;
use crate::routes::Shared;
use crate::views::refusals::Reading;
use crate::views::time;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use billing::tokens::{FILE_PAGE, TokenTransaction};
use futures_util::{StreamExt as _, stream};

const DISPOSITION: &str = "attachment; filename=\"tokens.csv\"";

/// Every movement of tokens as a file, newest first
///
/// All of them, without pages: `created_at,kind,tokens,balance_after,description,id`, as in history/. A description that a
/// spreadsheet would take for a formula has a `'` before it.
#[utoipa::path(get, path = "/api/v1/billing/tokens/history.csv/", tag = "tokens",
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, description = "As an attachment", body = String, content_type = "text/csv"), Reading))]
pub(super) async fn history_csv(State(state): Shared, Member(caller): Member) -> Result<Response, Problem> {
    let account = caller.account().clone();
    // The first page before the answer begins: until then it can still be refused in words.
    let first = state.billing.token_history(&account, None, FILE_PAGE).await?;
    let head = csv::row(["created_at", "kind", "tokens", "balance_after", "description", "id"]);
    let begin = head + &rows(first.data);
    let rest = stream::try_unfold(first.next_cursor, move |cursor| {
        let (billing, account) = (state.billing.clone(), account.clone());
        async move {
            let Some(cursor) = cursor else { return Ok(None) };
            let page = billing.token_history(&account, Some(&cursor), FILE_PAGE).await?;
            Ok(Some((Bytes::from(rows(page.data)), page.next_cursor)))
        }
    });
    Ok(csv::file(DISPOSITION, stream::iter([Ok(Bytes::from(begin))]).chain(rest)))
}

fn rows(page: Vec<TokenTransaction>) -> String {
    let row = |it: TokenTransaction| {
        csv::row([
            &time(it.created_at),
            &it.kind,
            &it.tokens.to_string(),
            &it.balance_after.to_string(),
            &csv::text(&it.description),
            it.id.as_str(),
        ])
    };
    page.into_iter().map(row).collect()
}
