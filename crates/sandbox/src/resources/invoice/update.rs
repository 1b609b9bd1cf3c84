//! Changing an invoice: a draft in full, an open one as far as its amounts and its look stay ([spec], [doc]).

use std::sync::Arc;

use crate::core::value::Value;

use super::super::discount::{self, DISCOUNTS, On, Owner};
use super::super::shapes::AUTOMATIC_TAX;
use super::{DRAFT_SECONDS, fields, gross, refuse_tax, resum, schedule};
use crate::core::error::{ApiError, Result};
use crate::core::json::Json;
use crate::core::work::Work;
use crate::params::args::Args;
use crate::params::shape::{Kind, Shape};

pub(super) const UPDATE: Shape = &[
    ("auto_advance", Kind::Bool),
    ("automatic_tax", Kind::Nested(AUTOMATIC_TAX)),
    ("automatically_finalizes_at", Kind::Int),
    ("collection_method", fields::METHODS),
    ("custom_fields", Kind::Each(fields::CUSTOM_FIELDS)),
    ("days_until_due", Kind::Int),
    ("default_payment_method", Kind::Text),
    ("description", Kind::UpTo(1500)),
    ("discounts", Kind::Each(DISCOUNTS)),
    ("due_date", Kind::Int),
    ("effective_at", Kind::Time(&[])),
    ("footer", Kind::Text),
    ("metadata", Kind::Metadata),
    ("number", Kind::UpTo(26)),
    ("payment_settings", Kind::Nested(fields::PAYMENT_SETTINGS)),
    ("rendering", Kind::Nested(fields::RENDERING)),
    ("shipping_details", Kind::Nested(fields::SHIPPING_DETAILS)),
    ("statement_descriptor", Kind::UpTo(22)),
];

/// What may change while an invoice is open.
const WHILE_OPEN: &[&str] = &["auto_advance", "default_payment_method", "expand", "metadata"];
/// And afterwards.
const ALWAYS: &[&str] = &["expand", "metadata"];

pub(super) fn update(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let invoice = work.path("invoice", args.id())?;
    let id = invoice.id();
    refuse_tax(args)?;
    refuse(args, &invoice)?;
    fields::check(work, args, &invoice.string("customer"))?;
    let collection = fields::collection(work, args, Some(&invoice))?;
    let draft = invoice.is("status", "draft");
    if args.sent("discounts") {
        change_discounts(work, args, &invoice)?;
    }
    let now = work.now;
    work.edit(&id, |invoice| {
        let advanced = invoice.flag("auto_advance");
        if let Some(collection) = collection {
            fields::collect_by(invoice, collection);
        }
        fields::fill(args, invoice);
        if draft
            && ["auto_advance", "automatically_finalizes_at", "collection_method"]
                .iter()
                .any(|n| args.sent(n))
        {
            schedule(invoice, now);
        }
        if !draft && invoice.flag("auto_advance") != advanced {
            plan(invoice, now);
        }
    });
    work.tell_if_changed("invoice.updated", &id);
    Ok((*work.see(&id)).clone())
}

/// Collection of an open invoice by itself begins, or stops ([spec] `auto_advance`).
fn plan(invoice: &mut Value, now: i64) {
    if !invoice.is("collection_method", "charge_automatically") {
        return;
    }
    let at = invoice.flag("auto_advance").then_some(now + DRAFT_SECONDS);
    invoice.set("next_payment_attempt", at);
    invoice.set("_due", at);
}

/// # Errors
/// 400 for what can no longer be changed.
fn refuse(args: &Args, invoice: &Value) -> Result<()> {
    let editable = match invoice.text("status") {
        Some("draft") => return Ok(()),
        Some("open") => WHILE_OPEN,
        _ => ALWAYS,
    };
    let sent = args.params.as_object().into_iter().flatten().map(|(name, _)| name.as_str());
    let Some(fixed) = sent.into_iter().find(|name| !editable.contains(name)) else { return Ok(()) };
    let message = "Finalized invoices can't be updated in this way";
    Err(ApiError::conflict("invoice_not_editable", message).param(fixed))
}

/// Changes the discounts of a draft, and sums it up again.
fn change_discounts(work: &mut Work<'_>, args: &Args, invoice: &Arc<Value>) -> Result<()> {
    let (id, customer) = (invoice.id(), invoice.string("customer"));
    let before = invoice.list("discounts");
    let subscription = work.see(&invoice.string("_subscription"));
    let owner = Owner {
        on: On::Invoice(&id),
        customer: &customer,
        currency: &invoice.string("currency"),
        amount: Some(gross(invoice.list("lines.data"))),
        present: &[before, subscription.list("discounts")].concat(),
    };
    let after = discount::change(work, args.params.get("discounts"), before, &owner, "discounts")?;
    if let Some(after) = after {
        resum(work, &id, |invoice| invoice.set("discounts", after));
    }
    Ok(())
}
