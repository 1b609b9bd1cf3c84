//! The phases of a subscription schedule, as time brings them.

use crate::core::value::{Value, json};

use crate::core::error::Result;
use crate::core::json::Json;
use crate::core::render;
use crate::core::work::Work;
use crate::params::args::Args;
use crate::resources::discount;
use crate::resources::invoice_item;
use crate::resources::plan;
use crate::resources::subscription::bill::{self, Bill};
use crate::resources::subscription::change::{self, Change, Due, Proration, Trial};
use crate::resources::subscription::{self, cancel, collection, create, items, update};
use crate::resources::subscription_schedule as schedules;

/// [spec], subscription_schedule.expiring: seven days before the end.
const WARNING: i64 = 7 * 86_400;

/// The place of the phase that the schedule is in.
pub(crate) fn current(schedule: &Value) -> Option<usize> {
    let start = schedule.int("current_phase.start_date")?;
    schedule.list("phases").iter().position(|phase| phase.num("start_date") == start)
}

/// Sets when the schedule is due next.
pub(crate) fn reschedule(work: &mut Work<'_>, id: &str) {
    let schedule = work.see(id);
    let due = if schedule.is("status", "not_started") {
        schedule.int("phases.0.start_date")
    } else {
        let end = schedule.int("current_phase.end_date");
        let last = current(&schedule).is_some_and(|place| place + 1 == schedule.list("phases").len());
        let warns = last && !schedule.flag("_warned");
        end.map(|end| if warns { end - WARNING } else { end })
    };
    work.set(id, "_due", due.filter(|_| schedules::is_open(&schedule)));
}

/// Does what is due at `work.now`.
pub(crate) fn fall_due(work: &mut Work<'_>, id: &str) {
    let schedule = work.see(id);
    let ended = schedule.int("current_phase.end_date").is_some_and(|end| end <= work.now);
    if schedule.is("status", "not_started") {
        // A first phase that cannot begin (its price or customer is gone) leaves nothing to schedule.
        if begin(work, id).is_err() {
            schedules::end(work, id, "canceled", "canceled_at");
            work.tell("subscription_schedule.aborted", id);
            return;
        }
    } else if ended {
        let owned = schedule.string("subscription");
        if let Some(due) = advance(work, id) {
            let before = work.see(&owned);
            update::settle_unasked(work, &before, due);
        }
        subscription::changed(work, &owned);
    } else {
        work.set(id, "_warned", true);
        work.tell("subscription_schedule.expiring", id);
    }
    if schedules::is_open(&work.see(id)) {
        schedules::changed(work, id);
    }
}

/// Ties a schedule to the subscription that it rules from now on.
pub(crate) fn attach(work: &mut Work<'_>, id: &str, owned: &str) {
    let phase = work.see(id).at("phases.0").clone();
    work.edit(id, |schedule| {
        schedule.set("status", "active");
        schedule.set("subscription", owned);
        schedule.set("current_phase", window(&phase));
    });
    work.set(owned, "schedule", id);
    reschedule(work, id);
}

fn window(phase: &Value) -> Value {
    json!({ "end_date": phase.at("end_date"), "start_date": phase.at("start_date") })
}

/// The first phase begins: its subscription comes into being, and is charged about an hour later.
///
/// # Errors
/// As the creation of a subscription.
pub(crate) fn begin(work: &mut Work<'_>, id: &str) -> Result<()> {
    let schedule = work.see(id);
    let phase = schedule.at("phases.0");
    let mut params = json!({
        "billing_mode": schedule.at("billing_mode"),
        "items": items_for(phase),
        "metadata": phase.at("metadata"),
        "add_invoice_items": phase.at("add_invoice_items"),
        "discounts": discounts_for(phase),
        "trial_end": phase.at("trial_end"),
    });
    settings(&schedule, phase, &mut params);
    let customer = schedule.string("customer");
    let begun = create::begin(work, &Args { params, ..Args::default() }, Some(&customer))?;
    let owned = begun.id;
    let method = phase.at("default_payment_method").clone();
    work.set(&owned, "default_payment_method", method);
    if work.see(&owned).is("status", "incomplete") {
        subscription::set_status(work, &owned, "active");
    }
    attach(work, id, &owned);
    let period = (work.now, work.now);
    let bill = Bill { reason: "subscription_create", lines: begun.lines, period, draft: true };
    bill::bill(work, &owned, &bill);
    create::announce(work, &owned);
    Ok(())
}

/// The items of a phase, as the parameters of a subscription name them.
fn items_for(phase: &Value) -> Value {
    let items = phase.list("items").iter();
    items
        .map(|item| {
            json!({ "price": item.at("price"), "quantity": item.at("quantity"), "metadata": item.at("metadata") })
        })
        .collect()
}

/// The discounts of a phase, as the parameters of a subscription name them; a phase without any takes them off ([doc]).
fn discounts_for(phase: &Value) -> Value {
    let named = phase.list("discounts").iter().map(|one| {
        let members = one.as_object().into_iter().flatten().filter(|(_, id)| !id.is_null());
        members.map(|(name, id)| (name.clone(), id.clone())).collect()
    });
    let named: Vec<Value> = named.map(Value::Object).collect();
    if named.is_empty() { Value::Null } else { named.into() }
}

/// How a phase is collected and described: by itself, or by the schedule's defaults ([doc]).
fn settings(schedule: &Value, phase: &Value, into: &mut Value) {
    for name in ["collection_method", "description"] {
        let own = phase.at(name);
        let value = if own.is_null() { schedule.at("default_settings").at(name) } else { own };
        if !value.is_null() {
            into.set(name, value.clone());
        }
    }
    if into.is("collection_method", "send_invoice") {
        let own = phase.int("invoice_settings.days_until_due");
        let days = own.or_else(|| schedule.int("default_settings.invoice_settings.days_until_due"));
        into.set("days_until_due", days.unwrap_or(30));
    }
}

/// The next phase begins, or the schedule is over. Answers what a change in the middle of a period makes due; at the
/// end of a period the renewal that follows bills the new items.
pub(crate) fn advance(work: &mut Work<'_>, id: &str) -> Option<Due> {
    let schedule = work.see(id);
    let next = current(&schedule).map_or(0, |place| place + 1);
    let owned = schedule.string("subscription");
    let Some(phase) = schedule.list("phases").get(next).cloned() else {
        finish(work, id, &owned);
        return None;
    };
    work.set(id, "current_phase", window(&phase));
    let proration = Proration::of(phase.text("proration_behavior"));
    enter(work, &schedule, &phase, &owned, proration).ok()
}

/// The last phase is over.
fn finish(work: &mut Work<'_>, id: &str, owned: &str) {
    schedules::end(work, id, "completed", "completed_at");
    work.set(owned, "schedule", Value::Null);
    work.tell("subscription_schedule.completed", id);
    if work.see(id).is("end_behavior", "cancel") {
        cancel::as_planned(work, owned);
    }
}

/// Puts a subscription into the state that a phase wants.
fn enter(
    work: &mut Work<'_>,
    schedule: &Value,
    phase: &Value,
    owned: &str,
    proration: Proration,
) -> Result<Due> {
    let before = work.see(owned);
    let items = items_of(work, &before, phase)?;
    let mut plain = json!({ "metadata": phase.at("metadata") });
    settings(schedule, phase, &mut plain);
    let args = Args { params: plain, ..Args::default() };
    collection::set(work, &args, owned)?;
    work.edit(owned, |subscription| {
        args.copy(&["description"], subscription);
        args.metadata(subscription);
        if phase.has("default_payment_method") {
            subscription.set("default_payment_method", phase.at("default_payment_method").clone());
        }
    });
    discount::on_subscription(work, owned, Some(&discounts_for(phase)), None)?;
    for added in phase.list("add_invoice_items") {
        invoice_item::add(work, &before, added, "add_invoice_items")?;
    }
    let anew =
        phase.text("billing_cycle_anchor").or_else(|| schedule.text("default_settings.billing_cycle_anchor"))
            == Some("phase_start");
    let at_renewal = subscription::period(&before).1 == work.now && !before.is("status", "trialing");
    let same_interval = before.at("items.data.0.price.recurring") == items[0].at("price.recurring");
    let trial = match phase.int("trial_end") {
        Some(end) if end > work.now && before.int("trial_end") != Some(end) => Trial::Until(end),
        _ => Trial::Same,
    };
    if at_renewal && (same_interval || anew) && trial == Trial::Same {
        // The renewal of this very moment bills them, from a new anchor if that is wished for.
        let now = work.now;
        work.edit(owned, |subscription| {
            let period = subscription::period(subscription);
            items::put(subscription, items);
            subscription::set_period(subscription, period);
            if anew {
                subscription.set("billing_cycle_anchor", now);
            }
        });
        return Ok(Due::default());
    }
    let change = Change { items: Some(items), anchor_now: anew, trial, proration, ..Change::default() };
    change::make(work, owned, &change)
}

/// The items that a phase wants, each as the item that the subscription has for this price, or for its place.
fn items_of(work: &mut Work<'_>, before: &Value, phase: &Value) -> Result<Vec<Value>> {
    let old = before.list("items.data");
    let wanted = items_for(phase);
    let mut made = Vec::new();
    for (index, sent) in wanted.as_array().into_iter().flatten().enumerate() {
        let by_price = old.iter().find(|item| item.at("price.id") == sent.at("price"));
        match by_price.or_else(|| old.get(index)) {
            Some(item) if !made.iter().any(|other: &Value| other.at("id") == item.at("id")) => {
                let mut item = item.clone();
                let named = work.see(&sent.string("price"));
                if !item.is("price.id", &named.id()) {
                    item.set("plan", plan::of_price(&named));
                    item.set("price", render::public(&named));
                }
                item.set("quantity", sent.at("quantity").clone());
                made.push(item);
            }
            _ => made.push(items::added(work, before, sent, "items")?),
        }
    }
    Ok(made)
}

/// The current phase was changed: the subscription follows.
///
/// # Errors
/// As the change of a subscription.
pub(crate) fn adopt(work: &mut Work<'_>, id: &str, proration: Option<&str>) -> Result<()> {
    let schedule = work.see(id);
    let owned = schedule.string("subscription");
    let Some(phase) = current(&schedule).and_then(|place| schedule.list("phases").get(place)).cloned() else {
        return Ok(());
    };
    work.set(id, "current_phase", window(&phase));
    let before = work.see(&owned);
    let old: Vec<(String, i64)> = before
        .list("items.data")
        .iter()
        .map(|item| (item.string("price.id"), item.num("quantity")))
        .collect();
    let new: Vec<(String, i64)> =
        phase.list("items").iter().map(|item| (item.string("price"), item.num("quantity"))).collect();
    if old != new || phase.int("trial_end") != before.int("trial_end") {
        let due = enter(work, &schedule, &phase, &owned, Proration::of(proration))?;
        update::settle(work, &before, due, &Args::default())?;
    }
    subscription::changed(work, &owned);
    Ok(())
}

/// The subscription's items were changed directly: the current phase shows them, so that it stays as it is.
pub(crate) fn follow(work: &mut Work<'_>, owned: &str) {
    let subscription = work.see(owned);
    let Some(id) = subscription.text("schedule") else { return };
    let Some(place) = current(&work.see(id)) else { return };
    let items = subscription.list("items.data").iter();
    let items: Vec<Value> = items
        .map(|item| {
            schedules::phases::shown_item(item.at("price.id"), item.num("quantity"), item.at("metadata"))
        })
        .collect();
    work.set(id, &format!("phases.{place}.items"), items);
    schedules::changed(work, id);
}
