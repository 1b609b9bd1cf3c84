//! Subscription items, each by its own id. They live inside their subscription.

use std::sync::Arc;

use crate::core::value::{Value, json};

use super::discount::DISCOUNTS;
use super::shapes::NONE;
use super::subscription::change::{self, Change};
use super::subscription::items::{self, PRICE_DATA};
use super::subscription::update::{PAYMENT_BEHAVIOR, PRORATION_BEHAVIOR, settle};
use super::subscription::{self, pending};
use crate::core::error::{ApiError, Result};
use crate::core::json::Json;
use crate::core::list::{AFTER, BEFORE, LIMIT, page};
use crate::core::routes::{Route, route};
use crate::core::work::Work;
use crate::life::schedule;
use crate::params::args::Args;
use crate::params::shape::{Kind, Shape, joined};

pub(crate) const ROUTES: &[Route] = &[
    route("POST", "subscription_items", CREATE, create),
    route("GET", "subscription_items", LIST, all),
    route("GET", "subscription_items/*", NONE, retrieve),
    route("POST", "subscription_items/*", UPDATE, update),
    route("DELETE", "subscription_items/*", DELETE, delete),
];

const LIST: Shape = &[AFTER, BEFORE, LIMIT, ("subscription", Kind::Text)];
const SENT: Shape = &[
    ("discounts", Kind::Each(DISCOUNTS)),
    ("metadata", Kind::Metadata),
    ("payment_behavior", PAYMENT_BEHAVIOR),
    ("plan", Kind::Text),
    ("price", Kind::Text),
    ("price_data", Kind::Nested(PRICE_DATA)),
    ("proration_behavior", PRORATION_BEHAVIOR),
    ("proration_date", Kind::Time(&[])),
    ("quantity", Kind::Int),
];
const CREATE: Shape = &joined::<{ SENT.len() + 1 }>(SENT, &[("subscription", Kind::Text)]);
const UPDATE: Shape = &joined::<{ SENT.len() + 1 }>(SENT, &[("off_session", Kind::Bool)]);
const DELETE: Shape = &[
    ("payment_behavior", PAYMENT_BEHAVIOR),
    ("proration_behavior", PRORATION_BEHAVIOR),
    ("proration_date", Kind::Time(&[])),
];

/// The subscription that an item belongs to.
fn owner(work: &Work<'_>, id: &str) -> Result<Arc<Value>> {
    let missing = || ApiError::missing("subscription_item", id);
    work.get(id)
        .filter(|found| found.is("object", "_item"))
        .map(|found| work.see(&found.string("_subscription")))
        .filter(|owner| owner.list("items.data").iter().any(|item| item.is("id", id)))
        .ok_or_else(missing)
}

fn item_of(subscription: &Value, id: &str) -> Value {
    subscription.list("items.data").iter().find(|item| item.is("id", id)).cloned().unwrap_or_default()
}

/// Changes the items of a subscription as its own update would.
fn change(work: &mut Work<'_>, args: &Args, before: &Arc<Value>, after: Vec<Value>) -> Result<()> {
    let id = before.id();
    if before.has("pending_update") {
        pending::discard(work, &id);
    }
    let before = work.see(&id);
    let mut change = Change::read(work, args)?;
    change.items = Some(after);
    let due = change::make(work, &id, &change)?;
    settle(work, &before, due, args)?;
    schedule::follow(work, &id);
    subscription::changed(work, &id);
    Ok(())
}

fn create(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let subscription = args.need_text("subscription")?;
    let before = work.named("subscription", subscription, "subscription")?;
    if !subscription::is_live(&before) {
        let message = "A canceled subscription can only update its cancellation_details and metadata.";
        return Err(ApiError::invalid(message).begun());
    }
    let item = items::added(work, &before, &args.params, "")?;
    let id = item.id();
    let mut after = before.list("items.data").to_vec();
    after.push(item);
    change(work, args, &before, after)?;
    Ok(item_of(&work.see(&before.id()), &id))
}

fn retrieve(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    Ok(item_of(&*owner(work, args.id())?, args.id()))
}

fn update(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let before = owner(work, args.id())?;
    let mut after = before.list("items.data").to_vec();
    for item in after.iter_mut().filter(|item| item.is("id", args.id())) {
        items::change_one(work, item, &args.params, "")?;
    }
    change(work, args, &before, after)?;
    Ok(item_of(&work.see(&before.id()), args.id()))
}

fn delete(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let before = owner(work, args.id())?;
    let mut after = before.list("items.data").to_vec();
    after.retain(|item| !item.is("id", args.id()));
    change(work, args, &before, after)?;
    Ok(json!({ "id": args.id(), "object": "subscription_item", "deleted": true }))
}

fn all(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let id = args.need_text("subscription")?;
    let subscription = work.named("subscription", id, "subscription")?;
    page(args, subscription.list("items.data"), "/v1/subscription_items")
}
