//! New invoice items: by hand, with a subscription, on a draft, or in a preview.

use crate::core::value::{Value, json};

use super::super::discount::{self, DISCOUNTS, On, Owner};
use super::super::invoice;
use super::pricing::{self, PRICE_DATA, PRICING, named};
use super::{PERIOD, fits};
use crate::core::error::{ApiError, Result};
use crate::core::json::Json;
use crate::core::work::Work;
use crate::params::args::Args;
use crate::params::shape::{Kind, Shape};

pub(super) const CREATE: Shape = &[
    ("amount", Kind::Int),
    ("currency", Kind::Text),
    ("customer", Kind::Text),
    ("description", Kind::Text),
    ("discountable", Kind::Bool),
    ("discounts", Kind::Each(DISCOUNTS)),
    ("invoice", Kind::Text),
    ("metadata", Kind::Metadata),
    ("period", Kind::Nested(PERIOD)),
    ("price_data", Kind::Nested(PRICE_DATA)),
    ("pricing", Kind::Nested(PRICING)),
    ("quantity", Kind::Int),
    ("quantity_decimal", Kind::Decimal),
    ("subscription", Kind::Text),
    ("unit_amount_decimal", Kind::Decimal),
];

/// `add_invoice_items` of a subscription.
pub(crate) const ADDED: Shape = &[
    ("discountable", Kind::Bool),
    ("discounts", Kind::Each(DISCOUNTS)),
    ("metadata", Kind::Metadata),
    ("price", Kind::Text),
    ("price_data", Kind::Nested(PRICE_DATA)),
    ("quantity", Kind::Int),
];

/// `invoice_items` of a preview.
pub(crate) const PREVIEWED: Shape = &[
    ("amount", Kind::Int),
    ("currency", Kind::Text),
    ("description", Kind::Text),
    ("discountable", Kind::Bool),
    ("discounts", Kind::Each(DISCOUNTS)),
    ("metadata", Kind::Metadata),
    ("period", Kind::Nested(PERIOD)),
    ("price", Kind::Text),
    ("price_data", Kind::Nested(PRICE_DATA)),
    ("quantity", Kind::Int),
    ("quantity_decimal", Kind::Decimal),
    ("unit_amount_decimal", Kind::Decimal),
];

/// An item that a subscription's parameters add to its next invoice.
///
/// # Errors
/// 400 without a one-time price.
pub(crate) fn add(work: &mut Work<'_>, subscription: &Value, sent: &Value, param: &str) -> Result<()> {
    let mut params = priced(sent, param)?;
    params.set("customer", subscription.at("customer").clone());
    params.set("subscription", subscription.id());
    make(work, &Args { params, ..Args::default() }, param)?;
    Ok(())
}

/// An item that a preview counts in.
///
/// # Errors
/// As a new item.
pub(crate) fn preview(work: &mut Work<'_>, customer: Option<&str>, sent: &Value, param: &str) -> Result<()> {
    let Some(customer) = customer else {
        return Err(
            ApiError::unsupported("invoice_items of a preview without a customer").param("invoice_items")
        );
    };
    let amount = ["amount", "unit_amount_decimal"].iter().any(|name| sent.has(name));
    let mut params = if amount { sent.clone() } else { priced(sent, param)? };
    params.set("customer", customer);
    make(work, &Args { params, ..Args::default() }, param)?;
    Ok(())
}

/// `price` as the `pricing` of a new item.
fn priced(sent: &Value, param: &str) -> Result<Value> {
    let mut params = sent.clone();
    match sent.text("price") {
        Some(price) => params.set("pricing.price", price),
        None if sent.at("price_data").is_object() => {}
        None => return Err(ApiError::required(&format!("{param}[price]"))),
    }
    Ok(params)
}

pub(super) fn create(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let id = make(work, args, "")?;
    if let Some(target) = args.text("invoice") {
        invoice::relist(work, target, |work, lines| {
            lines.push(invoice::lines::of_invoice_item(&work.see(&id)));
        });
    }
    Ok((*work.see(&id)).clone())
}

/// Answers the new item's id; it is said to be on the draft that is named, whose lines are the caller's. `prefix` is
/// where the parameters were sent.
///
/// # Errors
/// 400 for what cannot be billed so.
pub(crate) fn make(work: &mut Work<'_>, args: &Args, prefix: &str) -> Result<String> {
    let customer = work.named("customer", args.need_text("customer")?, "customer")?.id();
    let target = args.text("invoice").map(|id| work.named("invoice", id, "invoice")).transpose()?;
    pricing::check_period(args, prefix)?;
    let subscription =
        args.text("subscription").map(|id| work.named("subscription", id, "subscription")).transpose()?;
    let target_currency =
        target.as_ref().filter(|_| !args.sent("currency")).map(|target| target.string("currency"));
    let cost = pricing::read(work, args, prefix, target_currency.as_deref(), None)?;
    let cost = cost.ok_or_else(|| ApiError::required(&named(prefix, "amount")))?;
    if let Some(target) = &target {
        fits(target, &customer, &cost.currency)?;
    }
    let parent = subscription.map(|subscription| {
        json!({
            "subscription_details": { "subscription": subscription.at("id") },
            "type": "subscription_details",
        })
    });
    let mut item = blank(work, &customer, &cost.currency, cost.amount, 1);
    let id = item.id();
    cost.write(&mut item);
    item.set("parent", parent);
    for end in ["end", "start"] {
        let at = args.at("period").int(end).unwrap_or(work.now);
        item.set(&format!("period.{end}"), at);
    }
    if let Some(product) = cost.product() {
        item.set("description", work.see(product).at("name").clone());
    }
    args.copy(&["description", "discountable"], &mut item);
    show_net(&mut item);
    args.metadata(&mut item);
    let owner = Owner {
        on: On::InvoiceItem(&id),
        customer: &customer,
        currency: &cost.currency,
        amount: None,
        present: target.as_ref().map_or(&[], |target| target.list("discounts")),
    };
    let discounts =
        discount::redeem(work, args.params.list("discounts"), &owner, &named(prefix, "discounts"))?;
    item.set("discounts", discounts);
    item.set("invoice", target.map(|target| target.id()));
    work.create(item);
    work.tell("invoiceitem.created", &id);
    Ok(id)
}

/// [spec] `net_amount`: only of what is not discounted with its invoice. Null elsewhere, which the specification's type
/// does not allow: so it is not there.
pub(super) fn show_net(item: &mut Value) {
    if item.flag("discountable") {
        if let Some(members) = item.as_object_mut() {
            members.remove("net_amount");
        }
    } else {
        item.set("net_amount", item.num("amount"));
    }
}

/// An item that is not stored yet, as all of them begin. `amount` in minor units.
pub(crate) fn blank(
    work: &mut Work<'_>,
    customer: &str,
    currency: &str,
    amount: i64,
    quantity: i64,
) -> Value {
    json!({
        "id": format!("ii_1{}", work.random.text(23)),
        "object": "invoiceitem",
        "amount": amount,
        "currency": currency,
        "customer": customer,
        "customer_account": null,
        "date": work.now,
        "description": null,
        // [spec]: not for a credit, if it is not said.
        "discountable": amount >= 0,
        "discounts": [],
        "invoice": null,
        "livemode": false,
        "metadata": {},
        "parent": null,
        "period": { "end": work.now, "start": work.now },
        "pricing": { "type": "price_details", "unit_amount_decimal": null },
        "proration": false,
        "proration_details": { "discount_amounts": [] },
        "quantity": quantity,
        "quantity_decimal": quantity.to_string(),
        "tax_rates": [],
        "test_clock": null,
    })
}
