//! The ends of a subscription: canceled, or expired before its first payment.

use crate::core::value::Value;

use super::bill::{self, Bill};
use super::update::CANCELLATION_DETAILS;
use super::{changed, pending, proration};
use crate::core::error::{ApiError, Result};
use crate::core::json::Json;
use crate::core::work::Work;
use crate::params::args::Args;
use crate::params::shape::{Kind, Shape};
use crate::resources::invoice::{self, finalize, settle};
use crate::resources::subscription_schedule;

pub(super) const CANCEL: Shape =
    &[("cancellation_details", CANCELLATION_DETAILS), ("invoice_now", Kind::Bool), ("prorate", Kind::Bool)];

pub(super) fn cancel(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let subscription = work.path("subscription", args.id())?;
    let id = subscription.id();
    if !super::is_live(&subscription) {
        // A canceled subscription is not found again by DELETE ([mem]).
        return Err(ApiError::missing("subscription", &id).begun());
    }
    work.edit(&id, |subscription| args.merge("cancellation_details", subscription));
    by_hand(work, &id, args.flag("prorate"), args.flag("invoice_now"));
    Ok((*work.see(&id)).clone())
}

/// Cancels at once, with a credit for the time that is left, and a last invoice, if these are wished for.
pub(crate) fn by_hand(work: &mut Work<'_>, id: &str, prorate: bool, invoice_now: bool) {
    if prorate {
        let subscription = work.see(id);
        credit(work, &subscription);
    }
    if invoice_now {
        bill_the_rest(work, id);
    }
    if super::is_live(&work.see(id)) {
        now(work, id, "cancellation_requested");
    }
}

/// Credits the time that was paid for and is not used.
pub(crate) fn credit(work: &mut Work<'_>, subscription: &Value) {
    if matches!(subscription.text("status"), Some("active" | "past_due")) {
        for item in subscription.list("items.data") {
            proration::credit(work, subscription, item, work.now);
        }
    }
}

/// A last invoice for what is pending, if anything is.
fn bill_the_rest(work: &mut Work<'_>, id: &str) {
    let subscription = work.see(id);
    if invoice::lines::pending(work, &subscription.string("customer"), Some(id)).is_empty() {
        return;
    }
    let period = (super::period(&subscription).0, work.now);
    let bill = Bill { reason: "subscription_update", lines: Vec::new(), period, draft: false };
    let last = bill::bill(work, id, &bill);
    if work.see(&last).is("status", "open") && !subscription.is("collection_method", "send_invoice") {
        settle::collect(work, &last, None, true, false);
    }
}

/// The end that was planned: what is pending is billed before ([spec]: still charged at the end of the period).
pub(crate) fn as_planned(work: &mut Work<'_>, id: &str) {
    bill_the_rest(work, id);
    if super::is_live(&work.see(id)) {
        now(work, id, "cancellation_requested");
    }
}

/// Ends a subscription at once. One that never was paid expires instead ([doc]).
pub(crate) fn now(work: &mut Work<'_>, id: &str, reason: &str) {
    let at = work.now;
    if work.see(id).has("pending_update") {
        pending::discard(work, id);
    }
    let subscription = work.see(id);
    if subscription.is("status", "incomplete") {
        work.edit(id, |subscription| {
            subscription.set("cancellation_details.reason", reason);
            subscription.set("canceled_at", at);
        });
        finalize::stop_collecting(work, id);
        end(work, id, "incomplete_expired");
        changed(work, id);
        return;
    }
    work.edit(id, |subscription| {
        // [rec]: an earlier request's time is kept.
        if !subscription.has("canceled_at") {
            subscription.set("canceled_at", at);
        }
        if !subscription.has("cancellation_details.reason") {
            subscription.set("cancellation_details.reason", reason);
        }
        subscription.set("cancel_at", Value::Null);
        subscription.set("cancel_at_period_end", false);
    });
    finalize::stop_collecting(work, id);
    end(work, id, "canceled");
    let schedule = work.see(id).text("schedule").map(str::to_owned);
    work.set(id, "schedule", Value::Null);
    work.tell("customer.subscription.deleted", id);
    if let Some(schedule) = schedule {
        subscription_schedule::after_end(work, &schedule, reason == "payment_failed");
    }
}

/// Not paid within 23 hours, or its invoice was voided ([spec]).
pub(crate) fn expire(work: &mut Work<'_>, id: &str) {
    end(work, id, "incomplete_expired");
    changed(work, id);
}

fn end(work: &mut Work<'_>, id: &str, status: &str) {
    let at = work.now;
    work.edit(id, |subscription| {
        subscription.set("status", status);
        subscription.set("ended_at", at);
        subscription.set("_due", Value::Null);
    });
}
