//! When a new subscription begins: trial, anchor, and what the time before the first full period costs.

use crate::core::value::{Value, json};

use super::change::Proration;
use super::{planned_end, proration};
use crate::core::error::{ApiError, Result};
use crate::core::json::Json;
use crate::core::work::Work;
use crate::life::{calendar, trial};
use crate::params::args::Args;
use crate::params::shape::{Kind, Shape};
use crate::resources::invoice;

/// The first full period begins on this day of a month, and at this time of the day (UTC).
pub(super) const ANCHOR_CONFIG: Shape = &[
    ("day_of_month", Kind::Int),
    ("hour", Kind::Int),
    ("minute", Kind::Int),
    ("month", Kind::Int),
    ("second", Kind::Int),
];

const DAY: i64 = 86_400;

/// How far back a subscription may begin: its first invoice has a line for each period since.
const EARLIEST: i64 = 3653 * DAY;

/// The beginning of a subscription; times in seconds.
#[derive(Debug)]
pub(crate) struct Start {
    /// `start_date`: now, or a date in the past.
    pub(crate) since: i64,
    pub(crate) anchor: i64,
    /// `billing_cycle_anchor_config` as it is shown.
    pub(crate) config: Value,
    pub(crate) trial_end: Option<i64>,
    pub(crate) period: (i64, i64),
    /// Parts of periods are billed.
    pub(crate) prorated: bool,
}

/// # Errors
/// 400 for times that are over where they must not be, or that exclude each other.
pub(super) fn read(work: &Work<'_>, args: &Args, price: &Value) -> Result<Start> {
    let now = work.now;
    let trial_end = trial_end(work, args)?;
    let since = match args.int("backdate_start_date") {
        Some(start) if start >= now || start < now - EARLIEST => {
            let message =
                "Invalid timestamp: backdate_start_date must be in the past, and at most ten years ago.";
            return Err(ApiError::invalid(message).param("backdate_start_date"));
        }
        since => since.unwrap_or(now),
    };
    let config = anchor_config(args)?;
    let asked = match (args.int("billing_cycle_anchor"), &config) {
        (Some(_), Some(_)) => {
            let message = "You may only specify one of these parameters: billing_cycle_anchor, billing_cycle_anchor_config.";
            return Err(ApiError::invalid(message).code("parameters_exclusive"));
        }
        (Some(anchor), None) => Some(anchor),
        (None, Some(config)) => Some(next_occurrence(config, trial_end.unwrap_or(now), price)?),
        (None, None) => None,
    };
    if let Some(anchor) = asked {
        check_anchor(anchor, trial_end, now, price)?;
    }
    let anchor = asked.or(trial_end).unwrap_or(since);
    let period = match trial_end {
        Some(end) => (now, end),
        None if asked.is_some() => (now, anchor),
        None => calendar::period_around(anchor, now, price),
    };
    Ok(Start {
        since,
        anchor,
        config: config.unwrap_or_default(),
        trial_end,
        period,
        prorated: Proration::of(args.text("proration_behavior")) != Proration::None,
    })
}

/// # Errors
/// 400 for an anchor in the past, or after the first period would have ended by itself.
fn check_anchor(anchor: i64, trial_end: Option<i64>, now: i64, price: &Value) -> Result<()> {
    let param = "billing_cycle_anchor";
    if anchor <= now {
        let message = "Invalid timestamp: must be an integer Unix timestamp in the future.";
        return Err(ApiError::invalid(message).param(param));
    }
    let from = trial_end.unwrap_or(now);
    let natural = calendar::next_period_end(from, from, price);
    if anchor > natural {
        let message = format!(
            "billing_cycle_anchor cannot be later than next natural billing date ({natural}) for plan"
        );
        return Err(ApiError::invalid(message).param(param));
    }
    if trial_end.is_some_and(|end| end != anchor) {
        return Err(
            ApiError::unsupported("a billing_cycle_anchor other than the end of the trial").param(param)
        );
    }
    Ok(())
}

/// When a trial ends (seconds), if there is one.
fn trial_end(work: &Work<'_>, args: &Args) -> Result<Option<i64>> {
    match (args.int("trial_end"), args.int("trial_period_days")) {
        (Some(_), Some(_)) => {
            let message = "You may only specify one of these parameters: trial_end, trial_period_days.";
            Err(ApiError::invalid(message).code("parameters_exclusive"))
        }
        (Some(end), None) => trial::end_of(work, end).map(Some),
        (None, Some(0) | None) => Ok(None),
        (None, Some(days)) if days < 0 => {
            let message = "Invalid trial_period_days: must be at least 1.";
            Err(ApiError::invalid(message).code("parameter_invalid_integer").param("trial_period_days"))
        }
        (None, Some(days)) => {
            trial::end_of(work, work.now.saturating_add(days.saturating_mul(DAY))).map(Some)
        }
    }
}

/// The parts that were sent, checked.
fn anchor_config(args: &Args) -> Result<Option<Value>> {
    let sent = args.at("billing_cycle_anchor_config");
    if !sent.is_object() {
        return Ok(None);
    }
    let param = |name: &str| format!("billing_cycle_anchor_config[{name}]");
    if !sent.has("day_of_month") {
        return Err(ApiError::required(&param("day_of_month")));
    }
    for (name, least, most) in
        [("day_of_month", 1, 31), ("hour", 0, 23), ("minute", 0, 59), ("month", 1, 12), ("second", 0, 59)]
    {
        if sent.int(name).is_some_and(|number| !(least..=most).contains(&number)) {
            let message = format!("Invalid {name}: must be between {least} and {most}.");
            return Err(ApiError::invalid(message).param(&param(name)));
        }
    }
    let shown = |name: &str| sent.at(name).clone();
    Ok(Some(json!({
        "day_of_month": shown("day_of_month"), "hour": shown("hour"), "minute": shown("minute"),
        "month": shown("month"), "second": shown("second"),
    })))
}

/// The first moment after `from` that a configuration names; parts that it leaves out are those of `from`.
fn next_occurrence(config: &Value, from: i64, price: &Value) -> Result<i64> {
    let interval = price.text("recurring.interval");
    if !matches!(interval, Some("month" | "year")) {
        let message = "billing_cycle_anchor_config can only be used with monthly and yearly prices.";
        return Err(ApiError::invalid(message).param("billing_cycle_anchor_config"));
    }
    Ok(calendar::next_on(
        from,
        &calendar::Wanted {
            month: config.int("month").filter(|_| interval == Some("year")),
            day: config.num("day_of_month"),
            hour: config.int("hour"),
            minute: config.int("minute"),
            second: config.int("second"),
        },
    ))
}

/// The lines of the first invoice; none when there is nothing to bill before the anchor.
pub(super) fn lines(work: &Work<'_>, id: &str, start: &Start) -> Vec<Value> {
    let subscription = work.see(id);
    let items = subscription.list("items.data");
    if start.trial_end.is_some() {
        return items.iter().map(|item| invoice::lines::of_item(work, item, start.period, true)).collect();
    }
    if start.period.0 == work.now && start.anchor <= work.now {
        return items.iter().map(|item| planned_end::line(work, &subscription, item, start.period)).collect();
    }
    if !start.prorated {
        return Vec::new();
    }
    if start.anchor > work.now {
        return items.iter().map(|item| proration::until_anchor(work, &subscription, item)).collect();
    }
    // Backdated ([spec]): a line for each period from then until now.
    let mut all = Vec::new();
    for item in items {
        let mut from = start.since;
        while from <= work.now {
            let end = calendar::next_period_end(start.anchor, from, item.at("price"));
            all.push(invoice::lines::of_item(work, item, (from, end), false));
            from = end;
        }
    }
    all
}
