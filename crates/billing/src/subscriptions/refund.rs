//! Money back for a subscription that is canceled soon after its first payment.

use super::CancelAt;
use crate::{Billing, Error, Result};
use domain::ids::{StripePaymentIntentId, StripeSubscriptionId};
use domain::invoice::{Invoice, InvoiceStatus};
use domain::subscription::UserSubscription;
use domain::time::DAY;
use stripe::Key;
use stripe::requests::{NewRefund, create_refund};

impl Billing {
    /// Refused with the reason in words, before anything is canceled.
    pub(super) async fn check_refundable(&self, live: &UserSubscription, at: CancelAt) -> Result<()> {
        let refused = |reason: String| Err(Error::Invalid { field: "refund", reason });
        if at == CancelAt::PeriodEnd {
            return refused("a refund goes with canceling now".to_owned());
        }
        let days = self.catalog.refund_days;
        let first = self.paid_invoices(&live.seen.id).await?.iter().map(|invoice| invoice.created).min();
        match first {
            Some(first) if self.now() <= first.plus(days * DAY) => Ok(()),
            Some(_) => refused(format!("refunds are given within {days} days of the first payment")),
            None => refused("nothing was paid yet".to_owned()),
        }
    }

    /// Every payment of the subscription, whole. The keys are the payments', so that a repetition refunds
    /// nothing twice. `why` is our id of what asked for it.
    pub(super) async fn refund_subscription(&self, id: &StripeSubscriptionId, why: &str) -> Result<()> {
        for invoice in self.paid_invoices(id).await? {
            for payment in invoice.payments.iter().filter(|payment| payment.paid) {
                let Some(payment_intent) = &payment.payment_intent else { continue };
                self.refund_payment(payment_intent, why).await?;
            }
        }
        Ok(())
    }

    /// What is left of one payment; one that was refunded already is done.
    pub(crate) async fn refund_payment(
        &self,
        payment_intent: &StripePaymentIntentId,
        why: &str,
    ) -> Result<()> {
        let metadata = [("reason", why)];
        let new = NewRefund { payment_intent, amount: None, metadata: &metadata };
        let key = Key::new(why, &format!("refund:{payment_intent}"), 1);
        match self.stripe.send_refund(&create_refund(&new, &key)).await {
            Ok(_) => Ok(()),
            Err(error) if error.code() == Some("charge_already_refunded") => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Those that cost something: a trial's first invoice is paid with nothing.
    async fn paid_invoices(&self, id: &StripeSubscriptionId) -> Result<Vec<Invoice>> {
        let paid = self.stripe.list_invoices_of(id, InvoiceStatus::Paid).await?;
        Ok(paid.into_iter().filter(|invoice| invoice.amount_paid > 0).collect())
    }
}
