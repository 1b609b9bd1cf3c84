//! Money back for a subscription that is canceled soon after its first payment.

use super::CancelAt;
use crate::{Billing, Error, Result};
use domain::dispute::Effect;
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

/// A payment, and what has gone back of it; minor units.
struct Refunded {
    payment_intent: StripePaymentIntentId,
    left: i64,
    /// For the reason in question.
    given: i64,
}

impl Billing {
    /// What a member who leaves now gets back. Refused with the reason in words, before anything is canceled.
    pub(super) async fn refund_for_leaving(
        &self,
        live: &UserSubscription,
        at: CancelAt,
    ) -> Result<Refundable> {
        if at == CancelAt::PeriodEnd {
            return refused("a refund goes with canceling now".to_owned());
        }
        Ok(self.refund_for_leaving_now(live).await?.0)
    }

    /// How much it would be, in minor units: less what has gone back before, and what is with the bank. Errors as of
    /// [`Billing::refund_for_leaving`].
    pub(super) async fn preview_refund(&self, live: &UserSubscription) -> Result<i64> {
        let (refundable, paid) = self.refund_for_leaving_now(live).await?;
        let mut left = 0;
        // Whatever it went back for.
        for payment in self.payments_with_refunds(&paid, "").await? {
            let disputes =
                store::disputes::of_payment(&mut self.db.reader(), &payment.payment_intent).await?;
            if disputes.iter().all(|dispute| dispute.status.effect() == Effect::Nothing) {
                left += payment.left;
            }
        }
        Ok(refundable.amount().map_or(left, |part| part.min(left)))
    }

    /// By the rules, and the paid invoices that they were asked about.
    async fn refund_for_leaving_now(&self, live: &UserSubscription) -> Result<(Refundable, Vec<Invoice>)> {
        if store::promised_refunds::given_before(&mut self.db.reader(), &live.account).await? {
            return refused("the money of a subscription was given back once before".to_owned());
        }
        let days = self.catalog.refund_days;
        let paid = self.paid_invoices(&live.seen.id).await?;
        let refundable = match paid.iter().map(|invoice| invoice.created).min() {
            Some(first) if self.now() <= first.plus(days * DAY) => Refundable::Everything,
            Some(_) if self.catalog.refund_unused_part => match unused(&paid, self.now()) {
                0 => return refused("nothing is left of what was paid".to_owned()),
                part => Refundable::Part(part),
            },
            Some(_) => return refused(format!("refunds are given within {days} days of the first payment")),
            None => return refused("nothing was paid yet".to_owned()),
        };
        Ok((refundable, paid))
    }

    /// `amount` of what was paid for the subscription, the newest payments first; `None` is everything that is left
    /// of it. `why` is our id of what asked for it. Answers how much has gone back for that in all: what an earlier
    /// try has given counts, also when Stripe has forgotten its key.
    pub(super) async fn refund_subscription(
        &self,
        id: &StripeSubscriptionId,
        amount: Option<i64>,
        why: &str,
    ) -> Result<i64> {
        let paid = self.paid_invoices(id).await?;
        let payments = self.payments_with_refunds(&paid, why).await?;
        let mut given = given_of(&payments);
        let mut called = false;
        for Refunded { payment_intent, left, .. } in payments.iter().filter(|payment| payment.left > 0) {
            let part = amount.map(|amount| (amount - given).min(*left));
            if part.is_none_or(|part| part > 0) {
                given += self.refund_payment(payment_intent, part, why).await?;
                called = true;
            }
        }
        // Somebody else may have given it at the same moment: what Stripe has counts.
        if called { Ok(given_of(&self.payments_with_refunds(&paid, why).await?)) } else { Ok(given) }
    }

    /// Of the payments of these invoices; `why` as of [`Billing::refund_subscription`].
    async fn payments_with_refunds(&self, paid: &[Invoice], why: &str) -> Result<Vec<Refunded>> {
        let mut all = Vec::new();
        for (payment_intent, paid) in payments(paid) {
            let mut refunds = self.stripe.list_refunds_of(&payment_intent).await?;
            refunds.retain(|refund| refund.counts);
            let back: i64 = refunds.iter().map(|refund| refund.amount.amount).sum();
            let for_this = refunds.iter().filter(|refund| refund.reason.as_deref() == Some(why));
            let given = for_this.map(|refund| refund.amount.amount).sum();
            all.push(Refunded { payment_intent, left: paid - back, given });
        }
        Ok(all)
    }

    /// Part of one payment, or what is left of it; one that was refunded already is done. Answers how much
    /// went back by this. Of what is left there cannot be two refunds, so each try has a key of its own; two of a part would be
    /// money, so they share theirs.
    pub(crate) async fn refund_payment(
        &self,
        payment_intent: &StripePaymentIntentId,
        amount: Option<i64>,
        why: &str,
    ) -> Result<i64> {
        let metadata = [("reason", why)];
        let new = NewRefund { payment_intent, amount, metadata: &metadata };
        let key = match amount {
            Some(_) => Key::new(why, &format!("refund:{payment_intent}"), 1),
            None => self.one_time_key("refund")?,
        };
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

/// Minor units.
fn given_of(payments: &[Refunded]) -> i64 {
    payments.iter().map(|payment| payment.given).sum()
}

fn refused<T>(reason: String) -> Result<T> {
    Err(Error::Invalid { field: "refund", reason })
}

/// Payments that succeeded, and how much each was; the newest first.
fn payments(invoices: &[Invoice]) -> Vec<(StripePaymentIntentId, i64)> {
    let paid = invoices.iter().flat_map(|invoice| invoice.payments.iter().filter(|payment| payment.paid));
    paid.filter_map(|payment| Some((payment.payment_intent.clone()?, payment.amount_paid))).collect()
}
