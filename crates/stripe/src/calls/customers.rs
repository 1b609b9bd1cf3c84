//! Customers.

use crate::error::Error;
use crate::gateway::Gateway;
use crate::read::customers::customer;
use crate::request::Key;
use crate::requests::{self, Created, NewCustomer};
use crate::types::{Customer, Page};
use domain::billing_details::BillingDetails;
use domain::ids::{StripeCustomerId, StripePaymentMethodId};

impl Gateway {
    /// One for each account, however often it is called within Stripe's 24 hours.
    pub async fn create_customer(&self, new: &NewCustomer<'_>) -> Result<Customer, Error> {
        self.fetch(&requests::create_customer(new), customer).await
    }

    pub async fn retrieve_customer(&self, id: &StripeCustomerId) -> Result<Customer, Error> {
        self.fetch(&requests::retrieve_customer(id), customer).await
    }

    /// Name and address; the VAT id is an object of its own.
    pub async fn set_billing_details(
        &self,
        id: &StripeCustomerId,
        details: &BillingDetails,
        validate: bool,
        key: &Key,
    ) -> Result<Customer, Error> {
        self.fetch(&requests::set_billing_details(id, details, validate, key), customer).await
    }

    /// One that is deleted already is as good.
    pub async fn delete_customer(&self, id: &StripeCustomerId) -> Result<(), Error> {
        match self.fetch(&requests::delete_customer(id), customer).await {
            Ok(_) => Ok(()),
            Err(error @ (Error::NotFound { .. } | Error::Invalid { .. })) => {
                if self.retrieve_customer(id).await?.deleted { Ok(()) } else { Err(error) }
            }
            Err(error) => Err(error),
        }
    }

    pub async fn set_customer_default(
        &self,
        id: &StripeCustomerId,
        method: &StripePaymentMethodId,
        key: &Key,
    ) -> Result<Customer, Error> {
        self.fetch(&requests::set_customer_default(id, method, key), customer).await
    }

    /// Everybody, newest first; those that were deleted are not among them. For reconciliation.
    pub async fn list_all_customers(&self) -> Result<Vec<Customer>, Error> {
        self.every_page(|after| requests::list_customers(Created::default(), after), customer).await
    }

    pub async fn list_customers(
        &self,
        created: Created,
        after: Option<&str>,
    ) -> Result<Page<Customer>, Error> {
        self.page(&requests::list_customers(created, after), customer).await
    }
}
