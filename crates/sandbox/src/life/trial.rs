//! Trials: their bounds, the warning before the end, and the end.

use crate::core::value::Value;

use crate::core::error::{ApiError, Result};
use crate::core::json::Json;
use crate::core::work::Work;
use crate::resources::subscription::{self, cancel};

/// Stripe docs: three days before the end.
pub(crate) const WARNING: i64 = 3 * 86_400;

/// Stripe docs: a trial is at most two years (730 days).
const LONGEST: i64 = 731 * 86_400;

/// A trial's end (seconds), checked.
///
/// # Errors
/// 400 when it is over already, or more than two years ahead.
pub(crate) fn end_of(work: &Work<'_>, end: i64) -> Result<i64> {
    let message = if end <= work.now {
        "Invalid timestamp: must be an integer Unix timestamp in the future."
    } else if end > work.now + LONGEST {
        "Invalid timestamp: can be no more than 730 days (two years) in the future."
    } else {
        return Ok(end);
    };
    Err(ApiError::invalid(message).param("trial_end"))
}

/// `trial_will_end` at once, when the trial is shorter than the warning ([doc]).
pub(crate) fn warn_if_short(work: &mut Work<'_>, id: &str) {
    let subscription = work.see(id);
    if subscription.is("status", "trialing") && subscription.num("trial_end") - WARNING <= work.now {
        warn(work, id);
    }
}

/// Tells of the end to come, once.
pub(crate) fn warn(work: &mut Work<'_>, id: &str) {
    if !work.see(id).flag("_warned") {
        work.set(id, "_warned", true);
        work.tell("customer.subscription.trial_will_end", id);
    }
}

/// A trial in the middle of a paid life: it begins now.
pub(crate) fn begin(work: &mut Work<'_>, id: &str, end: i64) {
    let now = work.now;
    work.edit(id, |subscription| {
        subscription.set("status", "trialing");
        subscription.set("trial_start", now);
        subscription::set_period(subscription, (now, end));
    });
    move_end(work, id, end);
}

/// A trial ends at another time; the period and the anchor go with it ([spec]).
pub(crate) fn move_end(work: &mut Work<'_>, id: &str, end: i64) {
    let (start, _) = subscription::period(&work.see(id));
    work.edit(id, |subscription| {
        subscription.set("trial_end", end);
        subscription.set("billing_cycle_anchor", end);
        subscription.set("_warned", Value::Null);
        subscription::set_period(subscription, (start, end));
        if subscription.flag("cancel_at_period_end") {
            subscription.set("cancel_at", end);
        }
    });
    warn_if_short(work, id);
}

/// What `trial_settings` says for a trial that ends without a card. Answers whether that was the case.
pub(crate) fn ends_without_card(work: &mut Work<'_>, id: &str) -> bool {
    let subscription = work.see(id);
    let customer = work.see(&subscription.string("customer"));
    if subscription.is("collection_method", "send_invoice")
        || subscription.has("default_payment_method")
        || customer.has("invoice_settings.default_payment_method")
    {
        return false;
    }
    match subscription.text("trial_settings.end_behavior.missing_payment_method") {
        Some("cancel") => cancel::now(work, id, "payment_failed"),
        Some("pause") => {
            subscription::set_status(work, id, "paused");
            subscription::changed(work, id);
            work.tell("customer.subscription.paused", id);
        }
        _ => return false,
    }
    true
}
