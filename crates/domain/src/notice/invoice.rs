//! News of an invoice: paid, refused, or waiting for its payer.

use super::{News, Notice, STALE};
use crate::catalog::TierSlug;
use crate::ids::StripeInvoiceId;
use crate::invoice::{InvoiceStatus, MirroredInvoice, OpenPayment};
use crate::money::Money;
use crate::payment::IntentStatus;
use crate::subscription::{Status, UserSubscription};
use crate::time::Timestamp;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InvoiceNotice {
    Paid(Receipt),
    Failed {
        amount: Money,
        /// For the card's holder, in Stripe's words.
        reason: String,
        attempt: i64,
        /// `None`: nothing more is tried.
        next_attempt: Option<Timestamp>,
        /// Until when access lasts.
        grace_until: Option<Timestamp>,
    },
    /// The bank wants the person to confirm a payment that nobody was there for.
    ToConfirm {
        invoice: StripeInvoiceId,
        amount: Money,
        grace_until: Option<Timestamp>,
    },
}

/// A charge of a subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// What the invoice is known by.
    pub number: Option<String>,
    pub paid: Money,
    pub paid_at: Timestamp,
    /// Description and amount; negative for what was not used of an earlier plan.
    pub lines: Vec<(String, Money)>,
    /// What it pays for.
    pub period: Option<(Timestamp, Timestamp)>,
    pub tier: TierSlug,
}

/// `subscription` is the one that it bills, as it was seen with it; `grace_until` is when its access ends.
pub fn invoice_news(
    before: Option<&MirroredInvoice>,
    after: &MirroredInvoice,
    subscription: &UserSubscription,
    grace_until: Option<Timestamp>,
    now: Timestamp,
) -> Option<News> {
    if !subscription.primary {
        return None;
    }
    let invoice = &after.invoice;
    let (key, notice) = match invoice.status {
        InvoiceStatus::Paid if before.is_none_or(|before| before.invoice.status != InvoiceStatus::Paid) => {
            ("paid".to_owned(), InvoiceNotice::Paid(receipt(after, subscription, now)?))
        }
        InvoiceStatus::Open => {
            let payment = after.payment.as_ref().filter(|_| nobody_is_there(after, subscription))?;
            // Of grace that is over the member has been told.
            unpaid(before, after, payment, grace_until.filter(|end| now < *end))?
        }
        _ => return None,
    };
    Some(News { key: format!("{}:{key}", invoice.id), notice: Notice::Invoice(notice) })
}

/// A first payment, and an upgrade that waits for its payment, are on the screen of whoever asked for them.
fn nobody_is_there(invoice: &MirroredInvoice, subscription: &UserSubscription) -> bool {
    let reason = invoice.invoice.billing_reason.as_deref();
    let asked_for = subscription.seen.pending_update.is_some() && reason == Some("subscription_update");
    subscription.status().is_live() && subscription.status() != Status::Incomplete && !asked_for
}

fn unpaid(
    before: Option<&MirroredInvoice>,
    after: &MirroredInvoice,
    payment: &OpenPayment,
    grace_until: Option<Timestamp>,
) -> Option<(String, InvoiceNotice)> {
    let invoice = &after.invoice;
    let amount = Money { amount: invoice.amount_remaining, currency: invoice.currency };
    if payment.wants_its_holder() {
        let notice = InvoiceNotice::ToConfirm { invoice: invoice.id.clone(), amount, grace_until };
        return Some(("confirm".to_owned(), notice));
    }
    let decline =
        payment.decline.as_ref().filter(|_| payment.status == IntentStatus::RequiresPaymentMethod)?;
    let known = before.filter(|before| before.payment.as_ref().is_some_and(|it| it.decline.is_some()));
    if known.is_some_and(|before| before.invoice.attempt_count >= invoice.attempt_count) {
        return None;
    }
    let notice = InvoiceNotice::Failed {
        amount,
        reason: decline.message.clone(),
        attempt: invoice.attempt_count,
        next_attempt: invoice.next_payment_attempt,
        grace_until,
    };
    Some((format!("failed:{}", invoice.attempt_count), notice))
}

/// Nothing was charged for a trial's first invoice, or for one that a credit pays: no receipt.
fn receipt(after: &MirroredInvoice, subscription: &UserSubscription, now: Timestamp) -> Option<Receipt> {
    let invoice = &after.invoice;
    let paid_at = invoice.paid_at.unwrap_or(invoice.created);
    if invoice.amount_paid <= 0 || paid_at.plus(STALE) < now {
        return None;
    }
    let of = |amount| Money { amount, currency: invoice.currency };
    // What is charged for the time to come; an upgrade has a line for the time that is not used, too.
    let charged = invoice.lines.iter().filter(|line| line.amount > 0);
    let period = charged.max_by_key(|line| line.period_end).map(|line| (line.period_start, line.period_end));
    Some(Receipt {
        number: invoice.number.clone(),
        paid: of(invoice.amount_paid),
        paid_at,
        lines: invoice.lines.iter().map(|line| (line.description.clone(), of(line.amount))).collect(),
        period,
        tier: subscription.plan.tier.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::AccountId;
    use crate::invoice::{Invoice, InvoiceLine};
    use crate::money::Currency;
    use crate::payment::Decline;
    use crate::subscription::PendingUpdate;
    use crate::subscription::samples::mirrored;
    use crate::time::DAY;

    fn invoice(status: InvoiceStatus, payment: Option<OpenPayment>, attempt_count: i64) -> MirroredInvoice {
        let paid = status == InvoiceStatus::Paid;
        let line = |description: &str, amount, end| InvoiceLine {
            description: description.into(),
            amount,
            quantity: Some(1),
            period_start: Timestamp(0),
            period_end: Timestamp(end),
            price: None,
            proration: amount < 0,
        };
        let invoice = Invoice {
            id: "in_1".into(),
            number: Some("A-0001".into()),
            status,
            currency: Currency::USD,
            subtotal: 2_550,
            discount: 0,
            tax: 0,
            total: 2_550,
            amount_due: 2_550,
            amount_paid: if paid { 2_550 } else { 0 },
            amount_remaining: if paid { 0 } else { 2_550 },
            subscription: Some("sub_1".into()),
            lines: vec![line("Unused time", -2_700, 40), line("Remaining time", 5_250, 90)],
            payments: Vec::new(),
            confirmation_secret: None,
            customer: Some("cus_1".into()),
            billing_reason: Some("subscription_update".into()),
            created: Timestamp(0),
            paid_at: paid.then_some(Timestamp(1)),
            attempt_count,
            next_payment_attempt: None,
        };
        MirroredInvoice::of(AccountId::from_stored("acc_1"), invoice, payment)
    }

    fn refused(attempt_count: i64) -> MirroredInvoice {
        let decline =
            Decline { code: "card_declined".into(), decline_code: None, message: "No funds.".into() };
        let payment = OpenPayment { status: IntentStatus::RequiresPaymentMethod, decline: Some(decline) };
        invoice(InvoiceStatus::Open, Some(payment), attempt_count)
    }

    fn told(
        before: Option<&MirroredInvoice>,
        after: &MirroredInvoice,
        subscription: &UserSubscription,
    ) -> Option<String> {
        invoice_news(before, after, subscription, None, Timestamp(2)).map(|news| news.key)
    }

    #[test]
    fn every_try_that_failed_is_told_once() {
        let late = mirrored(Status::PastDue);
        assert_eq!(told(None, &refused(1), &late).as_deref(), Some("in_1:failed:1"));
        assert_eq!(told(Some(&refused(1)), &refused(1), &late), None);
        assert_eq!(told(Some(&refused(1)), &refused(2), &late).as_deref(), Some("in_1:failed:2"));
        assert_eq!(
            told(Some(&refused(1)), &refused(2), &mirrored(Status::Canceled)),
            None,
            "the end is told"
        );
    }

    #[test]
    fn who_is_at_the_screen_is_not_told_by_mail() {
        assert_eq!(told(None, &refused(1), &mirrored(Status::Incomplete)), None);
        let mut upgrading = mirrored(Status::Active);
        upgrading.seen.pending_update = Some(PendingUpdate { price: None, expires_at: Timestamp(1) });
        assert_eq!(told(None, &refused(1), &upgrading), None);
    }

    #[test]
    fn a_payment_that_wants_its_holder_is_asked_for_by_link() {
        let waiting = |status, code: Option<&str>| {
            let decline = code.map(|code| Decline {
                code: code.into(),
                decline_code: None,
                message: "Confirm.".into(),
            });
            invoice(InvoiceStatus::Open, Some(OpenPayment { status, decline }), 0)
        };
        let late = mirrored(Status::PastDue);
        for one in [
            waiting(IntentStatus::RequiresAction, None),
            waiting(IntentStatus::RequiresPaymentMethod, Some("authentication_required")),
        ] {
            assert_eq!(told(None, &one, &late).as_deref(), Some("in_1:confirm"));
        }
    }

    #[test]
    fn a_charge_has_a_receipt_for_the_time_that_it_pays() {
        let active = mirrored(Status::Active);
        let paid = invoice(InvoiceStatus::Paid, None, 1);
        let news = invoice_news(Some(&refused(1)), &paid, &active, None, Timestamp(2)).unwrap();
        let Notice::Invoice(InvoiceNotice::Paid(receipt)) = news.notice else { panic!("no receipt") };
        assert_eq!((receipt.paid.amount, receipt.lines.len()), (2_550, 2));
        assert_eq!(receipt.period, Some((Timestamp(0), Timestamp(90))));
        assert_eq!(told(Some(&paid), &paid, &active), None);
    }

    #[test]
    fn what_cost_nothing_or_was_paid_long_ago_has_none() {
        let active = mirrored(Status::Active);
        let mut free = invoice(InvoiceStatus::Paid, None, 1);
        free.invoice.amount_paid = 0;
        assert_eq!(told(None, &free, &active), None);
        let old = invoice(InvoiceStatus::Paid, None, 1);
        assert_eq!(invoice_news(None, &old, &active, None, Timestamp(8 * DAY)), None);
    }
}
