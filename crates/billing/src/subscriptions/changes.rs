//! The history of a member's subscriptions.

use crate::tokens::{PAGE, Page};
use crate::{Billing, Result};
use domain::ids::AccountId;
use store::subscription_changes::SubscriptionChange;

impl Billing {
    pub async fn subscription_changes(
        &self,
        account: &AccountId,
        cursor: Option<&str>,
    ) -> Result<Page<SubscriptionChange>> {
        let rows =
            store::subscription_changes::list(&mut self.db.reader(), account, cursor, PAGE + 1).await?;
        Ok(Page::cut(rows, |row| row.id.to_string()))
    }
}
