//! Invoice items: amounts that wait for an invoice, or are put on a draft.

use serde_json::{Value, json};

use super::shapes::NONE;
use super::{invoice, money};
use crate::core::error::{ApiError, Result};
use crate::core::json::Json;
use crate::core::list::{AFTER, BEFORE, CREATED, LIMIT, agrees, list};
use crate::core::routes::{Route, route};
use crate::core::work::Work;
use crate::params::args::Args;
use crate::params::shape::{Kind, Shape};

pub(crate) const ROUTES: &[Route] = &[
    route("POST", "invoiceitems", CREATE, create),
    route("GET", "invoiceitems", LIST, all),
    route("GET", "invoiceitems/*", NONE, retrieve),
    route("POST", "invoiceitems/*", UPDATE, update),
    route("DELETE", "invoiceitems/*", NONE, delete),
];

/// The largest amount of an item, in minor units ($999,999.99).
const LARGEST: i64 = 99_999_999;

const PERIOD: Shape = &[("end", Kind::Int), ("start", Kind::Int)];
const CREATE: Shape = &[
    ("amount", Kind::Int),
    ("currency", Kind::Text),
    ("customer", Kind::Text),
    ("description", Kind::Text),
    ("discountable", Kind::Bool),
    ("invoice", Kind::Text),
    ("metadata", Kind::Metadata),
    ("period", Kind::Nested(PERIOD)),
    ("pricing", Kind::Nested(&[("price", Kind::Text)])),
    ("quantity", Kind::Int),
    ("subscription", Kind::Text),
];
const UPDATE: Shape = &[
    ("amount", Kind::Int),
    ("description", Kind::Text),
    ("discountable", Kind::Bool),
    ("metadata", Kind::Metadata),
    ("period", Kind::Nested(PERIOD)),
];
const LIST: Shape = &[
    AFTER,
    BEFORE,
    CREATED,
    ("customer", Kind::Text),
    ("invoice", Kind::Text),
    LIMIT,
    ("pending", Kind::Bool),
];

fn create(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let customer = work.named("customer", args.need_text("customer")?, "customer")?.id();
    let price = match args.params.text("pricing.price") {
        Some(id) => Some(work.named("price", id, "pricing[price]")?),
        None => None,
    };
    let quantity = args.within("quantity", 0, 1_000_000)?.unwrap_or(1);
    args.within("amount", -LARGEST, LARGEST)?;
    let (amount, currency) = match (args.int("amount"), &price) {
        (Some(_), Some(_)) => {
            let message = "You may only specify one of these parameters: amount, pricing.";
            return Err(ApiError::invalid(message).code("parameters_exclusive"));
        }
        (Some(amount), None) => (amount, money::currency(args.need_text("currency")?, "currency")?),
        (None, Some(price)) if price.is("type", "one_time") => {
            (price.num("unit_amount") * quantity, price.string("currency"))
        }
        (None, Some(_)) => {
            let message = "The price specified is set to `type=recurring` but this field only accepts prices with \
                           `type=one_time`.";
            return Err(ApiError::invalid(message).param("pricing[price]"));
        }
        (None, None) => return Err(ApiError::required("amount")),
    };
    let target = args.text("invoice").map(|id| work.named("invoice", id, "invoice")).transpose()?;
    if let Some(target) = &target {
        editable(target, &customer)?;
    }
    let subscription =
        args.text("subscription").map(|id| work.named("subscription", id, "subscription")).transpose()?;
    let parent = subscription.map(|subscription| {
        json!({
            "subscription_details": { "subscription": subscription.at("id"), "subscription_item": null },
            "type": "subscription_details",
        })
    });
    let id = format!("ii_1{}", work.random.text(23));
    let unit = if quantity == 0 { 0 } else { amount / quantity };
    let mut item = json!({
        "id": id,
        "object": "invoiceitem",
        "amount": amount,
        "currency": currency,
        "customer": customer,
        "customer_account": null,
        "date": work.now,
        "description": null,
        "discountable": true,
        "discounts": [],
        "invoice": null,
        "livemode": false,
        "metadata": {},
        "net_amount": amount,
        "parent": parent,
        "period": {
            "end": args.params.int("period.end").unwrap_or(work.now),
            "start": args.params.int("period.start").unwrap_or(work.now),
        },
        "pricing": {
            "price_details": price.as_ref().map(|price| {
                json!({ "price": price.at("id"), "product": price.at("product") })
            }),
            "type": "price_details",
            "unit_amount_decimal": unit.to_string(),
        },
        "proration": false,
        "proration_details": { "discount_amounts": [] },
        "quantity": quantity,
        "quantity_decimal": quantity.to_string(),
        "tax_rates": [],
        "test_clock": null,
    });
    if price.is_none() {
        item.set("pricing", json!({ "type": "price_details", "unit_amount_decimal": unit.to_string() }));
        if let Some(pricing) = item.get_mut("pricing").and_then(Value::as_object_mut) {
            pricing.remove("price_details");
        }
    }
    if let Some(price) = &price {
        item.set("description", work.see(&price.string("product")).at("name").clone());
    }
    args.copy(&["description", "discountable"], &mut item);
    args.metadata(&mut item);
    work.create(item);
    work.tell("invoiceitem.created", &id);
    if let Some(target) = target {
        put_on(work, &id, &target.id());
    }
    Ok((*work.see(&id)).clone())
}

fn editable(target: &Value, customer: &str) -> Result<()> {
    if !target.is("status", "draft") {
        let message = "The invoice is already finalized and can no longer be edited.";
        return Err(ApiError::conflict("invoice_not_editable", message).param("invoice"));
    }
    if !target.is("customer", customer) {
        return Err(ApiError::invalid("The invoice belongs to another customer.").param("invoice"));
    }
    Ok(())
}

/// Puts a pending item on a draft.
fn put_on(work: &mut Work<'_>, item: &str, target: &str) {
    work.set(item, "invoice", target);
    let line = invoice::lines::of_invoice_item(&work.see(item));
    relist(work, target, |lines| lines.push(line));
}

/// Changes the lines of a draft, and sums it up again.
fn relist(work: &mut Work<'_>, target: &str, change: impl FnOnce(&mut Vec<Value>)) {
    let balance = work.see(&work.see(target).string("customer")).num("balance");
    work.edit(target, |invoice| {
        let mut lines = invoice.list("lines.data").to_vec();
        change(&mut lines);
        invoice.set("lines.data", lines);
        invoice::lines::adopt(invoice, target);
        invoice::total(invoice, balance);
    });
    work.tell_if_changed("invoice.updated", target);
}

fn retrieve(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    Ok((*work.path("invoiceitem", args.id())?).clone())
}

/// The item, and the draft that it is on, if it may still be changed.
fn changeable(work: &Work<'_>, id: &str) -> Result<Option<String>> {
    let item = work.path("invoiceitem", id)?;
    let Some(target) = item.text("invoice") else { return Ok(None) };
    editable(&work.see(target), &item.string("customer"))?;
    Ok(Some(target.to_owned()))
}

fn update(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let target = changeable(work, args.id())?;
    args.within("amount", -LARGEST, LARGEST)?;
    work.edit(args.id(), |item| {
        args.copy(&["description", "discountable"], item);
        args.merge("period", item);
        args.metadata(item);
        if let Some(amount) = args.int("amount") {
            item.set("amount", amount);
            item.set("net_amount", amount);
        }
    });
    if let Some(target) = target {
        let line = invoice::lines::of_invoice_item(&work.see(args.id()));
        relist(work, &target, |lines| {
            for old in lines.iter_mut().filter(|line| is_of(line, args.id())) {
                let id = old.at("id").clone();
                *old = line.clone();
                old.set("id", id);
            }
        });
    }
    Ok((*work.see(args.id())).clone())
}

fn is_of(line: &Value, item: &str) -> bool {
    line.is("parent.invoice_item_details.invoice_item", item)
}

fn delete(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let target = changeable(work, args.id())?;
    work.tell("invoiceitem.deleted", args.id());
    work.remove(args.id());
    if let Some(target) = target {
        relist(work, &target, |lines| lines.retain(|line| !is_of(line, args.id())));
    }
    Ok(json!({ "id": args.id(), "object": "invoiceitem", "deleted": true }))
}

fn all(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let among = match (args.text("invoice"), args.text("customer")) {
        (Some(invoice), _) => Some(work.matching("invoiceitem", "invoice", invoice)),
        (None, Some(customer)) => Some(work.matching("invoiceitem", "customer", customer)),
        _ => None,
    };
    let pending = args.at("pending").as_bool();
    list(work, args, "invoiceitem", "/v1/invoiceitems", among, |item| {
        agrees(args, "customer", item) && pending.is_none_or(|pending| item.has("invoice") != pending)
    })
}
