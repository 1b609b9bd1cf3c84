//! Which invoice a payment is for.

use crate::error::Error;
use crate::gateway::Gateway;
use crate::read::invoice_payments::paid_invoice;
use crate::requests::{self, Created};
use crate::types::PaidInvoice;
use domain::ids::StripePaymentIntentId;

impl Gateway {
    /// The invoices that this payment is for; as a rule one, or none for a payment of another kind.
    pub async fn list_invoice_payments_of(
        &self,
        payment_intent: &StripePaymentIntentId,
    ) -> Result<Vec<PaidInvoice>, Error> {
        let request = |after: Option<&str>| requests::list_invoice_payments_of(payment_intent, after);
        self.pages(request, paid_invoice).await
    }

    /// Everybody's that were paid, for reconciliation.
    pub async fn list_paid_invoices(&self, created: Created) -> Result<Vec<PaidInvoice>, Error> {
        self.every_page(|after| requests::list_paid_invoice_payments(created, after), paid_invoice).await
    }
}
