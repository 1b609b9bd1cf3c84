//! Voiding what nobody is to pay any more.

use crate::{Billing, Result};
use domain::ids::{StripeCustomerId, StripeInvoiceId, StripeSubscriptionId};
use domain::invoice::InvoiceStatus;

impl Billing {
    /// One that is open. Answers what it is now: void, or paid in that very moment. Repeating it is harmless.
    pub(crate) async fn void_invoice(&self, id: &StripeInvoiceId) -> Result<InvoiceStatus> {
        match self.stripe.void_invoice(id, &self.one_time_key("void")?).await {
            Ok(invoice) => Ok(invoice.status),
            Err(error) => match self.stripe.retrieve_invoice(id).await?.status {
                InvoiceStatus::Open => Err(error.into()),
                status => Ok(status),
            },
        }
    }

    pub(crate) async fn void_open_invoices_of(&self, id: &StripeSubscriptionId) -> Result<()> {
        for invoice in self.stripe.list_invoices_of(id, InvoiceStatus::Open).await? {
            self.void_invoice(&invoice.id).await?;
        }
        Ok(())
    }

    /// What a subscription that has ended still asks for, such as its last renewal: it would stay payable by its
    /// link, and give nothing. Answers whether there was something.
    pub(crate) async fn void_what_ended(&self, customer: &StripeCustomerId) -> Result<bool> {
        let open = store::invoices::open_of_ended(&mut self.db.reader(), customer).await?;
        for invoice in &open {
            self.void_invoice(invoice).await?;
        }
        Ok(!open.is_empty())
    }
}
