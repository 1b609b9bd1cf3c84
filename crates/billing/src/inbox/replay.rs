//! Events put back to be applied once more, by a person's hand.

use crate::{Billing, Error, Result};
use domain::ids::StripeEventId;
use store::Tx;

impl Billing {
    /// Whatever became of the event; applying twice does nothing twice.
    pub async fn replay_event(&self, id: &StripeEventId) -> Result<()> {
        let mut tx = self.db.begin().await?;
        self.put_back(&mut tx, id, 0).await?;
        tx.commit().await?;
        self.inbox_wake.notify_one();
        Ok(())
    }

    /// As [`Billing::replay_event`], where one failure is the last.
    pub(crate) async fn replay_event_once(&self, id: &StripeEventId) -> Result<()> {
        let mut tx = self.db.begin().await?;
        self.put_back(&mut tx, id, crate::sync::MOST_ATTEMPTS - 1).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Every event that was given up. Answers how many.
    pub async fn replay_failed_events(&self) -> Result<usize> {
        let mut tx = self.db.begin().await?;
        let dead = store::events::dead(&mut tx).await?;
        for id in &dead {
            self.put_back(&mut tx, id, 0).await?;
        }
        tx.commit().await?;
        self.inbox_wake.notify_one();
        Ok(dead.len())
    }

    /// `attempts` of those that it has are used up.
    async fn put_back(&self, tx: &mut Tx, id: &StripeEventId, attempts: i64) -> Result<()> {
        let wall = self.wall();
        if !store::events::replay(tx, id, attempts, wall).await? {
            return Err(Error::NotFound);
        }
        let event = store::events::find(tx, id).await?.ok_or(Error::NotFound)?;
        if let Some(customer) = &event.stripe_customer_id {
            store::customer_syncs::mark_dirty(tx, customer, wall).await?;
        }
        Ok(())
    }
}
