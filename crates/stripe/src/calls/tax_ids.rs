//! Tax ids of customers.

use crate::error::Error;
use crate::gateway::Gateway;
use crate::read::tax_ids::tax_id;
use crate::request::Key;
use crate::requests;
use crate::types::TaxId;
use domain::billing_details::VatId;
use domain::ids::StripeCustomerId;

impl Gateway {
    /// Newest first; a customer has five at most.
    pub async fn list_tax_ids(&self, customer: &StripeCustomerId) -> Result<Vec<TaxId>, Error> {
        Ok(self.page(&requests::list_tax_ids(customer), tax_id).await?.items)
    }

    pub async fn create_tax_id(
        &self,
        customer: &StripeCustomerId,
        id: &VatId,
        key: &Key,
    ) -> Result<TaxId, Error> {
        self.fetch(&requests::create_tax_id(customer, id, key), tax_id).await
    }

    /// One that is gone already is as good.
    pub async fn delete_tax_id(&self, customer: &StripeCustomerId, id: &str) -> Result<(), Error> {
        match self.fetch(&requests::delete_tax_id(customer, id), |_| Ok(())).await {
            Err(Error::NotFound { .. }) => Ok(()),
            other => other,
        }
    }
}
