//! Resuming a subscription that was paused when its trial ended without a card.

use crate::core::value::Value;

use super::bill::{self, Bill};
use super::change::{begin_period, lines_of};
use super::update::PRORATION_BEHAVIOR;
use super::{changed, set_status};
use crate::core::error::{ApiError, Result};
use crate::core::json::Json;
use crate::core::work::Work;
use crate::life::calendar;
use crate::params::args::Args;
use crate::params::shape::{Kind, Shape};
use crate::resources::invoice;

pub(super) const RESUME: Shape = &[
    ("billing_cycle_anchor", Kind::Word(&["now", "unchanged"])),
    ("proration_behavior", PRORATION_BEHAVIOR),
];

/// The invoice of the resumption must be paid before the subscription is active ([spec]).
pub(super) fn resume(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let subscription = work.path("subscription", args.id())?;
    let id = subscription.id();
    if !subscription.is("status", "paused") {
        let message = format!(
            "You can only resume a subscription with status `paused`. This subscription's status is `{}`.",
            subscription.string("status")
        );
        return Err(ApiError::invalid(message).begun());
    }
    let unchanged = args.text("billing_cycle_anchor") == Some("unchanged");
    let covered = unchanged.then(|| {
        let price = subscription.at("items.data.0.price");
        calendar::period_around(subscription.num("billing_cycle_anchor"), work.now, price)
    });
    let lines = match covered {
        None => {
            begin_period(work, &id);
            lines_of(work, &id, false)
        }
        // The rest of the period that goes on; without prorations it is free.
        Some((_, end)) => {
            let now = work.now;
            work.edit(&id, |subscription| super::set_period(subscription, (now, end)));
            if args.text("proration_behavior") == Some("none") {
                Vec::new()
            } else {
                let resumed = work.see(&id);
                let items = resumed.list("items.data");
                items.iter().map(|item| super::proration::until_anchor(work, &resumed, item)).collect()
            }
        }
    };
    if lines.is_empty() {
        active(work, &id);
        return Ok((*work.see(&id)).clone());
    }
    let bill = Bill { reason: "subscription_update", lines, period: (work.now, work.now), draft: false };
    let invoice = bill::bill(work, &id, &bill);
    work.set(&id, "_resumes_by", invoice.as_str());
    if work.see(&invoice).is("status", "open") {
        invoice::settle::collect(work, &invoice, None, true, true);
        if !work.see(&invoice).is("status", "paid") {
            // [spec]: if the payment fails the subscription will be past_due.
            set_status(work, &id, "past_due");
        }
    } else {
        after_paid(work, &id, &invoice);
    }
    changed(work, &id);
    Ok((*work.see(&id)).clone())
}

/// The invoice of a resumption was paid.
pub(super) fn after_paid(work: &mut Work<'_>, id: &str, invoice: &str) {
    if work.see(id).is("_resumes_by", invoice) {
        work.set(id, "_resumes_by", Value::Null);
        active(work, id);
    }
}

fn active(work: &mut Work<'_>, id: &str) {
    set_status(work, id, "active");
    changed(work, id);
    work.tell("customer.subscription.resumed", id);
}
