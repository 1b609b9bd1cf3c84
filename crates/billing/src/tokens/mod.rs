//! Reading token balances and their history.

mod grant;

pub use grant::GrantTokens;

use crate::{Billing, Result};
pub use store::tokens::TokenTransaction;

use domain::ids::AccountId;
use ledger::Balance;

/// How many entries a page has.
pub const PAGE: i64 = 50;
/// How many of them are read at once for a file.
pub const FILE_PAGE: i64 = 1_000;

/// One page, newest first.
#[derive(Debug)]
pub struct Page<T> {
    pub data: Vec<T>,
    /// Where the next page starts; `None` on the last.
    pub next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// Of up to `PAGE + 1` rows that were read, the first `PAGE`.
    pub(crate) fn cut(rows: Vec<T>, cursor: impl Fn(&T) -> String) -> Self {
        Self::cut_to(PAGE, rows, cursor)
    }

    /// Of up to `size + 1` rows that were read, the first `size`.
    fn cut_to(size: i64, mut rows: Vec<T>, cursor: impl Fn(&T) -> String) -> Self {
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        let more = rows.len() > size;
        rows.truncate(size);
        let next_cursor = if more { rows.last().map(cursor) } else { None };
        Self { data: rows, next_cursor }
    }
}

impl Billing {
    pub async fn token_balance(&self, account: &AccountId) -> Result<Balance> {
        Ok(store::tokens::balance(&mut self.db.reader(), account).await?)
    }

    /// Newest first, `size` of them: [`PAGE`] or [`FILE_PAGE`].
    pub async fn token_history(
        &self,
        account: &AccountId,
        cursor: Option<&str>,
        size: i64,
    ) -> Result<Page<TokenTransaction>> {
        let rows = store::tokens::history(&mut self.db.reader(), account, cursor, size + 1).await?;
        Ok(Page::cut_to(size, rows, |row| row.id.to_string()))
    }
}
