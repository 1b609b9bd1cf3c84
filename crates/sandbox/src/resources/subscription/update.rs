//! Changing a subscription.

use std::sync::Arc;

use crate::core::value::{Value, json};

use super::bill::{self, Bill, Terms};
use super::change::{self, Change, Due, Proration};
use super::create::{PAYMENT_SETTINGS, TRIAL_SETTINGS};
use super::items::{self, CHANGED};
use super::{changed, collection, is_live, pending, planned_end};
use crate::core::error::{ApiError, Result};
use crate::core::json::Json;
use crate::core::work::Work;
use crate::life::schedule;
use crate::params::args::Args;
use crate::params::shape::{Kind, Shape};
use crate::resources::discount::{self, DISCOUNTS};
use crate::resources::invoice;
use crate::resources::invoice_item;
use crate::resources::shapes::AUTOMATIC_TAX;

/// Why somebody cancels.
pub(crate) const FEEDBACK: &[&str] = &[
    "customer_service",
    "low_quality",
    "missing_features",
    "other",
    "switched_service",
    "too_complex",
    "too_expensive",
    "unused",
];
const DETAILS: Shape = &[("comment", Kind::Text), ("feedback", Kind::Word(FEEDBACK))];
pub(super) const CANCELLATION_DETAILS: Kind = Kind::Nested(DETAILS);

const PAUSE: Shape = &[
    ("behavior", Kind::Word(&["keep_as_draft", "mark_uncollectible", "void"])),
    ("resumes_at", Kind::Time(&[])),
];

pub(crate) const PAYMENT_BEHAVIOR: Kind =
    Kind::Word(&["allow_incomplete", "default_incomplete", "error_if_incomplete", "pending_if_incomplete"]);
pub(crate) const PRORATION_BEHAVIOR: Kind = Kind::Word(&["always_invoice", "create_prorations", "none"]);
pub(crate) const CANCEL_AT: Kind = Kind::Time(&["max_billed_until", "max_period_end", "min_period_end"]);

pub(super) const UPDATE: Shape = &[
    ("add_invoice_items", Kind::Each(invoice_item::ADDED)),
    ("automatic_tax", Kind::Nested(AUTOMATIC_TAX)),
    ("billing_cycle_anchor", Kind::Word(&["now", "unchanged"])),
    ("cancel_at", CANCEL_AT),
    ("cancel_at_period_end", Kind::Bool),
    ("cancellation_details", CANCELLATION_DETAILS),
    ("collection_method", Kind::Word(&["charge_automatically", "send_invoice"])),
    ("days_until_due", Kind::Int),
    ("default_payment_method", Kind::Text),
    ("description", Kind::Text),
    ("discounts", Kind::Each(DISCOUNTS)),
    ("items", Kind::Each(CHANGED)),
    ("metadata", Kind::Metadata),
    ("off_session", Kind::Bool),
    ("pause_collection", Kind::Nested(PAUSE)),
    ("payment_behavior", PAYMENT_BEHAVIOR),
    ("payment_settings", Kind::Nested(PAYMENT_SETTINGS)),
    ("proration_behavior", PRORATION_BEHAVIOR),
    ("proration_date", Kind::Time(&[])),
    ("trial_end", Kind::Time(&["now"])),
    ("trial_settings", Kind::Nested(TRIAL_SETTINGS)),
];

pub(super) fn update(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let before = work.path("subscription", args.id())?;
    let id = before.id();
    refuse(args, &before)?;
    invoice::refuse_tax(args)?;
    let changes_bill = ["items", "trial_end", "billing_cycle_anchor"].iter().any(|name| args.sent(name));
    if changes_bill && before.has("pending_update") {
        pending::discard(work, &id);
    }
    let before = work.see(&id);
    let ends_early = set_plain(work, args, &before)?;
    discount::on_subscription(work, &id, args.params.get("discounts"), None)?;
    let mut change = Change::read(work, args)?;
    if args.sent("items") {
        change.items = Some(items::changed(work, &before, args.params.list("items"), "items")?);
    }
    for (index, added) in args.params.list("add_invoice_items").iter().enumerate() {
        invoice_item::add(work, &before, added, &format!("add_invoice_items[{index}]"))?;
    }
    let mut due = change::make(work, &id, &change)?;
    due.now |= ends_early && change.proration == Proration::Always;
    settle(work, &before, due, args)?;
    if args.sent("items") {
        schedule::follow(work, &id);
    }
    changed(work, &id);
    Ok((*work.see(&id)).clone())
}

/// Members that are copied, and those that change neither items nor time. Answers whether a planned end was prorated.
fn set_plain(work: &mut Work<'_>, args: &Args, before: &Value) -> Result<bool> {
    let id = before.id();
    let method = collection::default_method(work, args, &before.string("customer"))?;
    let ends_early = planned_end::set(work, args, &id)?;
    collection::set(work, args, &id)?;
    work.edit(&id, |subscription| {
        args.copy(&["description"], subscription);
        if args.sent("default_payment_method") {
            subscription.set("default_payment_method", method);
        }
        args.merge("payment_settings", subscription);
        args.merge("trial_settings", subscription);
        args.merge("cancellation_details", subscription);
        if !subscription.at("cancellation_details").is_object() {
            let none = json!({ "comment": null, "feedback": null, "reason": null });
            subscription.set("cancellation_details", none);
        }
        args.metadata(subscription);
        match args.params.get("pause_collection") {
            Some(Value::Null) => subscription.set("pause_collection", Value::Null),
            Some(sent) => {
                let behavior = sent.text("behavior").unwrap_or("keep_as_draft");
                let pause = json!({ "behavior": behavior, "resumes_at": sent.at("resumes_at") });
                subscription.set("pause_collection", pause);
            }
            None => {}
        }
    });
    Ok(ends_early)
}

/// # Errors
/// 400 for a subscription that is over, or that cannot be changed in this way now.
fn refuse(args: &Args, subscription: &Value) -> Result<()> {
    if !is_live(subscription) {
        let only_words = args.params.as_object().is_some_and(|sent| {
            sent.keys().all(|name| matches!(name.as_str(), "cancellation_details" | "metadata" | "expand"))
        });
        if !only_words {
            let message = "A canceled subscription can only update its cancellation_details and metadata.";
            return Err(ApiError::invalid(message).begun());
        }
    }
    // A moment that is over by now is taken, and collection goes on at once: recorded traffic is replayed later.
    if args.params.int("pause_collection.resumes_at").is_some_and(|at| at < 0) {
        let message = "Invalid timestamp: must be an integer Unix timestamp.";
        return Err(ApiError::invalid(message).param("pause_collection[resumes_at]"));
    }
    if args.text("payment_behavior") == Some("pending_if_incomplete") {
        pending::check(args)?;
    }
    if subscription.is("status", "incomplete")
        && (args.sent("items") || args.text("default_payment_method").is_some())
    {
        let message =
            "You cannot update a subscription in `incomplete` status in a way that changes its payment.";
        return Err(ApiError::invalid(message).begun());
    }
    Ok(())
}

/// Invoices what a change made due at once: the invoice, if it is to be collected now.
fn invoice_at_once(work: &mut Work<'_>, before: &Value, due: Due) -> Option<String> {
    if !due.now {
        return None;
    }
    let period = (super::period(before).0, work.now);
    let bill = Bill { reason: "subscription_update", lines: due.lines, period, draft: false };
    let id = bill::bill(work, &before.id(), &bill);
    let invoice = work.see(&id);
    (invoice.is("status", "open") && !invoice.is("collection_method", "send_invoice")).then_some(id)
}

/// Invoices what a change made due at once, and collects it by `payment_behavior`.
///
/// # Errors
/// With `error_if_incomplete`, as [`bill::collect`].
pub(crate) fn settle(work: &mut Work<'_>, before: &Arc<Value>, due: Due, args: &Args) -> Result<()> {
    let Some(invoice) = invoice_at_once(work, before, due) else { return Ok(()) };
    let behavior = args.text("payment_behavior").unwrap_or("allow_incomplete");
    let waits = behavior == "pending_if_incomplete";
    if behavior == "default_incomplete" {
        return Ok(());
    }
    if waits {
        work.edit(&invoice, |invoice| {
            invoice.set("_waited_for", true);
            invoice.set("auto_advance", false);
        });
    }
    let off_session = args.flag("off_session");
    let strict = behavior == "error_if_incomplete";
    bill::collect(work, &invoice, Terms { off_session, strict, automatic: !waits })?;
    if waits && !work.see(&invoice).is("status", "paid") {
        pending::hold(work, &before.id(), before, &invoice, args.at("metadata"));
    }
    Ok(())
}

/// As [`settle`], where nobody asked for the change: what cannot be collected is retried like every other invoice.
pub(crate) fn settle_unasked(work: &mut Work<'_>, before: &Value, due: Due) {
    if let Some(invoice) = invoice_at_once(work, before, due) {
        invoice::settle::collect(work, &invoice, None, true, true);
    }
}
