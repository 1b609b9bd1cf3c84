//! Purchases whose outcome nobody knows: undone, after their member has had time to try again.

use crate::subscriptions::OWN_RETRY;
use crate::{Billing, Result};
use domain::payment::{IntentStatus, PaymentIntent};
use domain::purchase::{CallState, PurchaseStatus, TokenPurchase};
use domain::time::{HOUR, MINUTE, Timestamp};
use stripe::requests::Created;

const AT_ONCE: i64 = 20;

impl Billing {
    /// One turn of the worker; answers when to be called again.
    pub async fn void_stuck_purchases(&self) -> Result<Option<Timestamp>> {
        let before = self.now().minus(OWN_RETRY);
        for stuck in store::purchases::stuck(&mut self.db.reader(), before, AT_ONCE).await? {
            // From here on no retry goes on with it.
            let to = TokenPurchase { call: CallState::Voiding, ..stuck.clone() };
            let Some(taken) = self.advance_purchase(&stuck, to).await? else { continue };
            if let Err(error) = self.void_purchase(&taken).await {
                tracing::warn!(purchase = %taken.id, %error, "an unclear purchase could not be undone yet");
            }
        }
        Ok(Some(self.wall().plus(MINUTE)))
    }

    async fn void_purchase(&self, purchase: &TokenPurchase) -> Result<()> {
        let found = self.find_payment(purchase).await?;
        if let Some(intent) = &found {
            self.take_back_payment(purchase, intent).await?;
        }
        let payment_intent = found.map(|intent| intent.id).or(purchase.payment_intent.clone());
        let (call, status) = (CallState::Settled, PurchaseStatus::Canceled);
        let to = TokenPurchase { call, status, payment_intent, ..purchase.clone() };
        self.advance_purchase(purchase, to).await?;
        tracing::warn!(purchase = %purchase.id, account = %purchase.account, "an unclear purchase was undone");
        Ok(())
    }

    /// Among the customer's own payments, by our metadata: never by search, which lags.
    async fn find_payment(&self, purchase: &TokenPurchase) -> Result<Option<PaymentIntent>> {
        if let Some(known) = &purchase.payment_intent {
            return Ok(Some(self.stripe.retrieve_payment_intent(known).await?));
        }
        let Some(customer) = store::accounts::customer(&mut self.db.reader(), &purchase.account).await?
        else {
            return Ok(None);
        };
        let created = Created::since(purchase.created_at.minus(HOUR));
        let all = self.stripe.list_payment_intents_of(&customer, created).await?;
        Ok(all.into_iter().find(|intent| intent.purchase_id.as_deref() == Some(purchase.id.as_str())))
    }

    /// Cancels what was not paid and refunds what was. Repeating it is harmless.
    pub(super) async fn take_back_payment(
        &self,
        purchase: &TokenPurchase,
        intent: &PaymentIntent,
    ) -> Result<()> {
        match intent.status {
            IntentStatus::Succeeded => {
                self.refund_payment(&intent.id, None, purchase.id.as_str()).await.map(drop)
            }
            IntentStatus::Canceled => Ok(()),
            _ => {
                let key = self.one_time_key("cancel-purchase")?;
                match self.stripe.cancel_payment_intent(&intent.id, &key).await {
                    Err(error) if error.code() == Some("payment_intent_unexpected_state") => {
                        // Paid in that very moment.
                        self.refund_payment(&intent.id, None, purchase.id.as_str()).await.map(drop)
                    }
                    other => other.map(drop).map_err(Into::into),
                }
            }
        }
    }
}
