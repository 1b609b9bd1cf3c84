//! A planned end, and what it means for the bill ([spec], `cancel_at`): time after an end in the middle of a period is
//! credited, or not billed at all.
//!
//! `_paid_until` is the moment up to which the current period is billed, where that is not its end.

use crate::core::value::{Value, json};

use super::change::Proration;
use super::proration;
use crate::core::error::{ApiError, Result};
use crate::core::json::Json;
use crate::core::work::Work;
use crate::life::calendar;
use crate::params::args::Args;
use crate::resources::invoice::lines;

/// How far ahead an end can be planned, in seconds.
const FARTHEST: i64 = 5 * 366 * 86_400;

/// `cancel_at_period_end` and `cancel_at`. Answers whether an end in the middle of the period was prorated.
///
/// # Errors
/// 400 for both at once, for a time that is over, or while a schedule rules the end.
pub(crate) fn set(work: &mut Work<'_>, args: &Args, id: &str) -> Result<bool> {
    let subscription = work.see(id);
    let now = work.now;
    let at_end = args.at("cancel_at_period_end").as_bool();
    let period_end = super::period(&subscription).1;
    let at = args.text("cancel_at").map(|_| period_end).or_else(|| args.int("cancel_at"));
    if at_end == Some(true) && at.is_some() {
        let message = "You may only specify one of these parameters: cancel_at, cancel_at_period_end.";
        return Err(ApiError::invalid(message).code("parameters_exclusive"));
    }
    if at.is_some_and(|at| at <= now) {
        let message = "Invalid timestamp: must be an integer Unix timestamp in the future.";
        return Err(ApiError::invalid(message).param("cancel_at"));
    }
    if at.is_some_and(|at| at > now + FARTHEST) {
        let message = "Invalid timestamp: can be no more than five years in the future.";
        return Err(ApiError::invalid(message).param("cancel_at"));
    }
    let target = match (at_end, at) {
        (Some(true), _) => Some(period_end),
        (_, Some(at)) => Some(at),
        // `false` or an empty `cancel_at` undoes whichever is set.
        (Some(false), None) if subscription.flag("cancel_at_period_end") => None,
        (None, None) if args.sent("cancel_at") => None,
        _ => return Ok(false),
    };
    if let Some(schedule) = subscription.text("schedule") {
        let message = format!(
            "The subscription is managed by the subscription schedule `{schedule}`, and updating any cancelation \
             behavior directly is not allowed. Please update the schedule instead."
        );
        return Err(ApiError::invalid(message).begun());
    }
    work.edit(id, |subscription| {
        let pending = subscription.has("cancel_at");
        subscription.set("cancel_at", target);
        subscription.set("cancel_at_period_end", at_end == Some(true));
        if target.is_some() {
            if !pending || !subscription.has("canceled_at") {
                subscription.set("canceled_at", now);
            }
            subscription.set("cancellation_details.reason", "cancellation_requested");
        } else {
            subscription.set("canceled_at", Value::Null);
            subscription
                .set("cancellation_details", json!({ "comment": null, "feedback": null, "reason": null }));
        }
    });
    Ok(adjust(work, id, Proration::of(args.text("proration_behavior"))))
}

/// Up to when the current period is billed.
pub(super) fn paid_until(subscription: &Value) -> i64 {
    let end = super::period(subscription).1;
    subscription.int("_paid_until").map_or(end, |until| until.min(end))
}

/// When a period that ends at `end` is over because of a planned cancellation.
fn over_at(subscription: &Value, end: i64) -> i64 {
    subscription.int("cancel_at").map_or(end, |at| at.min(end))
}

/// Notes how much of a period that begins is to be billed.
pub(crate) fn note(subscription: &mut Value) {
    let end = super::period(subscription).1;
    let over = over_at(subscription, end);
    subscription.set("_paid_until", (over < end).then_some(over));
}

/// A planned cancellation came, went or moved: credits or debits the time between the old and the new end. Answers
/// whether anything was prorated.
pub(super) fn adjust(work: &mut Work<'_>, id: &str, proration: Proration) -> bool {
    let subscription = work.see(id);
    let billed = matches!(subscription.text("status"), Some("active" | "past_due"));
    if !billed || proration == Proration::None || subscription.flag("_quiet") {
        return false;
    }
    let end = super::period(&subscription).1;
    let (was, is) = (paid_until(&subscription), over_at(&subscription, end));
    if was == is {
        return false;
    }
    for item in subscription.list("items.data") {
        if is < was {
            proration::credit(work, &subscription, item, is);
        } else {
            proration::extend(work, &subscription, item, (was, is));
        }
    }
    work.set(id, "_paid_until", (is < end).then_some(is));
    true
}

/// The line for an item over a period, or over the part of it that is billed.
pub(crate) fn line(work: &Work<'_>, subscription: &Value, item: &Value, period: (i64, i64)) -> Value {
    let until = subscription.int("_paid_until").filter(|until| (period.0..period.1).contains(until));
    let Some(until) = until else { return lines::of_item(work, item, period, false) };
    let price = item.at("price");
    let whole = calendar::period_around(subscription.num("billing_cycle_anchor"), period.0, price);
    let full = item.num("quantity") * price.num("unit_amount");
    let amount = proration::share(full, (period.0, until), whole);
    let mut line = lines::of_item(work, item, (period.0, until), false);
    line.set("amount", amount);
    line.set("subtotal", amount);
    line.set("parent.subscription_item_details.proration", true);
    line.set("pricing.unit_amount_decimal", json!(null));
    line
}
