//! A subscription's own moments: first payment overdue, trial end, renewal, planned cancellation.

use crate::core::value::Value;

use super::{calendar, schedule, trial};
use crate::core::json::Json;
use crate::core::work::Work;
use crate::resources::invoice::{self, finalize};
use crate::resources::settings;
use crate::resources::subscription::bill::{self, Bill};
use crate::resources::subscription::{
    self, cancel, change, changed, pending, planned_end, set_period, set_status,
};

/// [spec]: the first invoice must be paid within 23 hours.
const FIRST_PAYMENT: i64 = 23 * 3600;
const DAY: i64 = 86_400;

/// Sets when the subscription is due next, from what it is now.
pub(crate) fn reschedule(work: &mut Work<'_>, id: &str) {
    let subscription = work.see(id);
    let due = next_due(work, &subscription);
    work.set(id, "_due", due);
}

fn next_due(work: &Work<'_>, subscription: &Value) -> Option<i64> {
    let cancel_at = subscription.int("cancel_at");
    let resumes = subscription.int("pause_collection.resumes_at");
    let discarded = subscription.int("pending_update.expires_at");
    let own = match subscription.text("status")? {
        "incomplete" => return Some(subscription.num("created") + FIRST_PAYMENT),
        "paused" => return cancel_at,
        "trialing" => {
            let end = subscription.num("trial_end");
            if subscription.flag("_warned") { end } else { end - trial::WARNING }
        }
        "active" | "past_due" | "unpaid" => {
            let end = subscription::period(subscription).1;
            if subscription.has("_announced") { end } else { announced_at(work, subscription) }
        }
        _ => return None,
    };
    [Some(own), cancel_at, resumes, discarded].into_iter().flatten().min()
}

/// When `invoice.upcoming` is sent: some days before the renewal, or with the period's start.
fn announced_at(work: &Work<'_>, subscription: &Value) -> i64 {
    let (start, end) = subscription::period(subscription);
    start.max(end - settings::upcoming_days(work) * DAY)
}

/// Does what is due at `work.now`.
pub(crate) fn fall_due(work: &mut Work<'_>, id: &str) {
    let now = work.now;
    // A phase that ends in this very moment comes first: the renewal is for the next one's items.
    if let Some(ruled_by) = work.see(id).text("schedule")
        && work.see(ruled_by).int("_due").is_some_and(|due| due <= now)
    {
        schedule::fall_due(work, ruled_by);
    }
    let subscription = work.see(id);
    if subscription.int("cancel_at").is_some_and(|at| at <= now) {
        cancel::as_planned(work, id);
        return;
    }
    if subscription.int("pending_update.expires_at").is_some_and(|at| at <= now) {
        pending::expire(work, id);
    }
    if subscription.int("pause_collection.resumes_at").is_some_and(|at| at <= now) {
        work.set(id, "pause_collection", Value::Null);
    }
    let subscription = work.see(id);
    match subscription.text("status") {
        Some("incomplete") => expire(work, id),
        Some("trialing") if now < subscription.num("trial_end") => trial::warn(work, id),
        Some("trialing") => end_trial(work, id),
        Some("active" | "past_due" | "unpaid") if now >= subscription::period(&subscription).1 => {
            renew(work, id);
        }
        Some("active" | "past_due" | "unpaid") => announce_renewal(work, id),
        _ => {}
    }
    if subscription::is_live(&work.see(id)) {
        changed(work, id);
    }
}

/// Tells of the invoice to come, once for each period; none comes where the subscription ends before.
fn announce_renewal(work: &mut Work<'_>, id: &str) {
    let subscription = work.see(id);
    let end = subscription::period(&subscription).1;
    if subscription.has("_announced") || work.now < announced_at(work, &subscription) {
        return;
    }
    work.set(id, "_announced", end);
    if subscription.int("cancel_at").is_none_or(|at| at > end)
        && let Some(upcoming) = invoice::preview::next(work, id)
    {
        work.tell_of("invoice.upcoming", &upcoming.into());
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
    let (was, start) = begin_next_period(work, id);
    let lines = change::lines_of(work, id, false);
    let bill = Bill { reason: "subscription_cycle", lines, period: (was, start), draft: true };
    bill::bill(work, id, &bill);
    changed(work, id);
}

/// Moves every item to its next period. Answers the period that has ended.
pub(crate) fn begin_next_period(work: &mut Work<'_>, id: &str) -> (i64, i64) {
    let subscription = work.see(id);
    let (was, start) = subscription::period(&subscription);
    let price = subscription.at("items.data.0.price");
    let end = calendar::next_period_end(subscription.num("billing_cycle_anchor"), start, price);
    work.edit(id, |subscription| {
        set_period(subscription, (start, end));
        subscription.set("_announced", Value::Null);
        if subscription.flag("cancel_at_period_end") {
            subscription.set("cancel_at", end);
        }
        planned_end::note(subscription);
    });
    (was, start)
}
