//! Changing what Stripe prints on a member's invoices.

use crate::{Billing, Error, Result};
use domain::billing_details::{BillingDetails, VatId};
use domain::ids::{AccountId, StripeCustomerId};
use stripe::types::TaxId;

#[derive(Debug, Clone)]
pub struct SaveBillingDetails {
    pub account: AccountId,
    /// All of them: what is missing is cleared.
    pub details: BillingDetails,
}

impl Billing {
    /// Errors: [`Error::Invalid`] for what has not the right shape, or that Stripe does not take.
    pub async fn save_billing_details(&self, command: SaveBillingDetails) -> Result<BillingDetails> {
        let SaveBillingDetails { account, details } = &command;
        details.check().map_err(|(field, reason)| Error::Invalid { field, reason: reason.to_owned() })?;
        self.with_customer(account, || self.try_to_save(account, details)).await?;
        Ok(command.details)
    }

    async fn try_to_save(&self, account: &AccountId, details: &BillingDetails) -> Result<()> {
        let customer = self.ensure_customer(account).await?;
        let validate = self.catalog.automatic_tax && details.address.is_some();
        let key = self.one_time_key("details")?;
        self.stripe.set_billing_details(&customer, details, validate, &key).await?;
        self.save_vat_id(&customer, details).await
    }

    /// The new one first: when it is refused, the old one stays.
    async fn save_vat_id(&self, customer: &StripeCustomerId, details: &BillingDetails) -> Result<()> {
        let present = self.stripe.list_tax_ids(customer).await?;
        let kept = match &details.vat_id {
            Some(wanted) => Some(self.ensure_tax_id(customer, wanted, &present).await?),
            None => None,
        };
        for old in present.iter().filter(|id| Some(&id.id) != kept.as_ref()) {
            self.stripe.delete_tax_id(customer, &old.id).await?;
        }
        Ok(())
    }

    /// Its id at Stripe.
    async fn ensure_tax_id(
        &self,
        customer: &StripeCustomerId,
        wanted: &VatId,
        present: &[TaxId],
    ) -> Result<String> {
        if let Some(same) = present.iter().find(|id| id.vat_id == *wanted) {
            return Ok(same.id.clone());
        }
        let key = self.one_time_key("tax-id")?;
        Ok(self.stripe.create_tax_id(customer, wanted, &key).await?.id)
    }
}
