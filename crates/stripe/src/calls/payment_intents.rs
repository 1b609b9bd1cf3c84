//! Payment intents.

use crate::error::Error;
use crate::gateway::Gateway;
use crate::read::payment_intents::payment_intent;
use crate::request::{Key, Request};
use crate::requests::{self, Created};
use domain::ids::{StripeCustomerId, StripePaymentIntentId};
use domain::payment::PaymentIntent;

impl Gateway {
    /// Of [`requests::create_payment_intent`].
    pub async fn send_create_payment_intent(&self, request: &Request) -> Result<PaymentIntent, Error> {
        self.fetch(request, payment_intent).await
    }

    /// Of [`requests::confirm_payment_intent`].
    pub async fn send_confirm_payment_intent(&self, request: &Request) -> Result<PaymentIntent, Error> {
        self.fetch(request, payment_intent).await
    }

    pub async fn retrieve_payment_intent(&self, id: &StripePaymentIntentId) -> Result<PaymentIntent, Error> {
        self.fetch(&requests::retrieve_payment_intent(id), payment_intent).await
    }

    /// Refused (`payment_intent_unexpected_state`, with the intent) once it succeeded: then it is to be
    /// fulfilled.
    pub async fn cancel_payment_intent(
        &self,
        id: &StripePaymentIntentId,
        key: &Key,
    ) -> Result<PaymentIntent, Error> {
        self.fetch(&requests::cancel_payment_intent(id, key), payment_intent).await
    }

    /// All of one customer since a moment, newest first: match `purchase_id`.
    pub async fn list_payment_intents_of(
        &self,
        customer: &StripeCustomerId,
        created: Created,
    ) -> Result<Vec<PaymentIntent>, Error> {
        self.pages(|after| requests::list_payment_intents(Some(customer), created, after), payment_intent)
            .await
    }

    /// Everybody's since a moment, newest first, for reconciliation.
    pub async fn list_payment_intents(&self, created: Created) -> Result<Vec<PaymentIntent>, Error> {
        self.every_page(|after| requests::list_payment_intents(None, created, after), payment_intent).await
    }
}
