//! The purchases of a member: their receipts.

use crate::tokens::{PAGE, Page};
use crate::{Billing, Result};
use domain::ids::AccountId;
use domain::purchase::TokenPurchase;

impl Billing {
    /// Newest first, whatever became of them.
    pub async fn token_purchases(
        &self,
        account: &AccountId,
        cursor: Option<&str>,
    ) -> Result<Page<TokenPurchase>> {
        let rows = store::purchases::list(&mut self.db.reader(), account, cursor, PAGE + 1).await?;
        Ok(Page::cut(rows, |row| row.id.to_string()))
    }
}
