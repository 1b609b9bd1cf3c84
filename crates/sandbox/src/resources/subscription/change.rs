//! A change of items, trial or anchor: what it does to the subscription, and what is to be billed for it.
//!
//! Previews run the same function on a copy, and so show what the change itself will charge.

use crate::core::value::Value;

use super::{items, planned_end, proration, set_period};
use crate::core::error::{ApiError, Result};
use crate::core::json::Json;
use crate::core::work::Work;
use crate::life::{calendar, trial};
use crate::params::args::Args;
use crate::resources::invoice;

/// `proration_behavior`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Proration {
    /// Prorations wait for the next invoice.
    #[default]
    Create,
    /// They are invoiced at once.
    Always,
    None,
}

/// `trial_end`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Trial {
    #[default]
    Same,
    Now,
    Until(i64),
}

/// What is asked for, checked as far as that needs no subscription.
#[derive(Clone, Debug, Default)]
pub(crate) struct Change {
    /// All items as they are to be; none leaves them.
    pub(crate) items: Option<Vec<Value>>,
    pub(crate) anchor_now: bool,
    /// `unchanged`: not even where it would move by itself.
    pub(crate) anchor_stays: bool,
    pub(crate) trial: Trial,
    pub(crate) proration: Proration,
    /// `proration_date`, in seconds.
    pub(crate) date: Option<i64>,
}

/// What there is to bill for a change.
#[derive(Clone, Debug, Default)]
pub(crate) struct Due {
    /// An invoice is made now, of these lines and of what is pending.
    pub(crate) now: bool,
    pub(crate) lines: Vec<Value>,
}

impl Proration {
    pub(crate) fn of(word: Option<&str>) -> Self {
        match word {
            Some("always_invoice") => Self::Always,
            Some("none") => Self::None,
            _ => Self::Create,
        }
    }
}

impl Change {
    /// Reads everything but the items.
    ///
    /// # Errors
    /// 400 for a trial end that is over, or a date together with a new anchor.
    pub(crate) fn read(work: &Work<'_>, args: &Args) -> Result<Self> {
        let anchor_now = args.text("billing_cycle_anchor") == Some("now");
        let date = args.int("proration_date");
        if anchor_now && date.is_some() {
            let message = "You cannot specify `proration_date` when `billing_cycle_anchor=now`.";
            return Err(ApiError::invalid(message).param("proration_date"));
        }
        let trial = match args.at("trial_end") {
            Value::String(_) => Trial::Now,
            Value::Number(_) => Trial::Until(trial::end_of(work, args.int("trial_end").unwrap_or_default())?),
            _ => Trial::Same,
        };
        let proration = Proration::of(args.text("proration_behavior"));
        let anchor_stays = args.text("billing_cycle_anchor") == Some("unchanged");
        Ok(Self { items: None, anchor_now, anchor_stays, trial, proration, date })
    }
}

/// Prices and quantities: what the bill depends on.
fn billed(items: &[Value]) -> Vec<(&str, i64)> {
    items.iter().map(|item| (item.text("price.id").unwrap_or_default(), item.num("quantity"))).collect()
}

/// Changes the subscription. Prorations are pending invoice items afterwards.
///
/// # Errors
/// 400 when the items do not go together, or the date is outside of the current period.
pub(crate) fn make(work: &mut Work<'_>, id: &str, change: &Change) -> Result<Due> {
    let before = work.see(id);
    let old = before.list("items.data").to_vec();
    let new = change.items.clone().unwrap_or_else(|| old.clone());
    check_items(&before, &new)?;
    let trialing = before.is("status", "trialing");
    let other_interval = old[0].at("price.recurring") != new[0].at("price.recurring");
    let classic = before.is("billing_mode.type", "classic");
    work.edit(id, |subscription| items::put(subscription, new.clone()));
    match change.trial {
        Trial::Now if trialing => return Ok(end_trial(work, id)),
        Trial::Until(end) if trialing => {
            trial::move_end(work, id, end);
            return Ok(Due::default());
        }
        Trial::Same | Trial::Now if trialing => {
            // What a trial gives changes without a bill; the period ends with the trial.
            let period = super::period(&before);
            work.edit(id, |subscription| set_period(subscription, period));
            return Ok(Due::default());
        }
        _ => {}
    }
    let at = check_date(work, change, &before)?;
    if let Trial::Until(end) = change.trial {
        credit_all(work, change, &before, &old, at);
        trial::begin(work, id, end);
        let lines = lines_of(work, id, true);
        return Ok(Due { now: true, lines });
    }
    // Stripe docs, billing cycle: another interval begins a new period now. In flexible billing the anchor stays, and
    // what remains of the new period is prorated ([rec]).
    let moves = classic && !change.anchor_stays && (other_interval || free(&old) != free(&new));
    if change.anchor_now || moves {
        credit_all(work, change, &before, &old, at);
        begin_period(work, id);
        let lines = lines_of(work, id, false);
        return Ok(Due { now: true, lines });
    }
    let prorated = change.proration != Proration::None && prorate(work, id, &before, &old, &new, at);
    let start = super::period(&before).0;
    let end = if other_interval {
        calendar::next_period_end(before.num("billing_cycle_anchor"), work.now, new[0].at("price"))
    } else {
        super::period(&before).1
    };
    work.edit(id, |subscription| set_period(subscription, (start, end)));
    Ok(Due { now: prorated && change.proration == Proration::Always, lines: Vec::new() })
}

fn free(items: &[Value]) -> bool {
    items.iter().all(|item| item.num("price.unit_amount") * item.num("quantity") == 0)
}

/// # Errors
/// 400 without any item, or with prices that cannot be billed together.
fn check_items(subscription: &Value, new: &[Value]) -> Result<()> {
    if new.is_empty() {
        let message = "A subscription must have at least one active plan.";
        return Err(ApiError::invalid(message).param("items"));
    }
    let prices: Vec<&Value> = new.iter().map(|item| item.at("price")).collect();
    items::check_together(&prices)?;
    if !prices.iter().all(|price| price.at("currency") == subscription.at("currency")) {
        let message = "The price specified only supports another currency than the subscription's.";
        return Err(ApiError::invalid(message).param("items"));
    }
    Ok(())
}

/// The moment as of which prorations are calculated.
///
/// # Errors
/// 400 for a `proration_date` outside of the current period.
fn check_date(work: &Work<'_>, change: &Change, subscription: &Value) -> Result<i64> {
    let (start, end) = super::period(subscription);
    match change.date {
        Some(date) if !(start..=end).contains(&date) => {
            let message = format!(
                "Invalid timestamp: proration_date must be within the current period of the subscription ({start} to \
                 {end})."
            );
            Err(ApiError::invalid(message).param("proration_date"))
        }
        // Not before what was debited last: that time was credited and debited once already.
        Some(date) => Ok(date.max(last_debit(subscription).min(work.now))),
        None => Ok(work.now),
    }
}

/// When the newest of the debits for the current items begins.
fn last_debit(subscription: &Value) -> i64 {
    let debits = subscription.at("_debits").as_object();
    debits.into_iter().flatten().map(|(_, debit)| debit.num("start")).max().unwrap_or_default()
}

/// Credits every item whose price or quantity changed or that is gone, and debits what came. Answers whether any did.
fn prorate(work: &mut Work<'_>, id: &str, before: &Value, old: &[Value], new: &[Value], at: i64) -> bool {
    let same =
        |one: &Value, other: &Value| billed(std::slice::from_ref(one)) == billed(std::slice::from_ref(other));
    let kept = |item: &Value, among: &[Value]| {
        among.iter().any(|other| other.at("id") == item.at("id") && same(item, other))
    };
    let mut any = false;
    for item in old.iter().filter(|item| !kept(item, new)) {
        any |= proration::credit(work, before, item, at).is_some();
    }
    for item in new.iter().filter(|item| !kept(item, old)) {
        let subscription = work.see(id);
        proration::debit(work, &subscription, item, at);
        any = true;
    }
    any
}

fn credit_all(work: &mut Work<'_>, change: &Change, before: &Value, old: &[Value], at: i64) {
    if change.proration != Proration::None {
        for item in old {
            proration::credit(work, before, item, at);
        }
    }
}

/// The trial is over, and the paid period begins, unless there is no card and that ends it.
fn end_trial(work: &mut Work<'_>, id: &str) -> Due {
    let now = work.now;
    trial::warn(work, id);
    work.set(id, "trial_end", now);
    if trial::ends_without_card(work, id) {
        return Due::default();
    }
    super::set_status(work, id, "active");
    begin_period(work, id);
    Due { now: true, lines: lines_of(work, id, false) }
}

/// A period begins now, and the anchor with it.
pub(crate) fn begin_period(work: &mut Work<'_>, id: &str) {
    let now = work.now;
    let price = work.see(id).at("items.data.0.price").clone();
    let period = (now, calendar::next_period_end(now, now, &price));
    work.edit(id, |subscription| {
        subscription.set("billing_cycle_anchor", now);
        subscription.set("_announced", Value::Null);
        set_period(subscription, period);
        if subscription.flag("cancel_at_period_end") {
            subscription.set("cancel_at", period.1);
        }
        planned_end::note(subscription);
    });
}

/// A line for each item over the current period.
pub(crate) fn lines_of(work: &Work<'_>, id: &str, trial: bool) -> Vec<Value> {
    let subscription = work.see(id);
    let period = super::period(&subscription);
    let items = subscription.list("items.data");
    let line = |item| {
        if trial {
            invoice::lines::of_item(work, item, period, true)
        } else {
            planned_end::line(work, &subscription, item, period)
        }
    };
    items.iter().map(line).collect()
}
