//! A subscription's own moments: first payment overdue, trial end, renewal, planned cancellation.

use serde_json::Value;

use super::{calendar, trial};
use crate::core::json::Json;
use crate::core::work::Work;
use crate::resources::invoice::{self, finalize};
use crate::resources::subscription::{self, bill, cancel, changed, set_period, set_status};

/// [spec]: the first invoice must be paid within 23 hours.
const FIRST_PAYMENT: i64 = 23 * 3600;

/// Sets when the subscription is due next, from what it is now.
pub(crate) fn reschedule(work: &mut Work<'_>, id: &str) {
    let subscription = work.see(id);
    let due = next_due(&subscription);
    work.set(id, "_due", due);
}

fn next_due(subscription: &Value) -> Option<i64> {
    let cancel_at = subscription.int("cancel_at");
    let resumes = subscription.int("pause_collection.resumes_at");
    match subscription.text("status")? {
        "incomplete" => Some(subscription.num("created") + FIRST_PAYMENT),
        "trialing" => {
            let end = subscription.num("trial_end");
            let next = if subscription.flag("_warned") { end } else { end - trial::WARNING };
            [Some(next), cancel_at, resumes].into_iter().flatten().min()
        }
        "active" | "past_due" | "unpaid" => {
            let end = subscription::period(subscription).1;
            [Some(end), cancel_at, resumes].into_iter().flatten().min()
        }
        "paused" => cancel_at,
        _ => None,
    }
}

/// Does what is due at `work.now`.
pub(crate) fn fall_due(work: &mut Work<'_>, id: &str) {
    let subscription = work.see(id);
    let now = work.now;
    if subscription.int("cancel_at").is_some_and(|at| at <= now) {
        cancel::now(work, id, "cancellation_requested");
        return;
    }
    if subscription.int("pause_collection.resumes_at").is_some_and(|at| at <= now) {
        work.set(id, "pause_collection", Value::Null);
    }
    match subscription.text("status") {
        Some("incomplete") => expire(work, id),
        Some("trialing") if now < subscription.num("trial_end") => trial::warn(work, id),
        Some("trialing") => end_trial(work, id),
        Some("active" | "past_due" | "unpaid") if now >= subscription::period(&subscription).1 => {
            renew(work, id);
        }
        _ => {}
    }
    if subscription::is_live(&work.see(id)) {
        changed(work, id);
    }
}

/// Never paid: expired, and its invoice void.
fn expire(work: &mut Work<'_>, id: &str) {
    let invoice = work.see(id).string("latest_invoice");
    if work.see(&invoice).is("status", "open") {
        // Voiding it expires the subscription that waits for it.
        finalize::void(work, &invoice);
    } else {
        cancel::expire(work, id);
    }
}

fn end_trial(work: &mut Work<'_>, id: &str) {
    trial::warn(work, id);
    if trial::ends_without_card(work, id) {
        return;
    }
    // Active at once: the payment is tried when the draft is finalised ([doc]).
    set_status(work, id, "active");
    renew(work, id);
}

/// The next period begins, with a draft that is charged about an hour later.
fn renew(work: &mut Work<'_>, id: &str) {
    let subscription = work.see(id);
    let (was, start) = subscription::period(&subscription);
    let price = subscription.at("items.data.0.price").clone();
    let end = calendar::next_period_end(subscription.num("billing_cycle_anchor"), start, &price);
    work.edit(id, |subscription| {
        set_period(subscription, (start, end));
        if subscription.flag("cancel_at_period_end") {
            subscription.set("cancel_at", end);
        }
    });
    let invoice = bill(work, id, "subscription_cycle", (start, end), false, true);
    work.edit(&invoice, |invoice| {
        invoice.set("period_start", was);
        invoice.set("period_end", start);
    });
    if subscription.has("pause_collection") {
        // Kept as a draft; the other behaviours act when it would be finalised.
        invoice::hold_back(work, &invoice, subscription.is("pause_collection.behavior", "keep_as_draft"));
    }
    changed(work, id);
}
