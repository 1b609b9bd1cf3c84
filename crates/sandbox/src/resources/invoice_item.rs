//! Invoice items: amounts that wait for an invoice, or are put on a draft.

use crate::core::value::{Value, json};

use super::discount::{self, DISCOUNTS, On, Owner};
use super::shapes::NONE;
use super::{invoice, money, price};
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
    ("discounts", Kind::Each(DISCOUNTS)),
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
    ("discounts", Kind::Each(DISCOUNTS)),
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

/// A one-time price that is made on the way.
const PRICE_DATA: Shape = &[
    ("currency", Kind::Text),
    ("product", Kind::Text),
    ("tax_behavior", Kind::Word(&["exclusive", "inclusive", "unspecified"])),
    ("unit_amount", Kind::Int),
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
];

/// An item that a subscription's parameters add to its next invoice.
///
/// # Errors
/// 400 without a one-time price.
pub(crate) fn add(work: &mut Work<'_>, subscription: &Value, sent: &Value, param: &str) -> Result<()> {
    let mut params = sent.clone();
    params.set("customer", subscription.at("customer").clone());
    params.set("subscription", subscription.id());
    priced(work, sent, &mut params, param)?;
    make(work, &Args { params, ..Args::default() }, &format!("{param}[discounts]"))?;
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
    let mut params = sent.clone();
    params.set("customer", customer);
    if !sent.has("amount") {
        priced(work, sent, &mut params, param)?;
    }
    make(work, &Args { params, ..Args::default() }, &format!("{param}[discounts]"))?;
    Ok(())
}

/// `price` or `price_data` as the `pricing` of a new item.
fn priced(work: &mut Work<'_>, sent: &Value, params: &mut Value, param: &str) -> Result<()> {
    let price = if sent.at("price_data").is_object() {
        let data = Args { params: sent.at("price_data").clone(), ..Args::default() };
        let product = data.need_text("product")?;
        let product = work.named("product", product, &format!("{param}[price_data][product]"))?.id();
        price::make_inline(work, &product, &data)?
    } else {
        let named = sent.text("price").ok_or_else(|| ApiError::required(&format!("{param}[price]")))?;
        work.named("price", named, &format!("{param}[price]"))?.id()
    };
    params.set("pricing.price", price);
    Ok(())
}

fn create(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let id = make(work, args, "discounts")?;
    Ok((*work.see(&id)).clone())
}

/// Answers the new item's id. `param` is the name under which its discounts were sent.
fn make(work: &mut Work<'_>, args: &Args, param: &str) -> Result<String> {
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
    let mut item = blank(work, &customer, &currency, amount, quantity);
    let id = item.id();
    item.set("parent", parent);
    for end in ["end", "start"] {
        let at = args.at("period").int(end).unwrap_or(work.now);
        item.set(&format!("period.{end}"), at);
    }
    let unit = if quantity == 0 { 0 } else { amount / quantity };
    item.set("pricing.unit_amount_decimal", unit.to_string());
    if let Some(price) = &price {
        item.set("pricing.price_details", json!({ "price": price.at("id"), "product": price.at("product") }));
        item.set("description", work.see(&price.string("product")).at("name").clone());
    }
    args.copy(&["description", "discountable"], &mut item);
    args.metadata(&mut item);
    let owner = Owner {
        on: On::InvoiceItem(&id),
        customer: &customer,
        currency: &currency,
        amount: None,
        present: target.as_ref().map_or(&[], |target| target.list("discounts")),
    };
    let discounts = discount::redeem(work, args.params.list("discounts"), &owner, param)?;
    item.set("discounts", discounts);
    work.create(item);
    work.tell("invoiceitem.created", &id);
    if let Some(target) = target {
        put_on(work, &id, &target.id());
    }
    Ok(id)
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
        "net_amount": amount,
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
    invoice::resum(work, target, |invoice| {
        let mut lines = invoice.list("lines.data").to_vec();
        change(&mut lines);
        invoice.set("lines.data", lines);
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
    let discounts = change_discounts(work, args, target.as_deref())?;
    work.edit(args.id(), |item| {
        if let Some(discounts) = discounts {
            item.set("discounts", discounts);
        }
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

fn change_discounts(work: &mut Work<'_>, args: &Args, target: Option<&str>) -> Result<Option<Vec<String>>> {
    let item = work.see(args.id());
    let before = item.list("discounts");
    let target = target.map(|id| work.see(id)).unwrap_or_default();
    let owner = Owner {
        on: On::InvoiceItem(args.id()),
        customer: &item.string("customer"),
        currency: &item.string("currency"),
        amount: None,
        present: &[before, target.list("discounts")].concat(),
    };
    discount::change(work, args.params.get("discounts"), before, &owner, "discounts")
}

fn is_of(line: &Value, item: &str) -> bool {
    invoice::lines::invoice_item_of(line) == Some(item)
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
