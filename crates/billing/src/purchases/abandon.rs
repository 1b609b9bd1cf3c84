//! Purchases that nobody finished: their payments are canceled, so that no forgotten browser tab charges later.

use crate::inbox::Asker;
use crate::{Billing, Result};
use domain::ids::StripePaymentIntentId;
use domain::payment::IntentStatus;
use domain::purchase::TokenPurchase;
use domain::time::{DAY, MINUTE, Timestamp};
use domain::wanted::Wanted;

/// How long after the last attempt to pay, in milliseconds of business time.
pub(crate) const FORGOTTEN_AFTER: i64 = DAY;
const AT_ONCE: i64 = 50;

impl Billing {
    /// One turn of the worker; answers when to be called again.
    pub async fn void_abandoned_purchases(&self) -> Result<Option<Timestamp>> {
        let before = self.now().minus(FORGOTTEN_AFTER);
        for purchase in store::purchases::unpaid(&mut self.db.reader(), before, AT_ONCE).await? {
            let Some(intent) = &purchase.payment_intent else { continue };
            if let Err(error) = self.close_abandoned(&purchase, intent).await {
                tracing::warn!(purchase = %purchase.id, %error, "an abandoned purchase could not be canceled yet");
            }
        }
        Ok(Some(self.wall().plus(10 * MINUTE)))
    }

    /// Stripe decides between us and whoever pays at this moment; what it says then is applied like all other
    /// news of the payment: paid is granted, canceled is canceled. Repeating it is harmless.
    async fn close_abandoned(&self, purchase: &TokenPurchase, intent: &StripePaymentIntentId) -> Result<()> {
        let key = self.one_time_key("abandon")?;
        let now = match self.stripe.cancel_payment_intent(intent, &key).await {
            Err(error) if error.code() == Some("payment_intent_unexpected_state") => {
                self.stripe.retrieve_payment_intent(intent).await?
            }
            other => other?,
        };
        if !matches!(now.status, IntentStatus::Canceled | IntentStatus::Succeeded) {
            // A bank is at it: its answer comes by itself.
            return Ok(());
        }
        tracing::info!(purchase = %purchase.id, account = %purchase.account, status = now.status.as_str(), "an abandoned purchase was closed");
        let Some(customer) = now.customer else { return Ok(()) };
        let mut tx = self.db.begin().await?;
        self.ask_for(&mut tx, Asker::Own, &customer, &Wanted::Payment(intent.clone())).await?;
        tx.commit().await?;
        self.sync_now(&customer).await
    }
}
