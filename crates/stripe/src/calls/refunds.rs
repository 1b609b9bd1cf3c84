//! Refunds.

use crate::error::Error;
use crate::gateway::Gateway;
use crate::read::refunds::refund;
use crate::request::Request;
use crate::requests::{self, Created};
use domain::ids::StripePaymentIntentId;
use domain::payment::Refund;

impl Gateway {
    /// Of [`requests::create_refund`].
    pub async fn send_refund(&self, request: &Request) -> Result<Refund, Error> {
        self.fetch(request, refund).await
    }

    /// All of one payment, newest first.
    pub async fn list_refunds_of(
        &self,
        payment_intent: &StripePaymentIntentId,
    ) -> Result<Vec<Refund>, Error> {
        self.pages(|after| requests::list_refunds_of(payment_intent, after), refund).await
    }

    /// Everybody's since a moment, newest first, for reconciliation.
    pub async fn list_refunds(&self, created: Created) -> Result<Vec<Refund>, Error> {
        self.every_page(|after| requests::list_refunds(created, after), refund).await
    }
}
