//! Setup intents.

use crate::error::Error;
use crate::gateway::Gateway;
use crate::read::payment_intents::setup_intent;
use crate::request::{Key, Request};
use crate::requests;
use domain::ids::{StripeCustomerId, StripeSetupIntentId};
use domain::payment::SetupIntent;

impl Gateway {
    /// Of [`requests::create_setup_intent`].
    pub async fn send_create_setup_intent(&self, request: &Request) -> Result<SetupIntent, Error> {
        self.fetch(request, setup_intent).await
    }

    /// With its payment method, for the card's fingerprint.
    pub async fn retrieve_setup_intent(&self, id: &StripeSetupIntentId) -> Result<SetupIntent, Error> {
        self.fetch(&requests::retrieve_setup_intent(id), setup_intent).await
    }

    /// All of one customer, newest first.
    pub async fn list_setup_intents_of(
        &self,
        customer: &StripeCustomerId,
    ) -> Result<Vec<SetupIntent>, Error> {
        self.pages(|after| requests::list_setup_intents(customer, after), setup_intent).await
    }

    pub async fn cancel_setup_intent(
        &self,
        id: &StripeSetupIntentId,
        key: &Key,
    ) -> Result<SetupIntent, Error> {
        self.fetch(&requests::cancel_setup_intent(id, key), setup_intent).await
    }
}
