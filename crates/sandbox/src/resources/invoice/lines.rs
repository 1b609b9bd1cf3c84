//! Lines of an invoice: from a subscription's items, and from invoice items that were pending.

use std::sync::Arc;

use crate::core::value::{Value, json};

use super::super::{discount, money};
use crate::core::json::Json;
use crate::core::work::Work;

/// A line for an item of a subscription over a period (seconds). A trial costs nothing.
pub(crate) fn of_item(work: &Work<'_>, item: &Value, period: (i64, i64), trial: bool) -> Value {
    let price = item.at("price");
    let quantity = item.int("quantity").unwrap_or(1);
    let unit = if trial { 0 } else { price.num("unit_amount") };
    let amount = unit * quantity;
    let product = work.see(&price.string("product"));
    // [spec]: a line of a subscription shows the subscription's metadata.
    let subscription = work.see(&item.string("subscription"));
    let metadata = subscription.at("metadata").as_object().cloned().unwrap_or_default();
    let discounts = discount::in_force(work, item.list("discounts"), period.0.max(work.now));
    let what = named(&product, quantity);
    let description = if trial {
        format!("Free trial for {what}")
    } else {
        format!(
            "{what} (at {} / {})",
            money::shown(price.num("unit_amount"), &price.string("currency")),
            every(price)
        )
    };
    json!({
        "id": null,
        "object": "line_item",
        "amount": amount,
        "currency": price.at("currency"),
        "description": description,
        "discount_amounts": [],
        "discountable": true,
        "discounts": discount::ids(&discounts),
        "invoice": null,
        "livemode": false,
        "metadata": metadata,
        "parent": {
            "invoice_item_details": null,
            "subscription_item_details": {
                "invoice_item": null,
                "proration": false,
                "proration_details": { "credited_items": null },
                "subscription": item.at("subscription"),
                "subscription_item": item.at("id"),
            },
            "type": "subscription_item_details",
        },
        "period": { "end": period.1, "start": period.0 },
        "pretax_credit_amounts": [],
        "pricing": {
            "price_details": { "price": price.at("id"), "product": price.at("product") },
            "type": "price_details",
            "unit_amount_decimal": unit.to_string(),
        },
        "quantity": quantity,
        "quantity_decimal": quantity.to_string(),
        "subtotal": amount,
        "taxes": [],
    })
}

/// `1 × Name`, or `1 user × Name` for a product with a unit label.
fn named(product: &Value, quantity: i64) -> String {
    match product.text("unit_label") {
        Some(unit) => format!("{quantity} {unit} × {}", product.string("name")),
        None => format!("{quantity} × {}", product.string("name")),
    }
}

/// `month`, or `every 3 months`.
fn every(price: &Value) -> String {
    let interval = price.string("recurring.interval");
    match price.int("recurring.interval_count").unwrap_or(1) {
        1 => interval,
        count => format!("every {count} {interval}s"),
    }
}

/// The lines of what is pending for a customer, the newest first: items of the subscription, or of none; with a
/// subscription, in its currency.
pub(crate) fn pending(work: &Work<'_>, customer: &str, subscription: Option<&str>) -> Vec<Value> {
    let currency = subscription.map(|id| work.see(id).string("currency"));
    waiting(work, customer, |item| {
        subscription_of(item).is_none_or(|own| Some(own) == subscription)
            && currency.as_deref().is_none_or(|currency| item.is("currency", currency))
    })
}

/// The lines of what is pending for a subscription, and for nothing else.
pub(crate) fn pending_of(work: &Work<'_>, customer: &str, subscription: &str) -> Vec<Value> {
    waiting(work, customer, |item| subscription_of(item) == Some(subscription))
}

fn subscription_of(item: &Value) -> Option<&str> {
    item.text("parent.subscription_details.subscription")
}

fn waiting(work: &Work<'_>, customer: &str, is_meant: impl Fn(&Value) -> bool) -> Vec<Value> {
    let mut due = work.matching("invoiceitem", "customer", customer);
    due.retain(|item| !item.has("invoice") && is_meant(item));
    // [spec], lines: in reverse order of their time; those of one moment as they were made ([rec]: credit, then debit).
    due.reverse();
    due.sort_by_key(|item| std::cmp::Reverse(item.num("date")));
    due.iter().map(of_invoice_item).collect()
}

/// Where the line of an invoice item comes from: a proration is shown as its subscription item's ([rec]).
fn parent_of(item: &Value) -> Value {
    let details = item.at("parent.subscription_details");
    if !item.flag("proration") {
        return json!({
            "invoice_item_details": {
                "invoice_item": item.at("id"),
                "proration": false,
                "proration_details": { "credited_items": null },
                "subscription": details.at("subscription"),
            },
            "subscription_item_details": null,
            "type": "invoice_item_details",
        });
    }
    json!({
        "invoice_item_details": null,
        "subscription_item_details": {
            "invoice_item": item.at("id"),
            "proration": true,
            "proration_details": { "credited_items": item.at("proration_details.credited_items.invoice_line_item_details") },
            "subscription": details.at("subscription"),
            "subscription_item": details.at("subscription_item"),
        },
        "type": "subscription_item_details",
    })
}

/// The invoice item that a line was made of.
pub(crate) fn invoice_item_of(line: &Value) -> Option<&str> {
    let parent = line.at("parent");
    parent
        .text("invoice_item_details.invoice_item")
        .or_else(|| parent.text("subscription_item_details.invoice_item"))
}

/// Makes the line of an item anew, under its id.
pub(crate) fn refresh(work: &Work<'_>, lines: &mut [Value], item: &str) {
    for line in lines.iter_mut().filter(|line| invoice_item_of(line) == Some(item)) {
        let id = line.at("id").clone();
        *line = of_invoice_item(&work.see(item));
        line.set("id", id);
    }
}

/// The line that an invoice item becomes.
pub(crate) fn of_invoice_item(item: &Arc<Value>) -> Value {
    json!({
        "id": null,
        "object": "line_item",
        "amount": item.at("amount"),
        "currency": item.at("currency"),
        "description": item.at("description"),
        "discount_amounts": item.list("_discount_amounts"),
        "discountable": item.at("discountable"),
        "discounts": item.at("discounts"),
        "invoice": null,
        "livemode": false,
        "metadata": item.at("metadata"),
        "parent": parent_of(item),
        "period": item.at("period"),
        "pretax_credit_amounts": item.list("_pretax_credit_amounts"),
        "pricing": item.at("pricing"),
        "quantity": item.at("quantity"),
        "quantity_decimal": item.at("quantity_decimal"),
        "subtotal": item.at("amount"),
        "taxes": [],
    })
}

/// Gives lines without an id theirs, derived from the invoice's; answers the invoice items among them.
pub(crate) fn adopt(invoice: &mut Value, id: &str) -> Vec<String> {
    let mut items = Vec::new();
    for index in 0..invoice.list("lines.data").len() {
        let path = format!("lines.data.{index}");
        if let Some(item) = invoice_item_of(invoice.at(&path)) {
            items.push(item.to_owned());
        }
        if !invoice.has(&format!("{path}.id")) {
            let seed = crate::core::ids::hash(&format!("{id}/{index}"));
            let line = format!("il_1{}", crate::core::ids::Random(seed).text(23));
            invoice.set(&format!("{path}.id"), line);
        }
        invoice.set(&format!("{path}.invoice"), id);
    }
    items
}
