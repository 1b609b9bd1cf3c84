//! `pending_if_incomplete`: a change that waits for its invoice to be paid (Stripe docs: pending updates).

use crate::core::value::{Map, Value, json};

use super::changed;
use crate::core::error::{ApiError, Result};
use crate::core::json::Json;
use crate::core::work::Work;
use crate::life::schedule;
use crate::params::args::{Args, merge_metadata};
use crate::resources::invoice::finalize;

/// [spec]: such a change is discarded after 23 hours, or at the trial's or the period's end if that is sooner.
const WAITS: i64 = 23 * 3600;

/// What a change may change, and what therefore waits.
const CHANGED: &[&str] = &[
    "_announced",
    "_debits",
    "_paid_until",
    "_warned",
    "billing_cycle_anchor",
    "discounts",
    "items",
    "plan",
    "quantity",
    "status",
    "trial_end",
    "trial_start",
];

/// Stripe docs, pending updates: the parameters that can wait.
const SUPPORTED: &[&str] = &[
    "add_invoice_items",
    "billing_cycle_anchor",
    "discounts",
    "expand",
    "items",
    "metadata",
    "off_session",
    "payment_behavior",
    "proration_behavior",
    "proration_date",
    "trial_end",
];

/// # Errors
/// 400 for a parameter that cannot wait.
pub(super) fn check(args: &Args) -> Result<()> {
    let sent = args.params.as_object();
    let other = sent.and_then(|sent| sent.keys().find(|name| !SUPPORTED.contains(&name.as_str())));
    let Some(other) = other else { return Ok(()) };
    let message = format!(
        "When `payment_behavior` is set to `pending_if_incomplete`, you can only pass supported params when updating \
         the subscription: `{}`. You passed `{other}`.",
        SUPPORTED.join("`, `")
    );
    Err(ApiError::invalid(message).param(other))
}

/// Puts the subscription back to what it was; the change waits for the invoice.
pub(super) fn hold(work: &mut Work<'_>, id: &str, before: &Value, invoice: &str, metadata: &Value) {
    let after = work.see(id);
    // Only what the change itself changes waits: the rest may become something else until it is made.
    let changes = CHANGED.iter().filter(|name| before.at(name) != after.at(name));
    let mut waiting: Map = changes.map(|name| ((*name).to_owned(), after.at(name).clone())).collect();
    waiting.insert("metadata".to_owned(), metadata.clone());
    let end = before.list("items.data").iter().map(|item| item.num("current_period_end")).min();
    let expires = [Some(work.now + WAITS), end, before.int("trial_end")];
    let expires = expires.into_iter().flatten().filter(|at| *at > work.now).min();
    let or_null =
        |name: &str| if before.at(name) == after.at(name) { Value::Null } else { after.at(name).clone() };
    let shown = json!({
        "billing_cycle_anchor": or_null("billing_cycle_anchor"),
        "discounts": or_null("discounts"),
        "expires_at": expires,
        "metadata": metadata,
        "subscription_items": if before.at("items") == after.at("items") {
            Value::Null
        } else {
            after.at("items.data").clone()
        },
        "trial_end": or_null("trial_end"),
        "trial_from_plan": null,
    });
    work.edit(id, |subscription| {
        for name in CHANGED {
            subscription.set(name, before.at(name).clone());
        }
        for name in ["cancel_at", "metadata"] {
            subscription.set(name, before.at(name).clone());
        }
        subscription.set("pending_update", shown);
        subscription.set("_pending", json!({ "invoice": invoice, "after": waiting }));
    });
}

/// An invoice was paid: the change that waited for it is made.
pub(super) fn apply(work: &mut Work<'_>, id: &str, invoice: &str) {
    let subscription = work.see(id);
    if !subscription.is("_pending.invoice", invoice) {
        return;
    }
    let after = subscription.at("_pending.after").clone();
    work.edit(id, |subscription| {
        for name in CHANGED {
            if let Some(value) = after.get(name) {
                subscription.set(name, value.clone());
            }
        }
        if subscription.flag("cancel_at_period_end") {
            subscription.set("cancel_at", super::period(subscription).1);
        }
        merge_metadata(after.get("metadata").filter(|sent| !sent.is_null()), subscription);
    });
    forget(work, id);
    if after.has("items") {
        schedule::follow(work, id);
    }
    changed(work, id);
    work.tell("customer.subscription.pending_update_applied", id);
}

/// An invoice was voided: the change that waited for it will not be made.
pub(super) fn drop_of(work: &mut Work<'_>, id: &str, invoice: &str) {
    if work.see(id).is("_pending.invoice", invoice) {
        forget(work, id);
    }
}

/// Another change takes the place of the one that waits, its time has come, or the subscription ends: its invoice is void.
pub(crate) fn discard(work: &mut Work<'_>, id: &str) {
    let invoice = work.see(id).string("_pending.invoice");
    forget(work, id);
    if work.see(&invoice).is("status", "open") {
        finalize::void(work, &invoice);
    }
}

/// The time of a change that waits is over.
pub(crate) fn expire(work: &mut Work<'_>, id: &str) {
    discard(work, id);
    changed(work, id);
    work.tell("customer.subscription.pending_update_expired", id);
}

fn forget(work: &mut Work<'_>, id: &str) {
    work.edit(id, |subscription| {
        subscription.set("pending_update", Value::Null);
        subscription.set("_pending", Value::Null);
    });
}
