//! Paying a purchase whose card was refused, with another card or the same: the same intent, so that it can
//! only be paid once.

use super::BuyAnswer;
use super::buy::made_an_intent;
use crate::subscriptions::{Confirm, kept_request, unclear};
use crate::{Billing, Error, Result};
use domain::ids::{AccountId, StripePaymentIntentId, StripePaymentMethodId};
use domain::purchase::{CallState, PurchaseStatus, TokenPurchase};
use domain::time::MINUTE;
use stripe::Key;
use stripe::requests::confirm_payment_intent;

#[derive(Debug, Clone)]
pub struct PayPurchase {
    pub account: AccountId,
    pub purchase: String,
    /// Without one the browser takes a card.
    pub payment_method: Option<StripePaymentMethodId>,
}

/// Longer than a call takes, Stripe's retries included, in milliseconds.
const CALL_LASTS: i64 = 2 * MINUTE;

impl Billing {
    /// One that is paid already is answered as it is. Errors: [`Error::NotFound`] for another account's;
    /// [`Error::CardDeclined`] with the purchase; [`Error::StripeUnavailable`].
    pub async fn pay_purchase(&self, command: PayPurchase) -> Result<BuyAnswer> {
        let call = self.try_to_pay_purchase(&command);
        self.watching_declines(&command.account, "purchase", call).await
    }

    async fn try_to_pay_purchase(&self, command: &PayPurchase) -> Result<BuyAnswer> {
        let purchase = self.token_purchase(&command.account, &command.purchase).await?;
        let Some(intent) = purchase.payment_intent.clone().filter(|_| is_open(&purchase)) else {
            return if is_open(&purchase) {
                Err(unclear())
            } else {
                Ok(BuyAnswer { purchase, confirm: None })
            };
        };
        let Some(card) = &command.payment_method else {
            let confirm = Confirm::of_payment(&self.stripe.retrieve_payment_intent(&intent).await?);
            return Ok(BuyAnswer { purchase, confirm });
        };
        let customer = self.ensure_customer(&purchase.account).await?;
        let (purchase, request) = match self.claim_payment(&purchase, &intent, card).await? {
            Ok(claimed) => claimed,
            Err(settled) => return Ok(BuyAnswer { purchase: settled, confirm: None }),
        };
        match self.stripe.send_confirm_payment_intent(&request).await {
            Ok(intent) => self.settle(purchase, &intent, &customer).await,
            Err(error) if made_an_intent(&error) => Err(self.settle_refused(purchase, error).await?),
            Err(error) if error.code() == Some("payment_intent_unexpected_state") => {
                // Paid or canceled meanwhile: what Stripe says of it now is the answer.
                match self.stripe.retrieve_payment_intent(&intent).await {
                    Ok(now) => self.settle(purchase, &now, &customer).await,
                    Err(error) => {
                        let to = TokenPurchase { call: CallState::Unclear, ..purchase.clone() };
                        self.advance_purchase(&purchase, to).await?;
                        Err(error.into())
                    }
                }
            }
            Err(error) => {
                let call = if error.is_unclear() { CallState::Unclear } else { CallState::Settled };
                let to = TokenPurchase { call, ..purchase.clone() };
                self.advance_purchase(&purchase, to).await?;
                Err(error.into())
            }
        }
    }

    /// Writes the attempt down before Stripe is asked. One whose outcome is unclear is asked for once more
    /// with the same bytes: it is one intent, and cannot be paid twice. The inner error is a purchase that
    /// was settled meanwhile.
    async fn claim_payment(
        &self,
        seen: &TokenPurchase,
        intent: &StripePaymentIntentId,
        card: &StripePaymentMethodId,
    ) -> Result<Result<(TokenPurchase, stripe::Request), TokenPurchase>> {
        let mut tx = self.db.begin().await?;
        store::accounts::lock(&mut tx, &seen.account).await?;
        self.refuse_leaving(&mut tx, &seen.account).await?;
        let now = store::purchases::find(&mut tx, seen.id.as_str()).await?.ok_or(Error::NotFound)?;
        if !is_open(&now) {
            return Ok(Err(now));
        }
        let (to, request) = match (now.call, &now.request) {
            (CallState::Voiding, _) => return Err(unclear()),
            // Somebody is at it, unless the process that was has died.
            (CallState::Calling, _) if self.now() < now.updated_at.plus(CALL_LASTS) => return Err(unclear()),
            (CallState::Calling | CallState::Unclear, Some(kept)) => {
                (TokenPurchase { call: CallState::Calling, ..now.clone() }, kept_request(kept)?)
            }
            (CallState::Calling | CallState::Unclear | CallState::Settled, _) => {
                let attempt = now.attempt + 1;
                let key = Key::of(format!("{}:confirm:{attempt}", now.id));
                let request = confirm_payment_intent(intent, card, &key);
                let text =
                    serde_json::to_string(&request).map_err(|error| Error::Internal(error.to_string()))?;
                let (call, status) = (CallState::Calling, PurchaseStatus::Pending);
                (TokenPurchase { call, status, attempt, request: Some(text), ..now.clone() }, request)
            }
        };
        let claimed = store::purchases::advance(&mut tx, &now, to, self.now()).await?.ok_or_else(unclear)?;
        tx.commit().await?;
        Ok(Ok((claimed, request)))
    }
}

const fn is_open(purchase: &TokenPurchase) -> bool {
    matches!(purchase.status, PurchaseStatus::Pending | PurchaseStatus::Failed)
}
