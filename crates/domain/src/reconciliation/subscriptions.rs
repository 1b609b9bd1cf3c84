//! Subscriptions, their customers and their invoices.

use super::{Finding, Kind, Ours, PaidInvoice, Repair, Theirs};
use crate::ids::{StripeCustomerId, StripeInvoiceId, StripePaymentIntentId, StripeSubscriptionId};
use crate::invoice::{Invoice, InvoiceStatus};
use crate::subscription::{Observed, Status};
use crate::time::Timestamp;
use crate::wanted::Wanted;
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn compare(theirs: &Theirs, ours: &Ours) -> Vec<Finding> {
    let mut findings = Vec::new();
    for seen in &theirs.subscriptions {
        let Some(account) = ours.customers.get(&seen.customer) else { continue };
        let fetch = || Repair::Fetch {
            customer: seen.customer.clone(),
            wanted: Wanted::Subscription(seen.id.clone()),
        };
        let mut found = |kind, details: String, repair| {
            findings.push(Finding::new(kind, &seen.id, account, details, repair));
        };
        let known_price = ours.prices.contains(&seen.price);
        match ours.subscriptions.get(&seen.id) {
            // Made by somebody else for their own purpose.
            None if seen.account_id.as_deref() != Some(account.as_str()) => {}
            // Its first payment never came: it has given nobody anything.
            None if seen.status == Status::IncompleteExpired => {}
            None if !known_price => {
                if seen.status.is_live() {
                    let details = format!(
                        "{}; its price {} is none of the catalog's",
                        seen.status.as_str(),
                        seen.price
                    );
                    found(Kind::ForeignPrice, details, Repair::Person);
                }
            }
            None => found(
                Kind::SubscriptionMissing,
                format!("{} at Stripe, unknown here", seen.status.as_str()),
                fetch(),
            ),
            Some(mirror) => {
                let differs = differences(&mirror.seen, seen);
                if !differs.is_empty() {
                    found(Kind::SubscriptionDiffers, differs.join(", "), fetch());
                } else if seen.status.is_live() && !mirror.primary {
                    let details = format!("{}, beside the one that counts", seen.status.as_str());
                    let repair = Repair::End { subscription: seen.id.clone(), account: account.clone() };
                    found(Kind::ExtraSubscription, details, repair);
                } else if seen.status.is_live() && !known_price {
                    let details = format!("its price {} is none of the catalog's", seen.price);
                    found(Kind::ForeignPrice, details, Repair::Person);
                }
            }
        }
    }
    let at_stripe: BTreeSet<_> = theirs.subscriptions.iter().map(|seen| &seen.id).collect();
    let gone = ours
        .subscriptions
        .values()
        .filter(|mirror| mirror.status().is_live() && !at_stripe.contains(&mirror.seen.id));
    findings.extend(gone.map(|mirror| {
        let details = format!("{} here, and Stripe does not list it", mirror.status().as_str());
        Finding::new(Kind::SubscriptionGone, &mirror.seen.id, &mirror.account, details, Repair::Person)
    }));
    findings
}

/// `field here, other at Stripe` for each that differs.
fn differences(here: &Observed, there: &Observed) -> Vec<String> {
    let pairs = fields(here).into_iter().zip(fields(there));
    let differ = pairs.filter(|((_, here), (_, there))| here != there);
    differ.map(|((name, here), (_, there))| format!("{name} {here} here, {there} at Stripe")).collect()
}

/// What access and money depend on, in words.
fn fields(seen: &Observed) -> [(&'static str, String); 11] {
    let time = |at: Option<Timestamp>| at.map_or_else(|| "none".to_owned(), |at| at.to_string());
    let card = seen.default_payment_method.as_ref().map(ToString::to_string);
    [
        ("status", seen.status.as_str().to_owned()),
        ("price", seen.price.to_string()),
        ("period_start", seen.period_start.to_string()),
        ("period_end", seen.period_end.to_string()),
        ("trial_end", time(seen.trial_end)),
        ("cancel_at", time(seen.cancel_at)),
        ("ended_at", time(seen.ended_at)),
        ("payment method", card.unwrap_or_else(|| "none".to_owned())),
        ("schedule", seen.schedule.clone().unwrap_or_else(|| "none".to_owned())),
        ("collection paused", seen.collection_paused.to_string()),
        ("update pending", seen.pending_update.is_some().to_string()),
    ]
}

pub(super) fn customers(theirs: &Theirs, ours: &Ours) -> Vec<Finding> {
    let of = |ids: &BTreeSet<StripeCustomerId>| {
        ours.current.iter().filter(|(_, customer)| ids.contains(customer)).collect::<Vec<_>>()
    };
    let deleted = of(&theirs.deleted_customers).into_iter().map(|(account, customer)| {
        let repair = Repair::Fetch { customer: customer.clone(), wanted: Wanted::CustomerDeleted };
        Finding::new(Kind::CustomerDeleted, customer, account, "deleted at Stripe", repair)
    });
    let gone = of(&theirs.missing_customers).into_iter().map(|(account, customer)| {
        Finding::new(Kind::CustomerGone, customer, account, "Stripe has never had it", Repair::Person)
    });
    deleted.chain(gone).collect()
}

pub(super) fn invoices(theirs: &Theirs, ours: &Ours) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut seen = BTreeSet::new();
    let paid = theirs.paid_invoices.iter().map(|paid| &paid.invoice);
    for invoice in paid.chain(&theirs.open_invoices) {
        if seen.insert(&invoice.id) {
            findings.extend(one_invoice(invoice, ours));
        }
    }
    findings.extend(paid_twice(theirs, ours));
    findings.extend(kept_of_extra(theirs, ours));
    let open: BTreeSet<_> = theirs.open_invoices.iter().map(|invoice| &invoice.id).collect();
    let mirrored_open = ours.invoices.iter().filter(|(_, (status, _))| *status == InvoiceStatus::Open);
    let closed = mirrored_open.filter(|(id, _)| !open.contains(id) && !seen.contains(id));
    findings.extend(closed.filter_map(|(id, _)| {
        let subscription = ours.invoice_subscriptions.get(id)?;
        invoice_differs(id, subscription, "open here, not at Stripe", ours)
    }));
    findings
}

fn one_invoice(invoice: &Invoice, ours: &Ours) -> Option<Finding> {
    let subscription = invoice.subscription.as_ref()?;
    // Without its subscription it cannot be mirrored; that one is a finding of its own.
    ours.subscriptions.get(subscription)?;
    let details = match ours.invoices.get(&invoice.id) {
        None => format!("{} at Stripe, unknown here", invoice.status.as_str()),
        Some((status, amount)) if (*status, *amount) != (invoice.status, invoice.amount_paid) => format!(
            "{} with {amount} paid here, {} with {} at Stripe",
            status.as_str(),
            invoice.status.as_str(),
            invoice.amount_paid
        ),
        Some(_) => return None,
    };
    invoice_differs(&invoice.id, subscription, &details, ours)
}

fn invoice_differs(
    id: &StripeInvoiceId,
    subscription: &StripeSubscriptionId,
    details: &str,
    ours: &Ours,
) -> Option<Finding> {
    let mirror = ours.subscriptions.get(subscription)?;
    let repair = Repair::Fetch {
        customer: mirror.seen.customer.clone(),
        wanted: Wanted::Invoice(id.clone(), subscription.clone()),
    };
    Some(Finding::new(Kind::InvoiceDiffers, id, &mirror.account, details, repair))
}

/// Paid invoices of one period of one subscription.
fn periods(theirs: &Theirs) -> BTreeMap<(&StripeSubscriptionId, Timestamp), Vec<&PaidInvoice>> {
    let mut periods: BTreeMap<_, Vec<&PaidInvoice>> = BTreeMap::new();
    for paid in theirs.paid_invoices.iter().filter(|paid| paid.amount_paid > 0) {
        let invoice = &paid.invoice;
        let regular =
            matches!(invoice.billing_reason.as_deref(), Some("subscription_create" | "subscription_cycle"));
        let line = invoice.lines.iter().find(|line| !line.proration && line.amount > 0);
        let (Some(subscription), Some(line), true) = (&invoice.subscription, line, regular) else { continue };
        periods.entry((subscription, line.period_start)).or_default().push(paid);
    }
    periods
}

/// Payments of invoices that should perhaps not have been kept: whether they were given back has to be known,
/// however long ago that was.
pub fn doubtful_payments(theirs: &Theirs, ours: &Ours) -> BTreeSet<StripePaymentIntentId> {
    let extra = theirs.paid_invoices.iter().filter(|paid| {
        let mirror = paid.invoice.subscription.as_ref().and_then(|id| ours.subscriptions.get(id));
        mirror.is_some_and(|mirror| !mirror.primary)
    });
    let twice = periods(theirs).into_values().filter(|paid| paid.len() > 1).flatten();
    extra.chain(twice).filter_map(|paid| paid.payment.clone()).collect()
}

/// Neither given back whole, nor with the bank.
fn is_kept(paid: &PaidInvoice, theirs: &Theirs) -> bool {
    let Some(payment) = &paid.payment else { return false };
    theirs.refunded.get(payment).copied().unwrap_or(0) < paid.amount_paid && !theirs.is_with_the_bank(payment)
}

/// One period of one subscription that was paid for by two invoices, and none given back. One invoice may be paid in
/// parts, and what comes in above it Stripe credits to the customer.
fn paid_twice(theirs: &Theirs, ours: &Ours) -> Vec<Finding> {
    let mut findings = Vec::new();
    for ((subscription, start), paid) in periods(theirs) {
        let Some(mirror) = ours.subscriptions.get(subscription) else { continue };
        let kept = paid.iter().filter(|paid| is_kept(paid, theirs));
        let invoices: BTreeSet<_> = kept.map(|paid| paid.invoice.id.as_str()).collect();
        if invoices.len() < 2 {
            continue;
        }
        let invoices: Vec<_> = invoices.into_iter().collect();
        let details =
            format!("the period from {start} is paid {} times: {}", invoices.len(), invoices.join(", "));
        findings.push(Finding::new(Kind::PaidTwice, subscription, &mirror.account, details, Repair::Person));
    }
    findings
}

/// What did not count has ended, in whatever way, and its payments were kept.
fn kept_of_extra(theirs: &Theirs, ours: &Ours) -> Vec<Finding> {
    let mut findings = Vec::new();
    for paid in theirs.paid_invoices.iter().filter(|paid| paid.amount_paid > 0 && is_kept(paid, theirs)) {
        let mirror = paid.invoice.subscription.as_ref().and_then(|id| ours.subscriptions.get(id));
        let Some(mirror) = mirror.filter(|it| !it.primary && !it.status().is_live()) else { continue };
        let details = format!("it has ended, and {} is still paid", paid.invoice.id);
        let (subscription, account) = (mirror.seen.id.clone(), mirror.account.clone());
        let repair = Repair::End { subscription: subscription.clone(), account: account.clone() };
        findings.push(Finding::new(Kind::ExtraSubscription, &subscription, &account, details, repair));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::subscription::paid_samples::{invoice, line};
    use crate::subscription::samples::mirrored;

    /// The first quarter of the subscription, at 5,400.
    fn paid(id: &str, payment: &str, amount_paid: i64) -> PaidInvoice {
        let invoice = Invoice {
            id: id.into(),
            subscription: Some("sub_1".into()),
            billing_reason: Some("subscription_cycle".into()),
            ..invoice(vec![line(5_400, 0, 90)], 5_400)
        };
        PaidInvoice { payment: Some(payment.into()), amount_paid, invoice }
    }

    fn found(paid_invoices: Vec<PaidInvoice>, refunded: &[(&str, i64)]) -> Vec<Kind> {
        let mirror = mirrored(Status::Active);
        let ours = Ours { subscriptions: [(mirror.seen.id.clone(), mirror)].into(), ..Ours::default() };
        let refunded = refunded.iter().map(|(payment, amount)| ((*payment).into(), *amount)).collect();
        let theirs = Theirs { refunded, paid_invoices, ..Theirs::default() };
        paid_twice(&theirs, &ours).iter().map(|finding| finding.kind).collect()
    }

    #[test]
    fn a_period_that_two_invoices_have_billed_is_paid_twice_until_one_is_given_back() {
        let twice = vec![paid("in_1", "pi_1", 5_400), paid("in_2", "pi_2", 5_400)];
        assert_eq!(found(twice.clone(), &[]), [Kind::PaidTwice]);
        assert_eq!(found(twice.clone(), &[("pi_2", 5_399)]), [Kind::PaidTwice]);
        assert_eq!(found(twice, &[("pi_2", 5_400)]), []);
    }

    #[test]
    fn an_invoice_that_is_paid_in_parts_is_paid_once() {
        assert_eq!(found(vec![paid("in_1", "pi_1", 2_700), paid("in_1", "pi_2", 2_700)], &[]), []);
    }

    #[test]
    fn invoices_of_other_periods_and_changes_of_plan_are_not_a_second_time() {
        let first = paid("in_1", "pi_1", 5_400);
        let mut next = paid("in_2", "pi_2", 5_400);
        next.invoice.lines = vec![line(5_400, 90, 180)];
        let mut changed = paid("in_3", "pi_3", 5_400);
        changed.invoice.billing_reason = Some("subscription_update".into());
        assert_eq!(found(vec![first, next, changed], &[]), []);
    }
}
