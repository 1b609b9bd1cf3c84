//! Subscription schedules: read, list, released and canceled. Their phases pass in `life/schedule.rs`.

mod create;
pub(crate) mod phases;
mod update;

use crate::core::value::Value;

use super::shapes::NONE;
use super::subscription;
use crate::core::error::{ApiError, Result};
use crate::core::json::Json;
use crate::core::list::{AFTER, BEFORE, CREATED, LIMIT, agrees, list, within};
use crate::core::routes::{Route, route};
use crate::core::work::Work;
use crate::life::schedule;
use crate::params::args::Args;
use crate::params::shape::{Kind, Shape};

pub(crate) const ROUTES: &[Route] = &[
    route("POST", "subscription_schedules", create::CREATE, create::create),
    route("GET", "subscription_schedules", LIST, all),
    route("GET", "subscription_schedules/*", NONE, retrieve),
    route("POST", "subscription_schedules/*", update::UPDATE, update::update),
    route("POST", "subscription_schedules/*/cancel", CANCEL, cancel),
    route("POST", "subscription_schedules/*/release", RELEASE, release),
];

const LIST: Shape = &[
    AFTER,
    BEFORE,
    ("canceled_at", Kind::Range),
    ("completed_at", Kind::Range),
    CREATED,
    ("customer", Kind::Text),
    LIMIT,
    ("released_at", Kind::Range),
    ("scheduled", Kind::Bool),
];
const CANCEL: Shape = &[("invoice_now", Kind::Bool), ("prorate", Kind::Bool)];
const RELEASE: Shape = &[("preserve_cancel_date", Kind::Bool)];

/// Not over yet.
pub(crate) fn is_open(schedule: &Value) -> bool {
    matches!(schedule.text("status"), Some("active" | "not_started"))
}

/// Tells of an update, and sets when the schedule is due next.
pub(crate) fn changed(work: &mut Work<'_>, id: &str) {
    schedule::reschedule(work, id);
    work.tell_if_changed("subscription_schedule.updated", id);
}

/// An open schedule in the path.
///
/// # Errors
/// 404 for none, 400 for one that is over.
fn open(work: &Work<'_>, args: &Args, what: &str) -> Result<String> {
    let schedule = work.path("subscription_schedule", args.id())?;
    if is_open(&schedule) {
        return Ok(schedule.id());
    }
    let message = format!(
        "You cannot {what} a subscription schedule that is currently in the `{}` status. It must be in one of the \
         following statuses: `not_started`, `active`.",
        schedule.string("status")
    );
    Err(ApiError::invalid(message).begun())
}

fn release(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let id = open(work, args, "release")?;
    let keeps = args.flag("preserve_cancel_date");
    let owned = work.see(&id).text("subscription").map(str::to_owned);
    let now = work.now;
    work.edit(&id, |schedule| {
        schedule.set("status", "released");
        schedule.set("released_at", now);
        schedule.set("released_subscription", owned.clone());
        schedule.set("subscription", Value::Null);
        schedule.set("current_phase", Value::Null);
        schedule.set("_due", Value::Null);
    });
    work.tell("subscription_schedule.released", &id);
    if let Some(owned) = owned {
        work.edit(&owned, |subscription| {
            subscription.set("schedule", Value::Null);
            if subscription.flag("_ends_with_schedule") && !keeps {
                subscription.set("cancel_at", Value::Null);
                subscription.set("canceled_at", Value::Null);
            }
            subscription.set("_ends_with_schedule", Value::Null);
        });
        subscription::changed(work, &owned);
    }
    Ok((*work.see(&id)).clone())
}

/// Cancels the schedule and its subscription ([spec]).
fn cancel(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let id = open(work, args, "cancel")?;
    let owned = work.see(&id).text("subscription").map(str::to_owned);
    end(work, &id, "canceled", "canceled_at");
    work.tell("subscription_schedule.canceled", &id);
    if let Some(owned) = owned {
        work.set(&owned, "schedule", Value::Null);
        // [spec]: both are on unless they are switched off.
        let on = |name: &str| args.at(name).as_bool().unwrap_or(true);
        subscription::cancel::by_hand(work, &owned, on("prorate"), on("invoice_now"));
    }
    Ok((*work.see(&id)).clone())
}

/// The schedule is over.
pub(crate) fn end(work: &mut Work<'_>, id: &str, status: &str, when: &str) {
    let now = work.now;
    work.edit(id, |schedule| {
        schedule.set("status", status);
        schedule.set(when, now);
        schedule.set("current_phase", Value::Null);
        schedule.set("_due", Value::Null);
    });
}

/// The subscription has ended by itself, or for not being paid.
pub(crate) fn after_end(work: &mut Work<'_>, id: &str, unpaid: bool) {
    if !is_open(&work.see(id)) {
        return;
    }
    end(work, id, "canceled", "canceled_at");
    let event = if unpaid { "subscription_schedule.aborted" } else { "subscription_schedule.canceled" };
    work.tell(event, id);
}

fn retrieve(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    Ok((*work.path("subscription_schedule", args.id())?).clone())
}

fn all(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let among =
        args.text("customer").map(|customer| work.matching("subscription_schedule", "customer", customer));
    list(work, args, "subscription_schedule", "/v1/subscription_schedules", among, |schedule| {
        agrees(args, "customer", schedule)
            && ["canceled_at", "completed_at", "released_at"].iter().all(|name| {
                args.at(name).is_null() || schedule.int(name).is_some_and(|at| within(args.at(name), at))
            })
            && (!args.flag("scheduled") || schedule.is("status", "not_started"))
    })
}
