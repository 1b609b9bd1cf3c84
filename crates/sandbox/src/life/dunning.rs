//! Collecting by itself: drafts are finalised and charged, failed payments retried, and at last given up; invoices that
//! were sent become overdue.

use crate::core::value::Value;

use crate::core::json::Json;
use crate::core::work::Work;
use crate::resources::cards::Decline;
use crate::resources::invoice::{self, finalize, settle};
use crate::resources::settings;
use crate::resources::subscription::{self, bill};

/// Days after the first failure at which a payment is tried again: eight tries within two weeks, as Stripe's smart
/// retries advise ([doc]); Stripe's own moments are chosen by a model and not published.
const RETRY_DAYS: [i64; 7] = [1, 3, 5, 7, 9, 11, 14];
const DAY: i64 = 86_400;

/// What becomes of a subscription after the last retry (Stripe docs: smart retries: a setting of the account).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GivenUp {
    Cancel,
    MarkUnpaid,
    LeavePastDue,
}

/// A draft is finalised and charged, or an open invoice is tried again.
pub(crate) fn fall_due(work: &mut Work<'_>, id: &str) {
    let invoice = work.see(id);
    if invoice.is("collection_method", "send_invoice") {
        return sent(work, id);
    }
    if invoice.is("status", "draft") {
        finish(work, id);
    }
    let invoice = work.see(id);
    if !invoice.is("status", "open") {
        return;
    }
    let method = settle::method_for(work, &invoice);
    if method.is_some() && invoice.text("_hard") == method.as_deref() {
        // After a hard decline the same card is not tried again ([doc]); the time passes all the same.
        let given_up = after_failure(work, id, None);
        work.tell_if_changed("invoice.updated", id);
        if given_up.is_some()
            && let Some(subscription) = invoice::governing(&invoice)
        {
            subscription::after_failure(work, subscription, given_up);
        }
        return;
    }
    settle::collect(work, id, None, true, true);
}

/// Finalises a draft; while collection is paused that may be its end.
fn finish(work: &mut Work<'_>, id: &str) {
    finalize::finalize(work, id);
    if let Some(subscription) = work.see(id).text("_subscription") {
        bill::pause(work, subscription, id);
    }
}

/// A draft goes out to the customer, or an invoice that went out will be due soon, or was not paid in time.
fn sent(work: &mut Work<'_>, id: &str) {
    if work.see(id).is("status", "draft") {
        finish(work, id);
        if work.see(id).is("status", "open") {
            work.tell("invoice.sent", id);
        }
        return;
    }
    let invoice = work.see(id);
    let due = invoice.num("due_date");
    work.set(id, "_due", Some(due).filter(|due| *due > work.now));
    if !invoice.is("status", "open") {
        return;
    }
    if work.now < due {
        work.tell("invoice.will_be_due", id);
    } else {
        work.tell("invoice.overdue", id);
        if let Some(subscription) = invoice::governing(&invoice) {
            subscription::after_failure(work, subscription, None);
        }
    }
}

/// Plans the next attempt after a failed one. Answers what follows when there is none left.
///
/// First payments are not retried: the payer is there. Attempts by hand move nothing in the plan.
pub(crate) fn after_failure(work: &mut Work<'_>, id: &str, decline: Option<Decline>) -> Option<GivenUp> {
    let invoice = work.see(id);
    if invoice.is("billing_reason", "subscription_create") || !invoice.flag("_automatic") {
        return None;
    }
    let now = work.now;
    let first = invoice.int("_first_failed").unwrap_or(now);
    let tries = usize::try_from(invoice.num("_retries")).unwrap_or_default();
    let next = RETRY_DAYS.get(tries).map(|days| first + days * DAY);
    let hard = decline
        .is_some_and(|decline| decline.is_hard())
        .then(|| settle::method_for(work, &invoice))
        .flatten();
    work.edit(id, |invoice| {
        invoice.set("_first_failed", first);
        invoice.set("_retries", tries + 1);
        invoice.set("next_payment_attempt", next);
        invoice.set("_due", next);
        if decline.is_some() {
            invoice.set("_hard", hard);
        }
        if next.is_none() {
            invoice.set("auto_advance", false);
            invoice.set("_due", Value::Null);
        }
    });
    (next.is_none() && invoice::governing(&invoice).is_some()).then(|| settings::after_last_retry(work))
}
