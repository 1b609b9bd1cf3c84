//! Payment methods.

use crate::error::Error;
use crate::gateway::Gateway;
use crate::read::payment_methods::payment_method;
use crate::request::Key;
use crate::requests;
use crate::types::PaymentMethods;
use domain::ids::{StripeCustomerId, StripePaymentMethodId};
use domain::payment::PaymentMethod;

impl Gateway {
    /// Store the *answer's* id: Stripe's test tokens are cloned.
    pub async fn attach_payment_method(
        &self,
        method: &StripePaymentMethodId,
        customer: &StripeCustomerId,
        key: &Key,
    ) -> Result<PaymentMethod, Error> {
        self.fetch(&requests::attach_payment_method(method, customer, key), payment_method).await
    }

    pub async fn retrieve_payment_method(&self, id: &StripePaymentMethodId) -> Result<PaymentMethod, Error> {
        self.fetch(&requests::retrieve_payment_method(id), payment_method).await
    }

    /// All cards of a customer.
    pub async fn list_payment_methods(&self, customer: &StripeCustomerId) -> Result<PaymentMethods, Error> {
        self.pages(|after| requests::list_payment_methods(customer, after), payment_method).await
    }

    pub async fn detach_payment_method(
        &self,
        id: &StripePaymentMethodId,
        key: &Key,
    ) -> Result<PaymentMethod, Error> {
        self.fetch(&requests::detach_payment_method(id, key), payment_method).await
    }
}
