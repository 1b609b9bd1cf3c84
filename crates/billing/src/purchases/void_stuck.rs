//! Purchases whose outcome nobody knows: undone, after their member has had time to try again.

use crate::subscriptions::OWN_RETRY;
use crate::{Billing, Result};
use domain::payment::{IntentStatus, PaymentIntent};
use domain::purchase::{CallState, PurchaseStatus, TokenPurchase};
use domain::time::{HOUR, MINUTE, Timestamp};
use stripe::Key;
use stripe::requests::Created;

const AT_ONCE: i64 = 20;

impl Billing {
    /// One turn of the worker; answers when to be called again.
    pub async fn void_stuck_purchases(&self) -> Result<Option<Timestamp>> {
        let before = self.now().minus(OWN_RETRY);
        for purchase in store::purchases::stuck(&mut self.db.reader(), before, AT_ONCE).await? {
            let mut tx = self.db.begin().await?;
            let taken =
                store::purchases::take_stuck(&mut tx, &purchase.id, purchase.updated_at, self.now()).await?;
            tx.commit().await?;
            if taken && let Err(error) = self.void_purchase(purchase.clone()).await {
                tracing::warn!(purchase = %purchase.id, %error, "an unclear purchase could not be undone yet");
            }
        }
        Ok(Some(self.wall().plus(MINUTE)))
    }

    async fn void_purchase(&self, purchase: TokenPurchase) -> Result<()> {
        let found = self.find_payment(&purchase).await?;
        if let Some(intent) = &found {
            self.take_back_payment(&purchase, intent).await?;
        }
        let payment_intent = found.map(|intent| intent.id);
        let status = PurchaseStatus::Canceled;
        let purchase = TokenPurchase { call: CallState::Settled, status, payment_intent, ..purchase };
        self.save_purchase(&purchase).await?;
        tracing::warn!(purchase = %purchase.id, account = %purchase.account, "an unclear purchase was undone");
        Ok(())
    }

    /// Among the customer's own payments, by our metadata: never by search, which lags.
    async fn find_payment(&self, purchase: &TokenPurchase) -> Result<Option<PaymentIntent>> {
        let Some(customer) = store::accounts::customer(&mut self.db.reader(), &purchase.account).await?
        else {
            return Ok(None);
        };
        let created = Created::since(purchase.created_at.minus(HOUR));
        let all = self.stripe.list_payment_intents_of(&customer, created).await?;
        Ok(all.into_iter().find(|intent| intent.purchase_id.as_deref() == Some(purchase.id.as_str())))
    }

    async fn take_back_payment(&self, purchase: &TokenPurchase, intent: &PaymentIntent) -> Result<()> {
        if matches!(intent.status, IntentStatus::Succeeded) {
            return self.refund_payment(&intent.id, purchase.id.as_str()).await;
        }
        if intent.status == IntentStatus::Canceled {
            return Ok(());
        }
        let key = Key::new(purchase.id.as_str(), "cancel", 1);
        self.stripe.cancel_payment_intent(&intent.id, &key).await?;
        Ok(())
    }
}
