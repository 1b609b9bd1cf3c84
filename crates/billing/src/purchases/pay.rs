//! Paying a purchase whose card was refused, with another card or the same: the same intent, so that it can
//! only be paid once.

use super::BuyAnswer;
use crate::subscriptions::{Confirm, LOOK_AGAIN, kept_request};
use crate::{Billing, Error, Result};
use domain::ids::{AccountId, StripePaymentIntentId, StripePaymentMethodId};
use domain::purchase::{CallState, PurchaseStatus, TokenPurchase};
use stripe::Key;
use stripe::requests::confirm_payment_intent;

#[derive(Debug, Clone)]
pub struct PayPurchase {
    pub account: AccountId,
    pub purchase: String,
    /// Without one the browser takes a card.
    pub payment_method: Option<StripePaymentMethodId>,
}

impl Billing {
    /// One that is paid already is answered as it is. Errors: [`Error::NotFound`] for another account's;
    /// [`Error::CardDeclined`] with the purchase; [`Error::StripeUnavailable`].
    pub async fn pay_purchase(&self, command: PayPurchase) -> Result<BuyAnswer> {
        let purchase = self.token_purchase(&command.account, &command.purchase).await?;
        let open = matches!(purchase.status, PurchaseStatus::Pending | PurchaseStatus::Failed);
        let Some(intent) = purchase.payment_intent.clone().filter(|_| open) else {
            return if open { Err(still_unclear()) } else { Ok(BuyAnswer { purchase, confirm: None }) };
        };
        let Some(card) = &command.payment_method else {
            let confirm = Confirm::of_payment(&self.stripe.retrieve_payment_intent(&intent).await?);
            return Ok(BuyAnswer { purchase, confirm });
        };
        let customer = self.ensure_customer(&purchase.account).await?;
        let (purchase, request) = self.claim_payment(&purchase, &intent, card).await?;
        match self.stripe.send_confirm_payment_intent(&request).await {
            Ok(intent) => self.settle(purchase, &intent, &customer).await,
            Err(error) => Err(self.end_failed_payment(purchase, error).await?),
        }
    }

    /// Writes the attempt down before Stripe is asked. One whose outcome is unclear is asked for once more
    /// with the same bytes: it is one intent, and cannot be paid twice.
    async fn claim_payment(
        &self,
        seen: &TokenPurchase,
        intent: &StripePaymentIntentId,
        card: &StripePaymentMethodId,
    ) -> Result<(TokenPurchase, stripe::Request)> {
        let mut tx = self.db.begin().await?;
        store::accounts::lock(&mut tx, &seen.account).await?;
        let now = store::purchases::find(&mut tx, seen.id.as_str()).await?.ok_or(Error::NotFound)?;
        match (now.call, &now.request) {
            (CallState::Calling, _) => Err(still_unclear()),
            (CallState::Unclear, Some(kept)) => {
                let request = kept_request(kept)?;
                Ok((now, request))
            }
            (CallState::Unclear | CallState::Settled, _) => {
                let attempt = now.attempt + 1;
                let key = Key::of(format!("{}:confirm:{attempt}", now.id));
                let request = confirm_payment_intent(intent, card, &key);
                let text =
                    serde_json::to_string(&request).map_err(|error| Error::Internal(error.to_string()))?;
                let claimed = TokenPurchase { call: CallState::Calling, attempt, request: Some(text), ..now };
                store::purchases::save(&mut tx, &claimed, self.now()).await?;
                tx.commit().await?;
                Ok((claimed, request))
            }
        }
    }
}

fn still_unclear() -> Error {
    Error::EarlierAttemptUnclear { retry_after_seconds: LOOK_AGAIN }
}
