//! The inbox as an operator sees it.

use crate::{Billing, Result};
use store::events::StripeEvent;

impl Billing {
    /// Newest first; `state` is pending, processed, ignored or dead.
    pub async fn list_events(&self, state: Option<&str>, limit: i64) -> Result<Vec<StripeEvent>> {
        Ok(store::events::list(&mut self.db.reader(), state, limit).await?)
    }
}
