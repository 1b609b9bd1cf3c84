//! The ends of a subscription: canceled, or expired before its first payment.

use serde_json::Value;

use super::changed;
use super::update::CANCELLATION_DETAILS;
use crate::core::error::{ApiError, Result};
use crate::core::json::Json;
use crate::core::work::Work;
use crate::params::args::Args;
use crate::params::shape::{Kind, Shape};
use crate::resources::invoice::finalize;

pub(super) const CANCEL: Shape =
    &[("cancellation_details", CANCELLATION_DETAILS), ("invoice_now", Kind::Bool), ("prorate", Kind::Bool)];

pub(super) fn cancel(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let subscription = work.path("subscription", args.id())?;
    let id = subscription.id();
    if !super::is_live(&subscription) {
        // A canceled subscription is not found again by DELETE ([mem]).
        return Err(ApiError::missing("subscription", &id).begun());
    }
    for name in ["invoice_now", "prorate"] {
        if args.flag(name) {
            return Err(ApiError::unsupported(&format!("{name}=true yet")).param(name));
        }
    }
    work.edit(&id, |subscription| args.merge("cancellation_details", subscription));
    now(work, &id, "cancellation_requested");
    Ok((*work.see(&id)).clone())
}

/// Ends a subscription at once. One that never was paid expires instead ([doc]).
pub(crate) fn now(work: &mut Work<'_>, id: &str, reason: &str) {
    let at = work.now;
    let subscription = work.see(id);
    if subscription.is("status", "incomplete") {
        work.edit(id, |subscription| {
            subscription.set("cancellation_details.reason", reason);
            subscription.set("canceled_at", at);
        });
        finalize::stop_collecting(work, id);
        end(work, id, "incomplete_expired");
        changed(work, id);
        return;
    }
    work.edit(id, |subscription| {
        // [rec]: an earlier request's time is kept.
        if !subscription.has("canceled_at") {
            subscription.set("canceled_at", at);
        }
        if !subscription.has("cancellation_details.reason") {
            subscription.set("cancellation_details.reason", reason);
        }
        subscription.set("cancel_at", Value::Null);
        subscription.set("cancel_at_period_end", false);
    });
    finalize::stop_collecting(work, id);
    end(work, id, "canceled");
    work.tell("customer.subscription.deleted", id);
}

/// Not paid within 23 hours, or its invoice was voided ([spec]).
pub(crate) fn expire(work: &mut Work<'_>, id: &str) {
    end(work, id, "incomplete_expired");
    changed(work, id);
}

fn end(work: &mut Work<'_>, id: &str, status: &str) {
    let at = work.now;
    work.edit(id, |subscription| {
        subscription.set("status", status);
        subscription.set("ended_at", at);
        subscription.set("_due", Value::Null);
    });
}
