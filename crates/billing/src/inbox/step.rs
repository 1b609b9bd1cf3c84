//! One turn of the worker that applies events.

use crate::{Billing, Result};
use domain::time::Timestamp;
use futures_util::future::join_all;

/// How many customers are synced at the same time.
const AT_ONCE: i64 = 8;

impl Billing {
    /// Applies what is due. Answers when to be called again by wall time (`None`: when woken): something
    /// may be due at once.
    pub async fn inbox_step(&self) -> Result<Option<Timestamp>> {
        let resolved = self.resolve_events().await?;
        let due = store::customer_syncs::due(&mut self.db.reader(), self.wall(), AT_ONCE).await?;
        let results = join_all(due.iter().map(|customer| self.sync_once(customer))).await;
        for (customer, result) in due.iter().zip(results) {
            if let Err(error) = result {
                // The lease runs out and the customer stays dirty: nothing is lost, and a person should know.
                tracing::error!(%customer, %error, "a customer could not be synced");
            }
        }
        if resolved || !due.is_empty() {
            return Ok(Some(self.wall()));
        }
        let mut reader = self.db.reader();
        let next_sync = store::customer_syncs::next_due(&mut reader).await?;
        let next_event = store::events::next_unresolved(&mut reader).await?;
        Ok([next_sync, next_event].into_iter().flatten().min())
    }
}
