//! `create_preview`: what an invoice would say, without making it. Without prorations on this floor.

use serde_json::{Value, json};

use super::super::subscription::items::{self, PRICE_DATA};
use super::super::{subscription, subscription::is_live};
use super::{New, draft, lines, refuse_tax};
use crate::core::error::{ApiError, Result};
use crate::core::json::Json;
use crate::core::work::Work;
use crate::life::calendar;
use crate::params::args::Args;
use crate::params::shape::{Kind, Shape};
use crate::resources::shapes::{ADDRESS, AUTOMATIC_TAX};

const ITEM: Shape = &[
    ("deleted", Kind::Bool),
    ("id", Kind::Text),
    ("metadata", Kind::Metadata),
    ("price", Kind::Text),
    ("price_data", Kind::Nested(PRICE_DATA)),
    ("quantity", Kind::Int),
];

const DETAILS: Shape = &[
    ("billing_mode", Kind::Nested(&[("type", Kind::Word(&["flexible"]))])),
    ("items", Kind::Each(ITEM)),
    ("proration_behavior", Kind::Word(&["always_invoice", "create_prorations", "none"])),
    ("trial_end", Kind::Time(&["now"])),
];

pub(super) const SHAPE: Shape = &[
    ("automatic_tax", Kind::Nested(AUTOMATIC_TAX)),
    ("currency", Kind::Text),
    ("customer", Kind::Text),
    (
        "customer_details",
        Kind::Nested(&[
            ("address", Kind::Nested(ADDRESS)),
            ("tax_exempt", Kind::Word(&["exempt", "none", "reverse"])),
        ]),
    ),
    ("preview_mode", Kind::Word(&["next", "recurring"])),
    ("subscription", Kind::Text),
    ("subscription_details", Kind::Nested(DETAILS)),
];

pub(super) fn preview(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    refuse_tax(args)?;
    let details = args.at("subscription_details").clone();
    let known =
        args.text("subscription").map(|id| work.named("subscription", id, "subscription")).transpose()?;
    let customer = match (args.text("customer"), &known) {
        (Some(id), _) => Some(work.named("customer", id, "customer")?.id()),
        (None, Some(subscription)) => subscription.text("customer").map(str::to_owned),
        (None, None) if args.sent("customer_details") => None,
        (None, None) => return Err(ApiError::required("customer")),
    };
    if known.is_none() && details.list("items").is_empty() {
        let message = "No upcoming invoices for customer";
        let mut error = ApiError::conflict("invoice_upcoming_none", message);
        error.status = 404;
        return Err(error);
    }
    let known_items =
        known.as_ref().map(|subscription| subscription.list("items.data").to_vec()).unwrap_or_default();
    // [spec]: never null, although the subscription of a preview may not exist yet.
    let owner = match &known {
        Some(subscription) => subscription.id(),
        None => format!("sub_1{}", work.random.text(23)),
    };
    let items = changed_items(work, &details, &known_items, &owner)?;
    let trial_end = details.int("trial_end").filter(|end| *end > work.now);
    let (period, trial) = if let Some(subscription) = &known {
        renewal(work, subscription, &details, &items, &known_items)?
    } else {
        let price = items[0].at("price");
        let end = trial_end.unwrap_or_else(|| calendar::next_period_end(work.now, work.now, price));
        ((work.now, end), trial_end.is_some())
    };
    let mut all: Vec<Value> = items.iter().map(|item| lines::of_item(work, item, period, trial)).collect();
    let subscription_id = known.as_ref().map(|subscription| subscription.id());
    if let Some(customer) = &customer
        && args.text("preview_mode") != Some("recurring")
    {
        all.extend(lines::pending(work, customer, subscription_id.as_deref()));
    }
    let id = format!("upcoming_in_1{}", work.random.text(23));
    let reason = if known.is_some() { "upcoming" } else { "subscription_create" };
    let currency = items[0].string("price.currency");
    let new = New {
        customer: customer.clone().unwrap_or_default(),
        currency,
        subscription: subscription_id,
        billing_reason: reason,
        lines: all,
        period: if known.is_some() { (work.now, period.0) } else { (work.now, work.now) },
        auto_advance: false,
    };
    let mut invoice = draft(work, &id, &new);
    if customer.is_none() {
        // [spec]: never null, although there is nobody yet.
        let nobody = work.new_id("cus");
        invoice.set("customer", nobody);
        invoice.set("customer_address", args.at("customer_details.address").clone());
    }
    if known.is_none() {
        invoice.set(
            "parent",
            json!({
                "quote_details": null,
                "subscription_details": { "metadata": {}, "subscription": owner },
                "type": "subscription_details",
            }),
        );
    } else {
        invoice.set("next_payment_attempt", period.0 + super::DRAFT_SECONDS);
    }
    lines::adopt(&mut invoice, &id);
    Ok(invoice)
}

/// The items that the preview is about.
fn changed_items(work: &mut Work<'_>, details: &Value, known: &[Value], owner: &str) -> Result<Vec<Value>> {
    let mut after = known.to_vec();
    for (index, sent) in details.list("items").iter().enumerate() {
        let place = match sent.text("id") {
            Some(id) => {
                let found = after.iter().position(|item| item.is("id", id));
                let param = format!("subscription_details[items][{index}][id]");
                Some(found.ok_or_else(|| ApiError::missing_param("subscription item", id, &param))?)
            }
            None => None,
        };
        if let (Some(place), true) = (place, sent.flag("deleted")) {
            after.remove(place);
            continue;
        }
        let quantity = items::quantity_of(sent, index)?;
        let price = if sent.has("price") || sent.has("price_data") || place.is_none() {
            Some(items::price_of(work, sent, index)?)
        } else {
            None
        };
        if let Some(place) = place {
            if let Some(price) = price {
                after[place].set("price", price);
            }
            if let Some(quantity) = quantity {
                after[place].set("quantity", quantity);
            }
        } else {
            let price = price.unwrap_or_default();
            after.push(items::make(work, owner, &price, quantity.unwrap_or(1), &Value::Null));
        }
    }
    let prices: Vec<&Value> = after.iter().map(|item| item.at("price")).collect();
    items::check_together(&prices)?;
    if after.is_empty() { Err(ApiError::required("subscription_details[items]")) } else { Ok(after) }
}

/// The period of the next invoice of a subscription, and whether it is free.
fn renewal(
    work: &Work<'_>,
    known: &Value,
    details: &Value,
    items: &[Value],
    before: &[Value],
) -> Result<((i64, i64), bool)> {
    if !is_live(known) {
        let message = "You cannot preview the upcoming invoice for a canceled subscription.";
        return Err(ApiError::invalid(message).code("invoice_upcoming_none"));
    }
    let price = items[0].at("price");
    let billed = |items: &[Value]| -> Vec<(Value, Value)> {
        items.iter().map(|item| (item.at("price.id").clone(), item.at("quantity").clone())).collect()
    };
    let trialing = known.is("status", "trialing");
    if trialing && details.text("trial_end") == Some("now") {
        return Ok(((work.now, calendar::next_period_end(work.now, work.now, price)), false));
    }
    if billed(items) != billed(before) && !trialing && details.text("proration_behavior") != Some("none") {
        let param = "subscription_details[proration_behavior]";
        return Err(ApiError::unsupported("prorations yet: pass proration_behavior=none").param(param));
    }
    let start = subscription::period(known).1;
    let anchor = known.num("billing_cycle_anchor");
    Ok(((start, calendar::next_period_end(anchor, start, price)), false))
}
