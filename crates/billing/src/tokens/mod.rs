//! Reading token balances and their history.

mod grant;

pub use grant::GrantTokens;

use crate::{Billing, Result};
use domain::ids::AccountId;
use ledger::Balance;
use store::tokens::TokenTransaction;

/// How many entries a page has.
pub const PAGE: i64 = 50;

/// One page, newest first.
#[derive(Debug)]
pub struct Page<T> {
    pub data: Vec<T>,
    /// Where the next page starts; `None` on the last.
    pub next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// Of up to `PAGE + 1` rows that were read, the first `PAGE`.
    pub(crate) fn cut(mut rows: Vec<T>, cursor: impl Fn(&T) -> String) -> Self {
        let more = rows.len() > usize::try_from(PAGE).unwrap_or(usize::MAX);
        rows.truncate(usize::try_from(PAGE).unwrap_or(usize::MAX));
        let next_cursor = if more { rows.last().map(cursor) } else { None };
        Self { data: rows, next_cursor }
    }
}

impl Billing {
    pub async fn token_balance(&self, account: &AccountId) -> Result<Balance> {
        Ok(store::tokens::balance(&mut self.db.reader(), account).await?)
    }

    pub async fn token_history(
        &self,
        account: &AccountId,
        cursor: Option<&str>,
    ) -> Result<Page<TokenTransaction>> {
        let rows = store::tokens::history(&mut self.db.reader(), account, cursor, PAGE + 1).await?;
        Ok(Page::cut(rows, |row| row.id.to_string()))
    }
}
