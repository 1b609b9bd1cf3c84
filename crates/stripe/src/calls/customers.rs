//! Customers.

use crate::error::Error;
use crate::gateway::Gateway;
use crate::read::customers::customer;
use crate::request::Key;
use crate::requests::{self, Created, NewCustomer};
use crate::types::{Customer, Page};
use domain::ids::{StripeCustomerId, StripePaymentMethodId};

impl Gateway {
    /// One for each account, however often it is called within Stripe's 24 hours.
    pub async fn create_customer(&self, new: &NewCustomer<'_>) -> Result<Customer, Error> {
        self.fetch(&requests::create_customer(new), customer).await
    }

    pub async fn retrieve_customer(&self, id: &StripeCustomerId) -> Result<Customer, Error> {
        self.fetch(&requests::retrieve_customer(id), customer).await
    }

    pub async fn set_customer_default(
        &self,
        id: &StripeCustomerId,
        method: &StripePaymentMethodId,
        key: &Key,
    ) -> Result<Customer, Error> {
        self.fetch(&requests::set_customer_default(id, method, key), customer).await
    }

    pub async fn list_customers(
        &self,
        created: Created,
        after: Option<&str>,
    ) -> Result<Page<Customer>, Error> {
        self.page(&requests::list_customers(created, after), customer).await
    }
}
