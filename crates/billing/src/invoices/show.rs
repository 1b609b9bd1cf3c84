//! One invoice of a member, with what paid it and what went back.

use crate::subscriptions::is_owed;
use crate::{Billing, Error, Result};
use domain::ids::{AccountId, StripePaymentIntentId};
use domain::invoice::{InvoicePages, MirroredInvoice};

#[derive(Debug)]
pub struct OneInvoice {
    pub mirrored: MirroredInvoice,
    /// Whether `subscription/pay/` charges it.
    pub owed: bool,
    /// `None` when Stripe has none, or cannot be reached.
    pub pages: Option<InvoicePages>,
    pub paid_by: Vec<PaidBy>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaidBy {
    pub payment_intent: StripePaymentIntentId,
    /// Minor units of the invoice's currency.
    pub amount: i64,
    /// Minor units that went back; `None` when Stripe cannot be reached.
    pub refunded: Option<i64>,
}

impl Billing {
    /// [`Error::NotFound`] for another account's invoice, and for a draft.
    pub async fn invoice(&self, account: &AccountId, id: &str) -> Result<OneInvoice> {
        let found = store::invoices::find(&mut self.db.reader(), &id.into()).await?;
        let mirrored = found.filter(|found| found.account == *account).ok_or(Error::NotFound)?;
        let pages = self.stripe.retrieve_invoice_pages(&mirrored.invoice.id).await;
        if let Err(error) = &pages {
            tracing::warn!(%account, %error, "an invoice is shown without its pages");
        }
        let mut paid_by = Vec::new();
        for payment in mirrored.invoice.payments.iter().filter(|payment| payment.paid) {
            let Some(payment_intent) = payment.payment_intent.clone() else { continue };
            let refunds = self.stripe.list_refunds_of(&payment_intent).await.ok();
            let refunded = refunds.map(|all| {
                all.iter().filter(|refund| refund.counts).map(|refund| refund.amount.amount).sum()
            });
            paid_by.push(PaidBy { payment_intent, amount: payment.amount_paid, refunded });
        }
        let live = store::subscriptions::live(&mut self.db.reader(), account).await?;
        let owed = live.is_some_and(|live| is_owed(&live, &mirrored.invoice));
        Ok(OneInvoice { mirrored, owed, pages: pages.ok(), paid_by })
    }
}
