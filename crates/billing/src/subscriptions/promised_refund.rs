//! A cancellation with its money back is two steps at Stripe. It is written down before the first, and a worker
//! finishes what a crash or a failure has left.

use crate::{Billing, Result};
use domain::ids::StripeSubscriptionId;
use domain::subscription::UserSubscription;
use domain::time::{MINUTE, Timestamp};

const AT_ONCE: i64 = 20;

impl Billing {
    pub(super) async fn promise_refund(&self, live: &UserSubscription) -> Result<()> {
        let wall = self.wall();
        let mut tx = self.db.begin().await?;
        let (id, account) = (&live.seen.id, &live.account);
        store::promised_refunds::insert(&mut tx, id, account, self.now(), wall.plus(MINUTE)).await?;
        tx.commit().await?;
        Ok(())
    }

    /// The money first, then the end; each is done once however often it is asked for.
    pub(super) async fn keep_promise(&self, id: &StripeSubscriptionId) -> Result<()> {
        self.refund_subscription(id, id.as_str()).await?;
        self.end_now(id).await?;
        let mut tx = self.db.begin().await?;
        store::promised_refunds::done(&mut tx, id, self.now()).await?;
        tx.commit().await?;
        match store::subscriptions::find(&mut self.db.reader(), id).await? {
            Some(ended) => self.sync_now(&ended.seen.customer).await,
            None => Ok(()),
        }
    }

    /// One turn of the worker; answers when to be called again.
    pub async fn keep_promised_refunds(&self) -> Result<Option<Timestamp>> {
        for id in store::promised_refunds::due(&mut self.db.reader(), self.wall(), AT_ONCE).await? {
            let mut tx = self.db.begin().await?;
            store::promised_refunds::postpone(&mut tx, &id, self.wall().plus(MINUTE)).await?;
            tx.commit().await?;
            if let Err(error) = self.keep_promise(&id).await {
                tracing::warn!(subscription = %id, %error, "a promised refund could not be given yet");
            }
        }
        Ok(Some(self.wall().plus(MINUTE)))
    }
}
