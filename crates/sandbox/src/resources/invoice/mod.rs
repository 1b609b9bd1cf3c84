//! Invoices: create, change, read, and the builder that subscriptions use too.

pub(crate) mod finalize;
pub(crate) mod lines;
pub(crate) mod preview;
pub(crate) mod settle;

use std::sync::Arc;

use crate::core::value::{Value, json};

use super::discount::{self, DISCOUNTS, On, Owner};
use super::shapes::{AUTOMATIC_TAX, NONE};
use super::{account, money};
use crate::core::error::{ApiError, Result};
use crate::core::json::Json;
use crate::core::list::{AFTER, BEFORE, CREATED, LIMIT, agrees, list, page};
use crate::core::routes::{Route, route};
use crate::core::work::{Work, whole_list};
use crate::params::args::Args;
use crate::params::shape::{Kind, Shape};

pub(crate) const ROUTES: &[Route] = &[
    route("POST", "invoices", CREATE, create),
    route("GET", "invoices", LIST, all),
    route("POST", "invoices/create_preview", preview::SHAPE, preview::preview),
    route("GET", "invoices/*", NONE, retrieve),
    route("POST", "invoices/*", UPDATE, update),
    route("DELETE", "invoices/*", NONE, delete),
    route("GET", "invoices/*/lines", LINES, invoice_lines),
    route("POST", "invoices/*/finalize", finalize::FINALIZE, finalize::by_hand),
    route("POST", "invoices/*/pay", settle::PAY, settle::pay),
    route("POST", "invoices/*/send", NONE, finalize::send),
    route("POST", "invoices/*/void", NONE, finalize::void_by_hand),
    route("POST", "invoices/*/mark_uncollectible", NONE, finalize::uncollectible_by_hand),
];

/// A draft waits this long before it is finalised, in seconds ([doc]: about an hour).
pub(crate) const DRAFT_SECONDS: i64 = 3600;

const DAY: i64 = 86_400;

const CREATE: Shape = &[
    ("auto_advance", Kind::Bool),
    ("automatic_tax", Kind::Nested(AUTOMATIC_TAX)),
    ("collection_method", Kind::Word(&["charge_automatically", "send_invoice"])),
    ("currency", Kind::Text),
    ("customer", Kind::Text),
    ("days_until_due", Kind::Int),
    ("default_payment_method", Kind::Text),
    ("description", Kind::Text),
    ("discounts", Kind::Each(DISCOUNTS)),
    ("footer", Kind::Text),
    ("metadata", Kind::Metadata),
    ("pending_invoice_items_behavior", Kind::Word(&["exclude", "include"])),
];
const UPDATE: Shape = &[
    ("auto_advance", Kind::Bool),
    ("default_payment_method", Kind::Text),
    ("description", Kind::Text),
    ("discounts", Kind::Each(DISCOUNTS)),
    ("footer", Kind::Text),
    ("metadata", Kind::Metadata),
];
const LIST: Shape = &[
    AFTER,
    BEFORE,
    ("collection_method", Kind::Word(&["charge_automatically", "send_invoice"])),
    CREATED,
    ("customer", Kind::Text),
    LIMIT,
    ("status", Kind::Word(&["draft", "open", "paid", "uncollectible", "void"])),
    ("subscription", Kind::Text),
];
const LINES: Shape = &[AFTER, BEFORE, LIMIT];

/// What a new invoice is about.
#[derive(Debug, Default)]
pub(crate) struct New {
    pub(crate) customer: String,
    pub(crate) currency: String,
    pub(crate) subscription: Option<String>,
    pub(crate) billing_reason: &'static str,
    pub(crate) lines: Vec<Value>,
    /// The discounts of the whole invoice, in order.
    pub(crate) discounts: Vec<Arc<Value>>,
    /// Seconds since the Unix epoch.
    pub(crate) period: (i64, i64),
    pub(crate) auto_advance: bool,
    /// Sent to the customer, who pays within so many days; none charges the card.
    pub(crate) days_until_due: Option<i64>,
}

/// The JSON of a draft, not stored yet.
pub(crate) fn draft(work: &Work<'_>, id: &str, new: &New) -> Value {
    let customer = work.see(&new.customer);
    let subscription = new.subscription.as_ref().map(|id| work.see(id));
    let parent = new.subscription.as_ref().map(|id| {
        let metadata = subscription.as_ref().map_or_else(|| json!({}), |s| s.at("metadata").clone());
        json!({
            "quote_details": null,
            "subscription_details": { "metadata": metadata, "subscription": id },
            "type": "subscription_details",
        })
    });
    let mut invoice = json!({
        "id": id,
        "object": "invoice",
        "account_country": "US",
        "account_name": account::NAME,
        "account_tax_ids": null,
        "amount_due": 0,
        "amount_overpaid": 0,
        "amount_paid": 0,
        "amount_paid_off_stripe": 0,
        "amount_remaining": 0,
        "amount_shipping": 0,
        "application": null,
        "attempt_count": 0,
        "attempted": false,
        "auto_advance": new.auto_advance,
        "automatic_tax": {
            "disabled_reason": null, "enabled": false, "liability": null, "provider": null, "status": null
        },
        "automatically_finalizes_at": null,
        "billing_reason": new.billing_reason,
        "collection_method": if new.days_until_due.is_some() { "send_invoice" } else { "charge_automatically" },
        "created": work.now,
        "currency": new.currency,
        "custom_fields": customer.at("invoice_settings.custom_fields"),
        "customer": new.customer,
        "customer_account": null,
        "customer_address": customer.at("address"),
        "customer_email": customer.at("email"),
        "customer_name": customer.at("name"),
        "customer_phone": customer.at("phone"),
        "customer_shipping": customer.at("shipping"),
        "customer_tax_exempt": customer.at("tax_exempt"),
        "customer_tax_ids": [],
        "default_payment_method": null,
        "default_source": null,
        "default_tax_rates": [],
        "description": null,
        "discounts": discount::ids(&new.discounts),
        "due_date": null,
        "effective_at": null,
        "ending_balance": null,
        "footer": customer.at("invoice_settings.footer"),
        "from_invoice": null,
        "hosted_invoice_url": null,
        "invoice_pdf": null,
        "issuer": { "type": "self" },
        "last_finalization_error": null,
        "latest_revision": null,
        "lines": whole_list(&format!("/v1/invoices/{id}/lines"), new.lines.clone()),
        "livemode": false,
        "metadata": {},
        "next_payment_attempt": null,
        "number": null,
        "on_behalf_of": null,
        "parent": parent,
        "payment_settings": { "default_mandate": null, "payment_method_options": null, "payment_method_types": null },
        "period_end": new.period.1,
        "period_start": new.period.0,
        "post_payment_credit_notes_amount": 0,
        "pre_payment_credit_notes_amount": 0,
        "receipt_number": null,
        "rendering": rendering(&customer),
        "shipping_cost": null,
        "shipping_details": null,
        "starting_balance": 0,
        "statement_descriptor": null,
        "status": "draft",
        "status_transitions": {
            "finalized_at": null, "marked_uncollectible_at": null, "paid_at": null, "voided_at": null
        },
        "subtotal": 0,
        "subtotal_excluding_tax": 0,
        "test_clock": null,
        "total": 0,
        "total_discount_amounts": [],
        "total_excluding_tax": 0,
        "total_pretax_credit_amounts": [],
        "total_taxes": [],
        "webhooks_delivered_at": null,
    });
    if let Some(days) = new.days_until_due {
        invoice.set("due_date", work.now + days * DAY);
        invoice.set("_days_until_due", days);
    }
    if let Some(subscription) = &new.subscription {
        // Not shown (trap 22: it moved to `parent`): it is kept where the index finds it.
        invoice.set("_subscription", subscription.as_str());
    }
    discount::note(work, &mut invoice);
    total(&mut invoice, customer.num("balance"));
    invoice
}

/// How a customer's invoices are to look, if anything was said ([spec]).
fn rendering(customer: &Value) -> Value {
    match customer.at("invoice_settings.rendering_options.amount_tax_display") {
        Value::Null => Value::Null,
        display => json!({
            "amount_tax_display": display, "pdf": null, "template": null, "template_version": null
        }),
    }
}

/// Stores a draft and tells of it.
pub(crate) fn make(work: &mut Work<'_>, new: &New) -> String {
    let id = new_id(work);
    keep(work, &id, new, |_| {});
    id
}

fn new_id(work: &mut Work<'_>) -> String {
    format!("in_1{}", work.random.text(23))
}

/// `fill` has the last word on what is told.
fn keep(work: &mut Work<'_>, id: &str, new: &New, fill: impl FnOnce(&mut Value)) {
    let mut invoice = draft(work, id, new);
    fill(&mut invoice);
    let items = lines::adopt(&mut invoice, id);
    schedule(&mut invoice);
    work.create(invoice);
    discount::spend(work, id);
    for item in items {
        work.set(&item, "invoice", id);
    }
    set_currency(work, &new.customer, &new.currency);
    work.tell("invoice.created", id);
}

/// What is to be paid of what is owed. Nothing when that is too little to be charged ([spec] `amount_due`).
pub(crate) fn due(owed: i64, currency: &str) -> i64 {
    if owed < money::minimum(currency) { 0 } else { owed }
}

/// Sums up the lines, less what the noted discounts take off. A customer's credit (negative balance) is taken, a debt
/// added, as far as it goes.
pub(crate) fn total(invoice: &mut Value, balance: i64) {
    let (of_lines, of_all) = discount::lower(invoice);
    let gross = gross(invoice.list("lines.data"));
    let total = gross - of_all;
    let due = due(total + balance, &invoice.string("currency"));
    for member in ["subtotal", "subtotal_excluding_tax"] {
        // [spec]: before the invoice's own discounts; those of lines are in it.
        invoice.set(member, gross - of_lines);
    }
    for member in ["total", "total_excluding_tax"] {
        invoice.set(member, total);
    }
    invoice.set("starting_balance", balance);
    invoice.set("amount_due", due);
    invoice.set("amount_remaining", due);
    let count = invoice.list("lines.data").len();
    invoice.set("lines.total_count", count);
}

fn gross(lines: &[Value]) -> i64 {
    lines.iter().map(|line| line.num("amount")).sum()
}

/// When a draft is to be finalised by itself.
fn schedule(invoice: &mut Value) {
    let at = (invoice.is("status", "draft") && invoice.flag("auto_advance"))
        .then(|| invoice.num("created") + DRAFT_SECONDS);
    invoice.set("automatically_finalizes_at", at);
    invoice.set("next_payment_attempt", at);
    invoice.set("_due", at);
}

/// A customer's currency is that of the first thing billed.
fn set_currency(work: &mut Work<'_>, customer: &str, currency: &str) {
    if !work.see(customer).has("currency") {
        work.set(customer, "currency", currency);
        work.tell_if_changed("customer.updated", customer);
    }
}

fn create(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let customer = work.named("customer", args.need_text("customer")?, "customer")?;
    refuse_tax(args)?;
    let include = args.text("pending_invoice_items_behavior") == Some("include");
    let pending = if include { lines::pending(work, &customer.id(), None) } else { Vec::new() };
    let currency = args.text("currency").map(str::to_owned).or_else(|| {
        let first = pending.first().map(|line| line.string("currency"));
        first.or_else(|| customer.text("currency").map(str::to_owned))
    });
    let method = args
        .text("default_payment_method")
        .map(|id| work.named("payment_method", id, "default_payment_method"));
    method.transpose()?;
    let (id, currency) = (new_id(work), currency.unwrap_or_else(|| "usd".into()));
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
        currency: currency.clone(),
        subscription: None,
        billing_reason: "manual",
        lines: pending,
        discounts: discounts.iter().map(|id| work.see(id)).collect(),
        period: (work.now, work.now),
        auto_advance: args.flag("auto_advance"),
        days_until_due: days_until_due(args)?,
    };
    keep(work, &id, &new, |invoice| fill(args, invoice));
    Ok((*work.see(&id)).clone())
}

/// # Errors
/// 400 unless it is sent together with `collection_method=send_invoice`.
fn days_until_due(args: &Args) -> Result<Option<i64>> {
    let days = args.within("days_until_due", 0, 3650)?;
    match (args.text("collection_method"), days) {
        (Some("send_invoice"), None) => {
            let message =
                "If collection_method is set to send_invoice, you must specify days_until_due or due_date.";
            Err(ApiError::invalid(message).param("days_until_due"))
        }
        (Some("send_invoice"), days) => Ok(days),
        (_, Some(_)) => {
            let message = "You can only specify days_until_due if collection_method is set to send_invoice.";
            Err(ApiError::invalid(message).param("days_until_due"))
        }
        _ => Ok(None),
    }
}

/// # Errors
/// 400 when tax is asked for: this floor computes none.
pub(crate) fn refuse_tax(args: &Args) -> Result<()> {
    if args.params.flag("automatic_tax.enabled") {
        return Err(ApiError::unsupported("automatic tax yet").param("automatic_tax[enabled]"));
    }
    Ok(())
}

fn fill(args: &Args, invoice: &mut Value) {
    args.copy(&["default_payment_method", "description", "footer"], invoice);
    args.metadata(invoice);
}

fn retrieve(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    Ok((*work.path("invoice", args.id())?).clone())
}

fn update(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let invoice = work.path("invoice", args.id())?;
    let id = invoice.id();
    let finished = !matches!(invoice.text("status"), Some("draft" | "open"));
    if finished && ["auto_advance", "default_payment_method", "footer"].iter().any(|name| args.sent(name)) {
        let message = format!("This invoice cannot be updated: its status is {}.", invoice.string("status"));
        return Err(ApiError::conflict("invoice_not_editable", message));
    }
    if let Some(method) = args.text("default_payment_method") {
        work.named("payment_method", method, "default_payment_method")?;
    }
    let draft = invoice.is("status", "draft");
    if args.sent("discounts") {
        change_discounts(work, args, &invoice)?;
    }
    work.edit(&id, |invoice| {
        fill(args, invoice);
        if let Some(advance) = args.at("auto_advance").as_bool() {
            invoice.set("auto_advance", advance);
            if draft {
                schedule(invoice);
            }
        }
    });
    work.tell_if_changed("invoice.updated", &id);
    Ok((*work.see(&id)).clone())
}

/// Changes the discounts of a draft, and sums it up again.
fn change_discounts(work: &mut Work<'_>, args: &Args, invoice: &Arc<Value>) -> Result<()> {
    if !invoice.is("status", "draft") {
        let message = "Finalized invoices can't be updated in this way";
        return Err(ApiError::conflict("invoice_not_editable", message).param("discounts"));
    }
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

/// Changes the lines or the discounts of a draft, and sums it up again.
pub(crate) fn resum(work: &mut Work<'_>, id: &str, change: impl FnOnce(&mut Value)) {
    let mut invoice = (*work.see(id)).clone();
    let balance = work.see(&invoice.string("customer")).num("balance");
    change(&mut invoice);
    lines::adopt(&mut invoice, id);
    discount::note(work, &mut invoice);
    total(&mut invoice, balance);
    work.edit(id, |old| *old = invoice);
}

/// Only drafts that no subscription made can be deleted ([spec]); their items are pending again.
fn delete(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let invoice = work.path("invoice", args.id())?;
    let id = invoice.id();
    if !invoice.is("status", "draft") {
        let message = "You can only delete draft invoices.";
        return Err(ApiError::conflict("invoice_not_editable", message));
    }
    if invoice.has("_subscription") {
        let message = "You can't delete invoices created by subscriptions.";
        return Err(ApiError::invalid(message).begun());
    }
    for item in work.matching("invoiceitem", "invoice", &id) {
        work.set(&item.id(), "invoice", Value::Null);
    }
    work.tell("invoice.deleted", &id);
    work.remove(&id);
    Ok(json!({ "id": id, "object": "invoice", "deleted": true }))
}

fn all(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let among = match (args.text("subscription"), args.text("customer")) {
        (Some(subscription), _) => Some(work.matching("invoice", "_subscription", subscription)),
        (None, Some(customer)) => Some(work.matching("invoice", "customer", customer)),
        _ => None,
    };
    list(work, args, "invoice", "/v1/invoices", among, |invoice| {
        ["collection_method", "customer", "status"].iter().all(|name| agrees(args, name, invoice))
    })
}

fn invoice_lines(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let invoice = work.path("invoice", args.id())?;
    page(args, invoice.list("lines.data"), &format!("/v1/invoices/{}/lines", args.id()))
}
