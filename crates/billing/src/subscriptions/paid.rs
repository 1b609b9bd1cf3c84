//! Starting with a payment: by the card that was given or saved, or by the browser.

use super::intents::{kept_request, subscription_request, with_request};
use super::subscribe::Prepared;
use super::{Note, Subscribe, SubscribeAnswer};
use crate::{Billing, Error, Result};
use domain::ids::{StripeCustomerId, StripePaymentMethodId};
use domain::invoice::InvoiceStatus;
use domain::payment::PaymentIntent;
use domain::promotion::PromotionCode;
use domain::subscription::intent::State;
use domain::subscription::{By, Call, Status, SubscribeIntent};
use stripe::Key;
use stripe::requests::Start;
use stripe::types::Subscribed;

impl Billing {
    pub(super) async fn prepare_paid(
        &self,
        intent: SubscribeIntent,
        command: &Subscribe,
        customer: &StripeCustomerId,
        promotion: Option<&PromotionCode>,
    ) -> Result<Prepared> {
        if let Some(kept) = &intent.request {
            let request = kept_request(kept)?;
            return Ok(Prepared::Ready { intent, request });
        }
        let card = self.card_for(&intent, command, customer).await?;
        let start = match &card {
            Some(payment_method) => Start::ServerConfirms { payment_method },
            None => Start::BrowserConfirms,
        };
        let request = subscription_request(&intent, customer, start, promotion, self.catalog.automatic_tax);
        let intent = self.move_intent(&intent, with_request(&intent, &request, promotion)?).await?;
        Ok(Prepared::Ready { intent, request })
    }

    /// What became of the first payment: mirrored, left to the person, or undone because it was declined.
    pub(super) async fn finish_first_payment(
        &self,
        intent: &SubscribeIntent,
        made: &Subscribed,
        customer: &StripeCustomerId,
    ) -> Result<SubscribeAnswer> {
        let payment = self.first_payment(made).await?;
        if let Some(decline) = payment.as_ref().and_then(PaymentIntent::refusal).cloned() {
            if intent.promotion_first_time {
                // Its open invoice would spoil the code for another try, void or not: this one stays, to be paid.
                self.move_intent(intent, SubscribeIntent { state: State::Done, ..intent.clone() }).await?;
                self.sync_now(customer).await?;
                return Err(Error::CardDeclined { decline, purchase: None });
            }
            // A declined first payment leaves no live subscription behind.
            let by = By::member();
            let id = Some(&made.subscription.id);
            let note = Note { account: &intent.account, subscription: id, call: Call::End, by: &by };
            self.noted(
                note,
                self.cancel_incomplete(made, "the first payment was declined", intent.id.as_str()),
            )
            .await?;
            self.move_intent(intent, SubscribeIntent { state: State::Failed, ..intent.clone() }).await?;
            self.sync_now(customer).await?;
            return Err(Error::CardDeclined { decline, purchase: None });
        }
        self.move_intent(intent, SubscribeIntent { state: State::Done, ..intent.clone() }).await?;
        self.sync_now(customer).await?;
        self.made_answer(&intent.account, &made.subscription.id).await
    }

    /// The card that pays at once, attached and made the default; `None` leaves it to the browser.
    async fn card_for(
        &self,
        intent: &SubscribeIntent,
        command: &Subscribe,
        customer: &StripeCustomerId,
    ) -> Result<Option<StripePaymentMethodId>> {
        let Some(given) = &command.payment_method else { return self.saved_card(customer).await };
        let key = Key::new(intent.id.as_str(), "attach", 1);
        // Test tokens are cloned: the id in the answer is the card's.
        let card = self.stripe.attach_payment_method(given, customer, &key).await?.id;
        self.make_default(customer, &card, &self.one_time_key("default")?).await?;
        Ok(Some(card))
    }

    /// The payment of an incomplete subscription's first invoice.
    pub(super) async fn first_payment(&self, made: &Subscribed) -> Result<Option<PaymentIntent>> {
        if made.subscription.status != Status::Incomplete {
            return Ok(None);
        }
        let payments =
            made.latest_invoice.as_ref().map(|invoice| invoice.payments.as_slice()).unwrap_or_default();
        match payments.first().and_then(|payment| payment.payment_intent.as_ref()) {
            Some(id) => Ok(Some(self.stripe.retrieve_payment_intent(id).await?)),
            None => Ok(None),
        }
    }

    /// Cancels an incomplete subscription and voids what its first invoice still asks for. The browser may
    /// have paid it in that very moment: then the money goes back. `why` is our id of what asked for it.
    pub(crate) async fn cancel_incomplete(&self, made: &Subscribed, comment: &str, why: &str) -> Result<()> {
        let id = &made.subscription.id;
        let canceled = self.stripe.cancel_incomplete_subscription(id, Some(comment)).await?;
        let Some(invoice) = canceled.latest_invoice else { return Ok(()) };
        if invoice.status == InvoiceStatus::Open {
            // Paid between the two calls: refunded below.
            self.void_invoice(&invoice.id).await?;
        }
        self.refund_subscription(id, None, why).await?;
        Ok(())
    }
}
