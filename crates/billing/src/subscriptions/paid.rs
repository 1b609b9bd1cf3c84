//! Starting with a payment: by the card that was given or saved, or by the browser.

use super::intents::{kept_request, subscription_request};
use super::{Subscribe, SubscribeAnswer};
use crate::{Billing, Error, Result};
use domain::ids::{StripeCustomerId, StripePaymentMethodId};
use domain::payment::{IntentStatus, InvoiceStatus, PaymentIntent};
use domain::subscription::intent::State;
use domain::subscription::{Status, SubscribeIntent};
use stripe::Key;
use stripe::requests::Start;
use stripe::types::Subscribed;

impl Billing {
    pub(super) async fn start_paid(
        &self,
        intent: SubscribeIntent,
        command: &Subscribe,
        customer: &StripeCustomerId,
    ) -> Result<SubscribeAnswer> {
        let (intent, request) = if let Some(kept) = &intent.request {
            let request = kept_request(kept)?;
            (intent, request)
        } else {
            let card = self.card_for(&intent, command, customer).await?;
            let start = match &card {
                Some(payment_method) => Start::ServerConfirms { payment_method },
                None => Start::BrowserConfirms,
            };
            let request = subscription_request(&intent, customer, start);
            (self.keep_request(intent, &request).await?, request)
        };
        let made = self.stripe.send_create_subscription(&request).await?;
        let subscription = Some(made.subscription.id.clone());
        let intent = self.move_intent(SubscribeIntent { subscription, ..intent }, State::Calling).await?;
        let payment = self.first_payment(&made).await?;
        if let Some(decline) = payment.as_ref().filter(|payment| was_refused(payment)) {
            return self.undo_declined(intent, &made, decline, customer).await;
        }
        let account = intent.account.clone();
        self.move_intent(intent, State::Done).await?;
        self.sync_now(customer).await?;
        self.made_answer(&account, &made.subscription.id).await
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
        let key = Key::new(intent.id.as_str(), "default", 1);
        self.stripe.set_customer_default(customer, &card, &key).await?;
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

    /// A declined first payment leaves no live subscription behind.
    async fn undo_declined(
        &self,
        intent: SubscribeIntent,
        made: &Subscribed,
        payment: &PaymentIntent,
        customer: &StripeCustomerId,
    ) -> Result<SubscribeAnswer> {
        let account = intent.account.clone();
        self.cancel_incomplete(made, "the first payment was declined").await?;
        self.move_intent(intent, State::Failed).await?;
        self.sync_now(customer).await?;
        match &payment.last_payment_error {
            Some(decline) => Err(Error::CardDeclined { decline: decline.clone(), purchase: None }),
            None => self.live_answer(&account).await,
        }
    }

    /// Cancels an incomplete subscription and voids what its first invoice still asks for.
    pub(super) async fn cancel_incomplete(&self, made: &Subscribed, comment: &str) -> Result<()> {
        let canceled =
            self.stripe.cancel_incomplete_subscription(&made.subscription.id, Some(comment)).await?;
        if let Some(invoice) = canceled.latest_invoice.filter(|invoice| invoice.status == InvoiceStatus::Open)
        {
            self.stripe.void_invoice(&invoice.id, &Key::of(format!("void:{}", invoice.id))).await?;
        }
        Ok(())
    }
}

fn was_refused(payment: &PaymentIntent) -> bool {
    payment.status == IntentStatus::RequiresPaymentMethod && payment.last_payment_error.is_some()
}
