//! Money back for a subscription that is canceled soon after its first payment.

use super::CancelAt;
use crate::{Billing, Error, Result};
use domain::ids::{StripePaymentIntentId, StripeSubscriptionId};
use domain::invoice::{Invoice, InvoiceStatus};
use domain::subscription::{UserSubscription, unused};
use domain::time::DAY;
use stripe::Key;
use stripe::requests::{NewRefund, create_refund};

/// What goes back with a cancellation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refundable {
    Everything,
    /// Minor units.
    Part(i64),
}

impl Refundable {
    /// Minor units; `None` is everything that was paid.
    pub(super) const fn amount(self) -> Option<i64> {
        match self {
            Self::Everything => None,
            Self::Part(amount) => Some(amount),
        }
    }
}

impl Billing {
    /// What a member who leaves now gets back. Refused with the reason in words, before anything is canceled.
    pub(super) async fn refund_for_leaving(
        &self,
        live: &UserSubscription,
        at: CancelAt,
    ) -> Result<Refundable> {
        let refused = |reason: String| Err(Error::Invalid { field: "refund", reason });
        if at == CancelAt::PeriodEnd {
            return refused("a refund goes with canceling now".to_owned());
        }
        if store::promised_refunds::given_before(&mut self.db.reader(), &live.account).await? {
            return refused("the money of a subscription was given back once before".to_owned());
        }
        let days = self.catalog.refund_days;
        let paid = self.paid_invoices(&live.seen.id).await?;
        match paid.iter().map(|invoice| invoice.created).min() {
            Some(first) if self.now() <= first.plus(days * DAY) => Ok(Refundable::Everything),
            Some(_) if self.catalog.refund_unused_part => match unused(&paid, self.now()) {
                0 => refused("nothing is left of what was paid".to_owned()),
                part => Ok(Refundable::Part(part)),
            },
            Some(_) => refused(format!("refunds are given within {days} days of the first payment")),
            None => refused("nothing was paid yet".to_owned()),
        }
    }

    /// `amount` of what was paid for the subscription, the newest payments first. Answers how much went back.
    pub(super) async fn refund_part(&self, id: &StripeSubscriptionId, amount: i64, why: &str) -> Result<i64> {
        let mut left = amount;
        for (payment_intent, paid) in payments(&self.paid_invoices(id).await?) {
            let earlier = self.stripe.list_refunds_of(&payment_intent).await?;
            let counted = earlier.iter().filter(|refund| refund.counts);
            let back: i64 = counted.map(|refund| refund.amount.amount).sum();
            let part = left.min(paid - back);
            if part > 0 {
                left -= self.refund_payment(&payment_intent, Some(part), why).await?;
            }
        }
        Ok(amount - left)
    }

    /// Every payment of the subscription, whole. Answers how much went back. The keys are the payments', so that a
    /// repetition refunds nothing twice. `why` is our id of what asked for it.
    pub(super) async fn refund_subscription(&self, id: &StripeSubscriptionId, why: &str) -> Result<i64> {
        let mut back = 0;
        for (payment_intent, _) in payments(&self.paid_invoices(id).await?) {
            back += self.refund_payment(&payment_intent, None, why).await?;
        }
        Ok(back)
    }

    /// Part of one payment, or what is left of it; one that was refunded already is done. Answers how much
    /// went back by this.
    pub(crate) async fn refund_payment(
        &self,
        payment_intent: &StripePaymentIntentId,
        amount: Option<i64>,
        why: &str,
    ) -> Result<i64> {
        let metadata = [("reason", why)];
        let new = NewRefund { payment_intent, amount, metadata: &metadata };
        let key = Key::new(why, &format!("refund:{payment_intent}"), 1);
        match self.stripe.send_refund(&create_refund(&new, &key)).await {
            Ok(refund) => Ok(refund.amount.amount),
            Err(error) if error.code() == Some("charge_already_refunded") => Ok(0),
            // The bank has taken it: nothing can be given back by us, unless the dispute is won.
            Err(error) if error.code() == Some("charge_disputed") => {
                Box::pin(self.report_blocked_refund(payment_intent, why)).await
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn report_blocked_refund(&self, payment_intent: &StripePaymentIntentId, why: &str) -> Result<i64> {
        let details = format!("it was to be refunded ({why}), but it is disputed");
        let mut tx = self.db.begin().await?;
        self.report(&mut tx, "refund_blocked", payment_intent.as_str(), None, &details).await?;
        tx.commit().await?;
        Ok(0)
    }

    /// Those that cost something: a trial's first invoice is paid with nothing.
    async fn paid_invoices(&self, id: &StripeSubscriptionId) -> Result<Vec<Invoice>> {
        let paid = self.stripe.list_invoices_of(id, InvoiceStatus::Paid).await?;
        Ok(paid.into_iter().filter(|invoice| invoice.amount_paid > 0).collect())
    }
}

/// Payments that succeeded, and how much each was; the newest first.
fn payments(invoices: &[Invoice]) -> Vec<(StripePaymentIntentId, i64)> {
    let paid = invoices.iter().flat_map(|invoice| invoice.payments.iter().filter(|payment| payment.paid));
    paid.filter_map(|payment| Some((payment.payment_intent.clone()?, payment.amount_paid))).collect()
}
