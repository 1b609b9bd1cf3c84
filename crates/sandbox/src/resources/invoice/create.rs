//! New invoices by hand: of what is pending for a customer or a subscription, or empty.

use crate::core::value::Value;

use super::super::discount::{self, DISCOUNTS, On, Owner};
use super::super::money;
use super::super::shapes::AUTOMATIC_TAX;
use super::{MOST_LINES, New, draft, fields, gross, keep, lines, new_id, refuse_tax, revision};
use crate::core::error::{ApiError, Result};
use crate::core::json::Json;
use crate::core::work::Work;
use crate::params::args::Args;
use crate::params::shape::{Kind, Shape};

pub(super) const CREATE: Shape = &[
    ("auto_advance", Kind::Bool),
    ("automatic_tax", Kind::Nested(AUTOMATIC_TAX)),
    ("automatically_finalizes_at", Kind::Int),
    ("collection_method", fields::METHODS),
    ("currency", Kind::Text),
    ("custom_fields", Kind::Each(fields::CUSTOM_FIELDS)),
    ("customer", Kind::Text),
    ("days_until_due", Kind::Int),
    ("default_payment_method", Kind::Text),
    ("description", Kind::UpTo(1500)),
    ("discounts", Kind::Each(DISCOUNTS)),
    ("due_date", Kind::Int),
    ("effective_at", Kind::Int),
    ("footer", Kind::Text),
    ("from_invoice", Kind::Nested(revision::FROM)),
    ("metadata", Kind::Metadata),
    ("number", Kind::UpTo(26)),
    ("payment_settings", Kind::Nested(fields::PAYMENT_SETTINGS)),
    ("pending_invoice_items_behavior", Kind::Word(&["exclude", "include"])),
    ("rendering", Kind::Nested(fields::RENDERING)),
    ("shipping_details", Kind::Nested(fields::SHIPPING_DETAILS)),
    ("statement_descriptor", Kind::UpTo(22)),
    ("subscription", Kind::Text),
];

pub(super) fn create(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    refuse_tax(args)?;
    if args.at("from_invoice").is_object() {
        return revision::create(work, args);
    }
    let customer = work.named("customer", args.need_text("customer")?, "customer")?;
    let subscription = match args.text("subscription") {
        Some(id) => Some(work.named("subscription", id, "subscription")?),
        None => None,
    };
    fields::check(work, args, &customer.id())?;
    let collection = fields::collection(work, args, None)?;
    let (currency, pending) = match &subscription {
        Some(subscription) => of_subscription(work, args, &customer.id(), subscription)?,
        None => of_customer(work, args, &customer)?,
    };
    if pending.len() > MOST_LINES {
        return Err(ApiError::invalid(format!("An invoice can have up to {MOST_LINES} line items.")).begun());
    }
    let id = new_id(work);
    let owner = Owner {
        on: On::Invoice(&id),
        customer: &customer.id(),
        currency: &currency,
        amount: Some(gross(&pending)),
        present: &[],
    };
    let discounts = discount::redeem(work, args.params.list("discounts"), &owner, "discounts")?;
    let new = New {
        customer: customer.id(),
        currency,
        subscription: subscription.map(|subscription| subscription.id()),
        billing_reason: "manual",
        lines: pending,
        discounts: discounts.iter().map(|id| work.see(id)).collect(),
        period: (work.now, work.now),
        auto_advance: false,
        days_until_due: None,
    };
    let mut invoice = draft(work, &id, &new);
    if let Some(collection) = collection {
        fields::collect_by(&mut invoice, collection);
    }
    fields::fill(args, &mut invoice);
    keep(work, &id, invoice);
    Ok((*work.see(&id)).clone())
}

/// Currency and lines of an invoice of what waits for a customer, if that is asked for.
fn of_customer(work: &Work<'_>, args: &Args, customer: &Value) -> Result<(String, Vec<Value>)> {
    let include = args.text("pending_invoice_items_behavior") == Some("include");
    let mut pending = if include { lines::pending(work, &customer.id(), None) } else { Vec::new() };
    let first = pending.first().map(|line| line.string("currency"));
    let usual = first.or_else(|| customer.text("currency").map(str::to_owned));
    let sent = args.text("currency").map(|sent| money::currency(sent, "currency")).transpose()?;
    let currency = sent.or(usual).unwrap_or_else(|| "usd".into());
    pending.retain(|line| line.is("currency", &currency));
    Ok((currency, pending))
}

/// Currency and lines of an invoice of what waits for a subscription: it is made for that ([spec]), unless it is said
/// otherwise ([mem]).
fn of_subscription(
    work: &Work<'_>,
    args: &Args,
    customer: &str,
    subscription: &Value,
) -> Result<(String, Vec<Value>)> {
    if !subscription.is("customer", customer) {
        let message = "The subscription belongs to another customer.";
        return Err(ApiError::invalid(message).param("subscription"));
    }
    let currency = subscription.string("currency");
    if args.text("currency").is_some_and(|sent| !sent.eq_ignore_ascii_case(&currency)) {
        let message = format!("The currency must be that of the subscription ({currency}).");
        return Err(ApiError::invalid(message).param("currency"));
    }
    if args.text("pending_invoice_items_behavior") == Some("exclude") {
        return Ok((currency, Vec::new()));
    }
    let pending = lines::pending_of(work, customer, &subscription.id());
    if pending.is_empty() {
        let message = "Nothing to invoice for subscription";
        return Err(ApiError::conflict("invoice_no_subscription_line_items", message));
    }
    Ok((currency, pending))
}
