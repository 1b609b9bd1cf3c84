//! Reconciliation: what Stripe has against what we have, the ledger against its balances, and money against
//! tokens. Pure: two pictures go in, findings come out.

mod books;
mod finding;
mod payments;
mod picture;
mod subscriptions;

pub use finding::{Finding, Kind, Repair};
pub use picture::{Book, Grant, Ours, PaidInvoice, PurchaseBook, Stuck, Theirs};
pub use subscriptions::doubtful_payments;

/// Everything that does not agree, in the order of its kinds and objects.
pub fn compare(theirs: &Theirs, ours: &Ours) -> Vec<Finding> {
    let mut findings = subscriptions::compare(theirs, ours);
    findings.extend(subscriptions::customers(theirs, ours));
    findings.extend(subscriptions::invoices(theirs, ours));
    findings.extend(payments::compare(theirs, ours));
    findings.extend(payments::disputes(theirs, ours));
    findings.extend(books::compare(ours));
    findings.sort_by(|a, b| (a.kind, &a.object).cmp(&(b.kind, &b.object)));
    findings.dedup_by(|a, b| (a.kind, &a.object) == (b.kind, &b.object));
    findings
}
