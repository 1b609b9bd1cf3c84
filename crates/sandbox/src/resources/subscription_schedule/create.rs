//! Creating a schedule: over a subscription that exists, or for one that is to come.

use crate::core::value::{Value, json};

use super::phases::{self, DEFAULTS, PHASE};
use crate::core::error::{ApiError, Result};
use crate::core::json::Json;
use crate::core::work::Work;
use crate::life::schedule;
use crate::params::args::Args;
use crate::params::shape::{Kind, Shape};
use crate::resources::subscription;
use crate::resources::subscription::create::{BILLING_MODE, mode};

/// `renew` and `none` are of a retired version ([spec]: `release` or `cancel`).
pub(super) const END_BEHAVIOR: Kind = Kind::Word(&["cancel", "release"]);

pub(super) const CREATE: Shape = &[
    ("billing_mode", Kind::Nested(BILLING_MODE)),
    ("customer", Kind::Text),
    ("default_settings", Kind::Nested(DEFAULTS)),
    ("end_behavior", END_BEHAVIOR),
    ("from_subscription", Kind::Text),
    ("metadata", Kind::Metadata),
    ("phases", Kind::Each(PHASE)),
    ("start_date", Kind::Time(&["now"])),
];

pub(super) fn create(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let id = match args.text("from_subscription") {
        Some(subscription) => over(work, args, subscription)?,
        None => ahead(work, args)?,
    };
    Ok((*work.see(&id)).clone())
}

fn store(
    work: &mut Work<'_>,
    args: &Args,
    customer: &str,
    phases: &[Value],
    billing_mode: &Value,
) -> Result<String> {
    let id = format!("sub_sched_1{}", work.random.text(23));
    let defaults = phases::defaults(args)?;
    let mut schedule = json!({
        "id": id,
        "object": "subscription_schedule",
        "application": null,
        "billing_mode": billing_mode,
        "canceled_at": null,
        "completed_at": null,
        "created": work.now,
        "current_phase": null,
        "customer": customer,
        "customer_account": null,
        "default_settings": defaults,
        "end_behavior": args.text("end_behavior").unwrap_or("release"),
        "livemode": false,
        "metadata": {},
        "phases": phases,
        "released_at": null,
        "released_subscription": null,
        "status": "not_started",
        "subscription": null,
        "test_clock": null,
    });
    args.metadata(&mut schedule);
    work.create(schedule);
    Ok(id)
}

/// Its first phase is the period that the subscription is in.
fn over(work: &mut Work<'_>, args: &Args, named: &str) -> Result<String> {
    let sent = args.params.as_object();
    if sent
        .is_some_and(|sent| sent.keys().any(|name| !matches!(name.as_str(), "from_subscription" | "expand")))
    {
        let message = "You cannot set other parameters if `from_subscription` is set.";
        return Err(ApiError::invalid(message).param("from_subscription"));
    }
    let owned = work.named("subscription", named, "from_subscription")?;
    if let Some(other) = owned.text("schedule") {
        let message =
            format!("You cannot migrate a subscription that is already attached to a schedule: `{other}`.");
        return Err(ApiError::invalid(message).begun());
    }
    if !subscription::is_live(&owned) || owned.is("status", "incomplete") {
        let message =
            format!("You cannot migrate a subscription that is in the `{}` status.", owned.string("status"));
        return Err(ApiError::invalid(message).begun());
    }
    let mut phase = phases::blank(&owned.string("currency"), subscription::period(&owned));
    let items = owned.list("items.data").iter();
    let items: Vec<Value> = items
        .map(|item| phases::shown_item(item.at("price.id"), item.num("quantity"), item.at("metadata")))
        .collect();
    phase.set("items", items);
    let kept = owned.list("discounts").iter().map(|id| phases::shown_discount(&json!({ "discount": id })));
    phase.set("discounts", kept.collect::<Vec<_>>());
    for name in ["default_payment_method", "description", "trial_end"] {
        phase.set(name, owned.at(name).clone());
    }
    let id = store(work, args, &owned.string("customer"), &[phase], owned.at("billing_mode"))?;
    schedule::attach(work, &id, &owned.id());
    work.tell("subscription_schedule.created", &id);
    subscription::changed(work, &owned.id());
    Ok(id)
}

/// Its subscription begins with the first phase, now or later.
fn ahead(work: &mut Work<'_>, args: &Args) -> Result<String> {
    let customer = work.named("customer", args.need_text("customer")?, "customer")?.id();
    let start = match args.at("start_date") {
        Value::Number(_) => args.int("start_date").unwrap_or_default(),
        Value::String(_) => work.now,
        _ => return Err(ApiError::required("start_date")),
    };
    if start < work.now {
        return Err(ApiError::unsupported("schedules that begin in the past").param("start_date"));
    }
    let sent = args.params.list("phases").to_vec();
    if sent.is_empty() {
        return Err(ApiError::required("phases"));
    }
    let phases = phases::read(work, &sent, start, &customer)?;
    let billing_mode = mode(args.at("billing_mode"), work.now);
    let id = store(work, args, &customer, &phases, &billing_mode)?;
    work.tell("subscription_schedule.created", &id);
    if start == work.now {
        schedule::begin(work, &id)?;
    }
    super::changed(work, &id);
    Ok(id)
}
