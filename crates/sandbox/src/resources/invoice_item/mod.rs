//! Invoice items: amounts that wait for an invoice, or are put on a draft.

mod change;
mod decimal;
mod make;
mod pricing;

use crate::core::value::{Value, json};

use super::discount::DISCOUNTS;
use super::invoice;
use super::shapes::NONE;
use crate::core::error::{ApiError, Result};
use crate::core::json::Json;
use crate::core::list::{AFTER, BEFORE, CREATED, LIMIT, agrees, list, within};
use crate::core::routes::{Route, route};
use crate::core::work::Work;
use crate::params::args::Args;
use crate::params::shape::{Kind, Shape};

pub(crate) use change::change;
pub(crate) use make::{ADDED, PREVIEWED, add, blank, make, preview};
pub(crate) use pricing::check_period;

pub(crate) const ROUTES: &[Route] = &[
    route("POST", "invoiceitems", make::CREATE, make::create),
    route("GET", "invoiceitems", LIST, all),
    route("GET", "invoiceitems/*", NONE, retrieve),
    route("POST", "invoiceitems/*", UPDATE, update),
    route("DELETE", "invoiceitems/*", NONE, delete),
];

pub(crate) const PERIOD: Shape = &[("end", Kind::Int), ("start", Kind::Int)];

const UPDATE: Shape = &[
    ("amount", Kind::Int),
    ("description", Kind::Text),
    ("discountable", Kind::Bool),
    ("discounts", Kind::Each(DISCOUNTS)),
    ("metadata", Kind::Metadata),
    ("period", Kind::Nested(PERIOD)),
    ("price_data", Kind::Nested(pricing::PRICE_DATA)),
    ("pricing", Kind::Nested(pricing::PRICING)),
    ("quantity", Kind::Int),
    ("quantity_decimal", Kind::Decimal),
    ("unit_amount_decimal", Kind::Decimal),
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

/// Whether an item can go on a draft.
///
/// # Errors
/// 400 for an invoice that is not a draft, is another customer's or in another currency, or is full.
pub(crate) fn fits(target: &Value, customer: &str, currency: &str) -> Result<()> {
    invoice::check_draft(target, Some("invoice"))?;
    if !target.is("customer", customer) {
        return Err(ApiError::invalid("The invoice belongs to another customer.").param("invoice"));
    }
    if !target.is("currency", currency) {
        let message = format!(
            "The currency of the invoice item ({currency}) must match the invoice's currency ({}).",
            target.string("currency")
        );
        return Err(ApiError::invalid(message).param("currency"));
    }
    Ok(())
}

/// Removes an item that waits, or that was taken off its draft.
pub(crate) fn remove(work: &mut Work<'_>, id: &str) {
    work.tell("invoiceitem.deleted", id);
    work.remove(id);
}

fn retrieve(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    Ok((*work.path("invoiceitem", args.id())?).clone())
}

/// The draft that an item is on, if the item may still be changed.
fn changeable(work: &Work<'_>, id: &str) -> Result<Option<String>> {
    let item = work.path("invoiceitem", id)?;
    let Some(target) = item.text("invoice") else { return Ok(None) };
    invoice::check_draft(&work.see(target), Some("invoice"))?;
    Ok(Some(target.to_owned()))
}

fn update(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let target = changeable(work, args.id())?;
    change(work, args.id(), args, "")?;
    if let Some(target) = target {
        invoice::relist(work, &target, |work, lines| invoice::lines::refresh(work, lines, args.id()));
    }
    Ok((*work.see(args.id())).clone())
}

fn delete(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let target = changeable(work, args.id())?;
    remove(work, args.id());
    if let Some(target) = target {
        let is_of = |line: &Value| invoice::lines::invoice_item_of(line) == Some(args.id());
        invoice::relist(work, &target, |_, lines| lines.retain(|line| !is_of(line)));
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
    // Its moment of creation is called `date` ([spec]).
    let created = args.at("created").clone();
    let mut params = args.params.clone();
    params.set("created", Value::Null);
    let args = Args { ids: Vec::new(), params, publishable: args.publishable };
    list(work, &args, "invoiceitem", "/v1/invoiceitems", among, |item| {
        agrees(&args, "customer", item)
            && within(&created, item.num("date"))
            && pending.is_none_or(|pending| item.has("invoice") != pending)
    })
}
