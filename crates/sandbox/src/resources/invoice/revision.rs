//! Revisions: a draft that takes the place of a finalised invoice once it is finalised itself.

use std::sync::Arc;

use crate::core::value::{Value, json};

use super::super::invoice_payment;
use super::{New, draft, fields, finalize, keep, lines, new_id, resum};
use crate::core::error::{ApiError, Result};
use crate::core::json::Json;
use crate::core::work::Work;
use crate::params::args::Args;
use crate::params::shape::{Kind, Shape};

pub(super) const FROM: Shape = &[("action", Kind::Word(&["revision"])), ("invoice", Kind::Text)];

/// Taken over from the invoice that is revised.
const KEPT: &[&str] = &[
    "collection_method",
    "custom_fields",
    "default_payment_method",
    "description",
    "discounts",
    "due_date",
    "footer",
    "metadata",
    "payment_settings",
    "rendering",
    "shipping_details",
    "statement_descriptor",
    "_days_until_due",
    "_terms",
];

/// [doc]: open or uncollectible.
pub(super) fn can_be_replaced(invoice: &Value) -> bool {
    matches!(invoice.text("status"), Some("open" | "uncollectible"))
}

pub(super) fn create(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    for name in ["currency", "customer", "discounts", "pending_invoice_items_behavior", "subscription"] {
        if args.sent(name) {
            let message = format!("You may only specify one of these parameters: from_invoice, {name}.");
            return Err(ApiError::invalid(message).code("parameters_exclusive").param(name));
        }
    }
    let param = "from_invoice[invoice]";
    let from = args.at("from_invoice");
    if !from.has("action") {
        return Err(ApiError::required("from_invoice[action]"));
    }
    let named = from.text("invoice").ok_or_else(|| ApiError::required(param))?;
    let original = work.named("invoice", named, param)?;
    check(work, &original).map_err(|error| error.param(param))?;
    let customer = original.string("customer");
    fields::check(work, args, &customer)?;
    let collection = fields::collection(work, args, Some(&original))?;
    let id = new_id(work);
    let new = New {
        customer,
        currency: original.string("currency"),
        billing_reason: "manual",
        period: (work.now, work.now),
        ..New::default()
    };
    let mut invoice = draft(work, &id, &new);
    for name in KEPT {
        invoice.set(name, original.at(name).clone());
    }
    invoice.set("from_invoice", json!({ "action": "revision", "invoice": original.id() }));
    if let Some(collection) = collection {
        fields::collect_by(&mut invoice, collection);
    }
    fields::fill(args, &mut invoice);
    let copied = original.list("lines.data").iter().map(|line| copy(work, line)).collect::<Vec<_>>();
    invoice.set("lines.data", copied);
    let balance = super::balance_for(work, &invoice);
    super::total(&mut invoice, balance);
    keep(work, &id, invoice);
    Ok((*work.see(&id)).clone())
}

/// # Errors
/// 400 for an invoice that cannot be revised ([doc]).
fn check(work: &Work<'_>, original: &Value) -> Result<()> {
    if !can_be_replaced(original) {
        let message = format!(
            "You can only revise open or uncollectible invoices. This invoice's status is {}.",
            original.string("status")
        );
        return Err(ApiError::invalid(message).begun());
    }
    if original.has("_subscription") {
        let message = "You can't revise an invoice that is attached to a subscription.";
        return Err(ApiError::invalid(message).begun());
    }
    invoice_payment::refuse_attached(work, &original.id(), &["open", "paid"], "revise")
}

/// A line of the revision, of an item of its own.
fn copy(work: &mut Work<'_>, line: &Value) -> Value {
    let Some(original) = lines::invoice_item_of(line).map(|id| work.see(id)) else { return Value::Null };
    let mut item = (*original).clone();
    let id = format!("ii_1{}", work.random.text(23));
    item.set("id", id.as_str());
    item.set("invoice", Value::Null);
    work.create(item);
    work.tell("invoiceitem.created", &id);
    lines::of_invoice_item(&work.see(&id))
}

/// A revision is about to be finalised: what it replaces is void, and gives back what it took of the balance.
pub(super) fn replace(work: &mut Work<'_>, id: &str) {
    let mut ancestors: Vec<Arc<Value>> = Vec::new();
    let mut next = work.see(id).text("from_invoice.invoice").map(str::to_owned);
    while let Some(original) = next.and_then(|id| work.get(&id)) {
        next = original.text("from_invoice.invoice").map(str::to_owned);
        ancestors.push(original);
    }
    for original in &ancestors {
        work.set(&original.id(), "latest_revision", id);
    }
    for original in ancestors {
        if can_be_replaced(&original) {
            finalize::void(work, &original.id());
        } else {
            work.tell_if_changed("invoice.updated", &original.id());
        }
    }
    resum(work, id, |_| {});
}
