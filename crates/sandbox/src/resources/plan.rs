//! Plans: the older face of recurring prices. A plan and the price of the same id are one thing, kept as the price.

use std::sync::Arc;

use crate::core::value::{Value, json};

use super::shapes::NONE;
use super::{price, product};
use crate::core::error::{ApiError, Result};
use crate::core::events;
use crate::core::json::{Json, previous};
use crate::core::list::{AFTER, BEFORE, CREATED, LIMIT, agrees, list};
use crate::core::routes::{Route, route};
use crate::core::work::Work;
use crate::params::args::Args;
use crate::params::shape::{Kind, Shape};

pub(crate) const ROUTES: &[Route] = &[
    route("POST", "plans", CREATE, create),
    route("GET", "plans", LIST, all),
    route("GET", "plans/*", NONE, retrieve),
    route("POST", "plans/*", UPDATE, update),
    route("DELETE", "plans/*", NONE, delete),
];

const CREATE: Shape = &[
    ("active", Kind::Bool),
    ("amount", Kind::Int),
    ("amount_decimal", Kind::Decimal),
    ("billing_scheme", Kind::Word(&["per_unit"])),
    ("currency", Kind::Text),
    ("id", Kind::Text),
    ("interval", Kind::Word(&["day", "month", "week", "year"])),
    ("interval_count", Kind::Int),
    ("metadata", Kind::Metadata),
    ("nickname", Kind::Text),
    ("product", Kind::TextOr(price::PRODUCT_DATA)),
    ("usage_type", Kind::Word(&["licensed"])),
];

const UPDATE: Shape = &[("active", Kind::Bool), ("metadata", Kind::Metadata), ("nickname", Kind::Text)];

const LIST: Shape = &[("active", Kind::Bool), AFTER, BEFORE, CREATED, LIMIT, ("product", Kind::Text)];

/// A recurring price as its plan.
pub(crate) fn of_price(price: &Value) -> Value {
    json!({
        "id": price.at("id"),
        "object": "plan",
        "active": price.at("active"),
        "amount": price.at("unit_amount"),
        "amount_decimal": price.at("unit_amount_decimal"),
        "billing_scheme": "per_unit",
        "created": price.at("created"),
        "currency": price.at("currency"),
        "interval": price.at("recurring.interval"),
        "interval_count": price.at("recurring.interval_count"),
        "livemode": false,
        "metadata": price.at("metadata"),
        "meter": null,
        "nickname": price.at("nickname"),
        "product": price.at("product"),
        "tiers_mode": null,
        "transform_usage": null,
        "trial_period_days": null,
        "usage_type": "licensed",
    })
}

/// Tells of what happened to a price as of what happened to its plan, if it has one. `before`: the price before an
/// update; what a plan does not show is no change of it.
pub(crate) fn tell(work: &mut Work<'_>, event: &str, price: &str, before: Option<&Value>) {
    let price = work.see(price);
    if !price.is("type", "recurring") {
        return;
    }
    let (plan, before) = (Arc::new(of_price(&price)), before.map(of_price));
    if before.as_ref().is_none_or(|before| !previous(before, &plan).is_empty()) {
        events::emit(work, event, &plan, before.as_ref());
    }
}

fn named(work: &Work<'_>, args: &Args) -> Result<Arc<Value>> {
    let price = work.path("price", args.id()).ok().filter(|price| price.is("type", "recurring"));
    price.ok_or_else(|| ApiError::missing("plan", args.id()))
}

fn create(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let interval = args.need_text("interval")?;
    args.need_text("currency")?;
    let amount = args.amount("amount")?;
    if amount.is_none() && !args.sent("amount_decimal") {
        return Err(ApiError::required("amount"));
    }
    if let Some(id) = args.text("id").filter(|id| work.get(id).is_some()) {
        let message = format!("Plan already exists: {id}");
        return Err(ApiError::conflict("resource_already_exists", message).param("id"));
    }
    let product = match args.at("product") {
        Value::String(id) => work.named("product", id, "product")?.id(),
        data @ Value::Object(_) => {
            if !data.has("name") {
                return Err(ApiError::required("product[name]"));
            }
            let data = Args { params: data.clone(), ..Args::default() };
            product::make(work, data.text("id"), &data)?
        }
        _ => return Err(ApiError::required("product")),
    };
    let mut sent = json!({
        "recurring": { "interval": interval, "interval_count": args.int("interval_count").unwrap_or(1) },
    });
    for (ours, its) in [("amount", "unit_amount"), ("amount_decimal", "unit_amount_decimal")] {
        sent.set(its, args.at(ours).clone());
    }
    args.copy(&["active", "currency", "metadata", "nickname"], &mut sent);
    let sent = Args { params: sent, ..Args::default() };
    let id = price::make_named(work, args.text("id"), &product, &sent)?;
    Ok(of_price(&work.see(&id)))
}

fn retrieve(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    Ok(of_price(&*named(work, args)?))
}

fn update(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    named(work, args)?;
    Ok(of_price(&price::update(work, args)?))
}

/// The price goes with it; who has subscribed already keeps what was agreed ([doc]).
fn delete(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let price = named(work, args)?;
    let id = price.id();
    if work.see(&price.string("product")).is("default_price", &id) {
        let message = "This price cannot be deleted because it is the default price of its product.";
        return Err(ApiError::invalid(message).begun());
    }
    tell(work, "plan.deleted", &id, None);
    work.tell("price.deleted", &id);
    work.remove(&id);
    Ok(json!({ "id": id, "object": "plan", "deleted": true }))
}

fn all(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let mut page = list(work, args, "price", "/v1/plans", None, |price| {
        price.is("type", "recurring") && ["active", "product"].iter().all(|name| agrees(args, name, price))
    })?;
    let plans: Vec<Value> = page.list("data").iter().map(of_price).collect();
    page.set("data", plans);
    Ok(page)
}
