//! The lines of a draft, added, changed and removed, one or many at a time.

use crate::core::value::{Value, json};

use super::super::discount::{self, DISCOUNTS, On, Owner};
use super::super::invoice_item;
use super::{check_draft, check_room, lines, relist};
use crate::core::error::{ApiError, Result};
use crate::core::json::Json;
use crate::core::work::Work;
use crate::params::args::{Args, merge_metadata};
use crate::params::shape::{Kind, Shape, joined};
use crate::resources::shapes::PRICE_DATA;

const PRICING: Kind = Kind::Nested(&[("price", Kind::Text)]);

pub(super) const LINE: Shape = &[
    ("amount", Kind::Int),
    ("description", Kind::Text),
    ("discountable", Kind::Bool),
    ("discounts", Kind::Each(DISCOUNTS)),
    ("metadata", Kind::Metadata),
    ("period", Kind::Nested(invoice_item::PERIOD)),
    ("price_data", Kind::Nested(PRICE_DATA)),
    ("pricing", PRICING),
    ("quantity", Kind::Int),
    ("quantity_decimal", Kind::Decimal),
];
const ADDED: Shape = &joined::<{ LINE.len() + 1 }>(LINE, &[("invoice_item", Kind::Text)]);
const UPDATED: Shape = &joined::<{ LINE.len() + 1 }>(LINE, &[("id", Kind::Text)]);

pub(super) const ADD: Shape = &[("invoice_metadata", Kind::Metadata), ("lines", Kind::Each(ADDED))];
pub(super) const UPDATE: Shape = &[("invoice_metadata", Kind::Metadata), ("lines", Kind::Each(UPDATED))];
pub(super) const REMOVE: Shape = &[
    ("invoice_metadata", Kind::Metadata),
    ("lines", Kind::Each(&[("behavior", Kind::Word(&["delete", "unassign"])), ("id", Kind::Text)])),
];

/// What the amount of a line of a subscription follows from: its items.
const OF_ITEMS: [&str; 5] = ["amount", "price_data", "pricing", "quantity", "quantity_decimal"];

/// The draft of the path, and the lines that were sent, each with the name of its parameter.
fn begin(work: &Work<'_>, args: &Args) -> Result<Vec<(Args, String)>> {
    check_draft(&*work.path("invoice", args.id())?, None)?;
    let sent = args.params.list("lines");
    if sent.is_empty() {
        return Err(ApiError::required("lines"));
    }
    let one = |(index, line): (usize, &Value)| {
        (Args { params: line.clone(), ..Args::default() }, format!("lines[{index}]"))
    };
    Ok(sent.iter().enumerate().map(one).collect())
}

/// Puts the changed lines on the draft, and tells of it once.
fn finish(work: &mut Work<'_>, args: &Args, new: Vec<Value>) -> Value {
    let id = args.id();
    if args.sent("invoice_metadata") {
        work.edit(id, |invoice| merge_metadata(args.params.get("invoice_metadata"), invoice));
    }
    relist(work, id, |_, lines| *lines = new);
    (*work.see(id)).clone()
}

pub(super) fn add(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let sent = begin(work, args)?;
    let invoice = work.see(args.id());
    check_room(&invoice, sent.len())?;
    let mut all = invoice.list("lines.data").to_vec();
    for (line, param) in sent {
        let item = if let Some(waiting) = line.text("invoice_item") {
            assign(work, &invoice, &line, waiting, &param)?
        } else {
            let mut params = line.params;
            params.set("customer", invoice.at("customer").clone());
            params.set("invoice", invoice.id());
            invoice_item::make(work, &Args { params, ..Args::default() }, &param)?
        };
        all.push(lines::of_invoice_item(&work.see(&item)));
    }
    Ok(finish(work, args, all))
}

/// Takes an item that waits.
fn assign(work: &mut Work<'_>, invoice: &Value, line: &Args, id: &str, param: &str) -> Result<String> {
    let at = format!("{param}[invoice_item]");
    let item = work.named("invoiceitem", id, &at)?;
    if let Some(other) =
        line.params.as_object().into_iter().flatten().map(|(name, _)| name).find(|n| *n != "invoice_item")
    {
        let message = format!("You may only specify one of these parameters: invoice_item, {other}.");
        return Err(ApiError::invalid(message)
            .code("parameters_exclusive")
            .param(&format!("{param}[{other}]")));
    }
    if item.has("invoice") {
        let message = "The invoice item is already on an invoice.";
        return Err(ApiError::invalid(message).param(&at).begun());
    }
    let own = item.text("parent.subscription_details.subscription");
    if own.is_some() && own != invoice.text("_subscription") {
        let message = "The invoice item belongs to a subscription that this invoice is not for.";
        return Err(ApiError::invalid(message).param(&at));
    }
    invoice_item::fits(invoice, &item.string("customer"), &item.string("currency"))
        .map_err(|error| error.param(&at))?;
    work.set(id, "invoice", invoice.id());
    Ok(id.to_owned())
}

pub(super) fn update(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let sent = begin(work, args)?;
    let mut all = work.see(args.id()).list("lines.data").to_vec();
    for (line, param) in sent {
        let id = line.text("id").ok_or_else(|| ApiError::required(&format!("{param}[id]")))?;
        let place = place_of(&all, id)
            .ok_or_else(|| ApiError::missing_param("line item", id, &format!("{param}[id]")))?;
        change_line(work, args.id(), &mut all, place, &line, &param)?;
    }
    Ok(finish(work, args, all))
}

pub(super) fn update_one(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let invoice = work.path("invoice", args.id())?;
    let wanted = args.ids.get(1).map_or("", String::as_str);
    let mut all = invoice.list("lines.data").to_vec();
    let place = place_of(&all, wanted).ok_or_else(|| ApiError::missing("line item", wanted))?;
    check_draft(&invoice, None)?;
    change_line(work, args.id(), &mut all, place, args, "")?;
    let invoice = finish(work, args, all);
    Ok(invoice.list("lines.data").get(place).cloned().unwrap_or_default())
}

fn place_of(lines: &[Value], id: &str) -> Option<usize> {
    lines.iter().position(|line| line.is("id", id))
}

/// [spec]: what both have is changed in the line and in its invoice item.
fn change_line(
    work: &mut Work<'_>,
    invoice: &str,
    all: &mut [Value],
    place: usize,
    sent: &Args,
    prefix: &str,
) -> Result<()> {
    if let Some(item) = lines::invoice_item_of(&all[place]).map(str::to_owned) {
        invoice_item::change(work, &item, sent, prefix)?;
        lines::refresh(work, all, &item);
        return Ok(());
    }
    let named = |name: &str| if prefix.is_empty() { name.to_owned() } else { format!("{prefix}[{name}]") };
    if let Some(name) = OF_ITEMS.into_iter().find(|name| sent.sent(name)) {
        let message =
            format!("You cannot change `{name}` of a line item that comes from a subscription item.");
        return Err(ApiError::invalid(message).param(&named(name)).begun());
    }
    invoice_item::check_period(sent, prefix)?;
    let line = &mut all[place];
    let found = work.see(invoice);
    let before = line.list("discounts").to_vec();
    let owner = Owner {
        on: On::Invoice(invoice),
        customer: &found.string("customer"),
        currency: &found.string("currency"),
        amount: None,
        present: &[&before, found.list("discounts")].concat(),
    };
    let discounts =
        discount::change(work, sent.params.get("discounts"), &before, &owner, &named("discounts"))?;
    if let Some(discounts) = discounts {
        line.set("discounts", discounts);
    }
    sent.copy(&["description", "discountable"], line);
    sent.merge("period", line);
    if let Some(metadata) = sent.params.get("metadata") {
        // [spec]: those of a subscription's line are replaced, not merged.
        line.set("metadata", json!({}));
        merge_metadata(Some(metadata), line);
    }
    Ok(())
}

pub(super) fn remove(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let sent = begin(work, args)?;
    let mut all = work.see(args.id()).list("lines.data").to_vec();
    for (line, param) in sent {
        let id = line.text("id").ok_or_else(|| ApiError::required(&format!("{param}[id]")))?;
        let behavior =
            line.text("behavior").ok_or_else(|| ApiError::required(&format!("{param}[behavior]")))?;
        let place = place_of(&all, id)
            .ok_or_else(|| ApiError::missing_param("line item", id, &format!("{param}[id]")))?;
        let gone = all.remove(place);
        let Some(item) = lines::invoice_item_of(&gone) else {
            let message = "You cannot remove a line item that comes from a subscription item.";
            return Err(ApiError::invalid(message).param(&format!("{param}[id]")).begun());
        };
        if behavior == "delete" {
            invoice_item::remove(work, item);
        } else {
            work.set(item, "invoice", Value::Null);
        }
    }
    Ok(finish(work, args, all))
}
