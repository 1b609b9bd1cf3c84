//! Subscribe calls whose outcome nobody knows: undone, after their member has had time to try again.
//!
//! The person saw an error. What Stripe may have made all the same must neither charge them nor surprise
//! them, so it is looked for among the customer's own objects, and taken back.

use super::Note;
use crate::{Billing, Result};
use domain::ids::StripeSubscriptionId;
use domain::subscription::intent::State;
use domain::subscription::{By, Call, Status, SubscribeIntent};
use domain::time::{MINUTE, Timestamp};

/// How long only a retry under the same key may go on with an unclear call, in milliseconds.
pub(crate) const OWN_RETRY: i64 = 10 * MINUTE;
const AT_ONCE: i64 = 20;

impl Billing {
    /// One turn of the worker; answers when to be called again.
    pub async fn void_stuck_subscribes(&self) -> Result<Option<Timestamp>> {
        let before = self.now().minus(OWN_RETRY);
        for stuck in store::subscribe_intents::stuck(&mut self.db.reader(), before, AT_ONCE).await? {
            // From here on no retry goes on with it.
            let to = SubscribeIntent { state: State::Voiding, ..stuck.clone() };
            let Some(taken) = self.advance_intent(&stuck, to).await? else { continue };
            if let Err(error) = self.void_subscribe(&taken).await {
                tracing::warn!(intent = %taken.id, %error, "an unclear subscribe call could not be undone yet");
            }
        }
        Ok(Some(self.wall().plus(MINUTE)))
    }

    async fn void_subscribe(&self, intent: &SubscribeIntent) -> Result<()> {
        let customer = store::accounts::customer(&mut self.db.reader(), &intent.account).await?;
        let mut made = None;
        if let Some(customer) = &customer {
            for seen in self.stripe.list_subscriptions_of(customer).await? {
                if seen.subscribe_intent.as_deref() == Some(intent.id.as_str()) {
                    self.take_back_subscription(intent, &seen.id, seen.status).await?;
                    made = Some(seen.id);
                }
            }
        }
        let to = SubscribeIntent { state: State::Voided, subscription: made, ..intent.clone() };
        let mut tx = self.db.begin().await?;
        store::trial_redemptions::release(&mut tx, &intent.id).await?;
        if store::subscribe_intents::advance(&mut tx, intent, to, self.now()).await?.is_some() {
            tx.commit().await?;
        }
        tracing::warn!(intent = %intent.id, account = %intent.account, "an unclear subscribe call was undone");
        match customer {
            Some(customer) => self.sync_now(&customer).await,
            None => Ok(()),
        }
    }

    /// Ends what an attempt has made after all, and gives back what was paid for it. Repeating it is harmless.
    pub(super) async fn take_back_subscription(
        &self,
        intent: &SubscribeIntent,
        id: &StripeSubscriptionId,
        status: Status,
    ) -> Result<()> {
        let by = By::reconcile();
        let note = Note { account: &intent.account, subscription: Some(id), call: Call::End, by: &by };
        self.noted(note, self.undo(intent.id.as_str(), id, status)).await
    }

    async fn undo(&self, why: &str, id: &StripeSubscriptionId, status: Status) -> Result<()> {
        if status == Status::Incomplete {
            let made = self.stripe.retrieve_subscription_with_invoice(id).await?;
            return self.cancel_incomplete(&made, "an unclear attempt was undone", why).await;
        }
        if status.is_live() {
            self.stripe.cancel_subscription_now(id).await?;
        }
        self.refund_subscription(id, None, why).await?;
        Ok(())
    }
}
