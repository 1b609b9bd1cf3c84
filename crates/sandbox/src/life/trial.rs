//! Trials: the warning before the end, and the end.

use crate::core::json::Json;
use crate::core::work::Work;
use crate::resources::subscription::{self, begin_period_now, cancel};

/// Stripe docs: three days before the end.
pub(crate) const WARNING: i64 = 3 * 86_400;

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

/// `trial_end=now`: the paid period begins, and is charged at once.
pub(crate) fn end_now(work: &mut Work<'_>, id: &str) {
    let now = work.now;
    warn(work, id);
    work.set(id, "trial_end", now);
    if !ends_without_card(work, id) {
        subscription::set_status(work, id, "active");
        begin_period_now(work, id, true);
    }
}

/// What `trial_settings` says for a trial that ends without a card. Answers whether that was the case.
pub(crate) fn ends_without_card(work: &mut Work<'_>, id: &str) -> bool {
    let subscription = work.see(id);
    let customer = work.see(&subscription.string("customer"));
    if subscription.has("default_payment_method") || customer.has("invoice_settings.default_payment_method") {
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
