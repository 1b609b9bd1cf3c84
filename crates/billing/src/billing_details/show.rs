//! What Stripe prints on a member's invoices.

use crate::{Billing, Result};
use domain::billing_details::BillingDetails;
use domain::ids::AccountId;

impl Billing {
    /// Empty for who has no customer yet.
    pub async fn billing_details(&self, account: &AccountId) -> Result<BillingDetails> {
        let Some(customer) = store::accounts::customer(&mut self.db.reader(), account).await? else {
            return Ok(BillingDetails::default());
        };
        let at_stripe = self.stripe.retrieve_customer(&customer).await?;
        if at_stripe.deleted {
            return Ok(BillingDetails::default());
        }
        let tax_ids = self.stripe.list_tax_ids(&customer).await?;
        let vat_id = tax_ids.into_iter().next().map(|id| id.vat_id);
        Ok(BillingDetails { name: at_stripe.name, address: at_stripe.address, vat_id })
    }
}
