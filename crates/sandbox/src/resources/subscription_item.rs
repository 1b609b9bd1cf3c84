//! Subscription items, each by its own id. They live inside their subscription.

use serde_json::{Value, json};

use super::shapes::NONE;
use super::subscription::items::{self, PRICE_DATA};
use super::subscription::{self, apply_items, begin_period_now};
use crate::core::error::{ApiError, Result};
use crate::core::json::Json;
use crate::core::list::LIMIT;
use crate::core::routes::{Route, route};
use crate::core::work::Work;
use crate::params::args::{Args, merge_metadata};
use crate::params::shape::{Kind, Shape};

pub(crate) const ROUTES: &[Route] = &[
    route("GET", "subscription_items", LIST, all),
    route("GET", "subscription_items/*", NONE, retrieve),
    route("POST", "subscription_items/*", UPDATE, update),
];

const LIST: Shape = &[LIMIT, ("subscription", Kind::Text)];
const UPDATE: Shape = &[
    ("metadata", Kind::Metadata),
    ("off_session", Kind::Bool),
    ("price", Kind::Text),
    ("price_data", Kind::Nested(PRICE_DATA)),
    ("proration_behavior", Kind::Word(&["always_invoice", "create_prorations", "none"])),
    ("quantity", Kind::Int),
];

/// The subscription and the place of an item in it.
fn find(work: &Work<'_>, id: &str) -> Result<(String, usize)> {
    let owner = work.all("subscription").into_iter().find_map(|subscription| {
        let place = subscription.list("items.data").iter().position(|item| item.is("id", id))?;
        Some((subscription.id(), place))
    });
    owner.ok_or_else(|| ApiError::missing("subscription item", id))
}

fn retrieve(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let (owner, place) = find(work, args.id())?;
    Ok(work.see(&owner).at(&format!("items.data.{place}")).clone())
}

fn update(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let (owner, place) = find(work, args.id())?;
    let before = work.see(&owner).list("items.data").to_vec();
    let mut after = before.clone();
    let item = &mut after[place];
    if args.sent("price") || args.sent("price_data") {
        let price = items::price_of(work, &args.params, 0)?;
        item.set("plan", items::plan(&price));
        item.set("price", price);
    }
    if let Some(quantity) = items::quantity_of(&args.params, 0)? {
        item.set("quantity", quantity);
    }
    merge_metadata(args.params.get("metadata"), item);
    let priced = apply_items(work, &owner, &before, after, args.text("proration_behavior"))?;
    if priced == subscription::Priced::NewInterval {
        begin_period_now(work, &owner, args.flag("off_session"));
    }
    subscription::changed(work, &owner);
    retrieve(work, args)
}

fn all(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let id = args.need_text("subscription")?;
    let owner = work.named("subscription", id, "subscription")?;
    let data = owner.list("items.data");
    let limit = usize::try_from(args.int("limit").unwrap_or(10).clamp(1, 100)).unwrap_or(10);
    let page: Vec<Value> = data.iter().take(limit).cloned().collect();
    Ok(
        json!({ "object": "list", "data": page, "has_more": data.len() > limit, "url": "/v1/subscription_items" }),
    )
}
