//! Changing a subscription. Prorations are for a later floor: what would need one is refused.

use serde_json::{Value, json};

use super::create::{PAYMENT_SETTINGS, TRIAL_SETTINGS, set_cancellation};
use super::items::{self, CHANGED};
use super::{bill, changed, is_live, set_period};
use crate::core::error::{ApiError, Result};
use crate::core::json::Json;
use crate::core::work::Work;
use crate::life::{calendar, trial};
use crate::params::args::{Args, merge_metadata};
use crate::params::shape::{Kind, Shape};
use crate::resources::invoice::{self, settle};
use crate::resources::payment_method;
use crate::resources::shapes::AUTOMATIC_TAX;

const DETAILS: Shape = &[
    ("comment", Kind::Text),
    (
        "feedback",
        Kind::Word(&[
            "customer_service",
            "low_quality",
            "missing_features",
            "other",
            "switched_service",
            "too_complex",
            "too_expensive",
            "unused",
        ]),
    ),
];
pub(super) const CANCELLATION_DETAILS: Kind = Kind::Nested(DETAILS);

const PAUSE: Shape = &[
    ("behavior", Kind::Word(&["keep_as_draft", "mark_uncollectible", "void"])),
    ("resumes_at", Kind::Time(&[])),
];

pub(super) const UPDATE: Shape = &[
    ("automatic_tax", Kind::Nested(AUTOMATIC_TAX)),
    ("billing_cycle_anchor", Kind::Word(&["now", "unchanged"])),
    ("cancel_at", Kind::Time(&[])),
    ("cancel_at_period_end", Kind::Bool),
    ("cancellation_details", CANCELLATION_DETAILS),
    ("collection_method", Kind::Word(&["charge_automatically"])),
    ("default_payment_method", Kind::Text),
    ("description", Kind::Text),
    ("items", Kind::Each(CHANGED)),
    ("metadata", Kind::Metadata),
    ("off_session", Kind::Bool),
    ("pause_collection", Kind::Nested(PAUSE)),
    (
        "payment_behavior",
        Kind::Word(&[
            "allow_incomplete",
            "default_incomplete",
            "error_if_incomplete",
            "pending_if_incomplete",
        ]),
    ),
    ("payment_settings", Kind::Nested(PAYMENT_SETTINGS)),
    ("proration_behavior", Kind::Word(&["always_invoice", "create_prorations", "none"])),
    ("trial_end", Kind::Time(&["now"])),
    ("trial_settings", Kind::Nested(TRIAL_SETTINGS)),
];

pub(super) fn update(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let subscription = work.path("subscription", args.id())?;
    let id = subscription.id();
    refuse(args, &subscription)?;
    invoice::refuse_tax(args)?;
    if args.text("default_payment_method").is_some() {
        check_method(work, args, &subscription)?;
    }
    set_cancellation(work, args, &id)?;
    work.edit(&id, |subscription| {
        args.copy(&["default_payment_method", "description"], subscription);
        args.merge("payment_settings", subscription);
        args.merge("trial_settings", subscription);
        args.merge("cancellation_details", subscription);
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
    if args.at("cancellation_details").is_null() && !work.see(&id).at("cancellation_details").is_object() {
        work.set(&id, "cancellation_details", json!({ "comment": null, "feedback": null, "reason": null }));
    }
    let priced = change_items(work, args, &id)?;
    apply_time(work, args, &id, priced)?;
    changed(work, &id);
    Ok((*work.see(&id)).clone())
}

/// # Errors
/// 400 for a subscription that is over, or for what this floor cannot do.
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
    if args.text("payment_behavior") == Some("pending_if_incomplete") {
        return Err(
            ApiError::unsupported("payment_behavior=pending_if_incomplete yet").param("payment_behavior")
        );
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

fn check_method(work: &mut Work<'_>, args: &Args, subscription: &Value) -> Result<()> {
    let named = args.need_text("default_payment_method")?;
    let method = payment_method::materialize(work, named, "default_payment_method")?;
    if work.see(&method).is("customer", &subscription.string("customer")) {
        return Ok(());
    }
    let message = format!(
        "The customer does not have a payment method with the ID {named}. The payment method must be attached to the \
         customer."
    );
    Err(ApiError::invalid(message).code("resource_missing").param("default_payment_method"))
}

/// What a change of items means for the bill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Priced {
    /// Neither price nor quantity changed.
    Same,
    /// The next invoice is at the new price.
    NextTime,
    /// Another interval: a new period begins now ([spec]).
    NewInterval,
}

fn change_items(work: &mut Work<'_>, args: &Args, id: &str) -> Result<Priced> {
    if !args.sent("items") {
        return Ok(Priced::Same);
    }
    let before = work.see(id).list("items.data").to_vec();
    let period = super::period(&work.see(id));
    let mut after = before.clone();
    for (index, sent) in args.params.list("items").to_vec().iter().enumerate() {
        if let Some(item_id) = sent.text("id") {
            let Some(place) = after.iter().position(|item| item.is("id", item_id)) else {
                let param = format!("items[{index}][id]");
                return Err(ApiError::missing_param("subscription item", item_id, &param));
            };
            if sent.flag("deleted") {
                after.remove(place);
            } else {
                change_item(work, &mut after[place], sent, index)?;
            }
        } else {
            let price = items::price_of(work, sent, index)?;
            let quantity = items::quantity_of(sent, index)?.unwrap_or(1);
            let mut item = items::make(work, id, &price, quantity, sent.at("metadata"));
            item.set("current_period_start", period.0);
            item.set("current_period_end", period.1);
            after.push(item);
        }
    }
    apply_items(work, id, &before, after, args.text("proration_behavior"))
}

/// Puts changed items into place.
///
/// # Errors
/// 400 when the change would need a proration.
pub(crate) fn apply_items(
    work: &mut Work<'_>,
    id: &str,
    before: &[Value],
    after: Vec<Value>,
    proration: Option<&str>,
) -> Result<Priced> {
    if after.is_empty() {
        let message = "A subscription must have at least one active plan.";
        return Err(ApiError::invalid(message).param("items"));
    }
    let prices: Vec<&Value> = after.iter().map(|item| item.at("price")).collect();
    items::check_together(&prices)?;
    let subscription = work.see(id);
    if !prices.iter().all(|price| price.at("currency") == subscription.at("currency")) {
        let message = "The price specified only supports another currency than the subscription's.";
        return Err(ApiError::invalid(message).param("items"));
    }
    let billed = |items: &[Value]| -> Vec<(Value, Value)> {
        items.iter().map(|item| (item.at("price.id").clone(), item.at("quantity").clone())).collect()
    };
    let same_bill = billed(before) == billed(&after);
    let interval = |items: &[Value]| items.first().map(|item| item.at("price.recurring").clone());
    let new_interval = interval(before) != interval(&after);
    let trialing = subscription.is("status", "trialing");
    if !same_bill && !trialing && proration != Some("none") {
        return Err(
            ApiError::unsupported("prorations yet: pass proration_behavior=none").param("proration_behavior")
        );
    }
    work.edit(id, |subscription| items::put(subscription, after));
    Ok(match (same_bill, new_interval && !trialing) {
        (true, _) => Priced::Same,
        (false, false) => Priced::NextTime,
        (false, true) => Priced::NewInterval,
    })
}

fn change_item(work: &mut Work<'_>, item: &mut Value, sent: &Value, index: usize) -> Result<()> {
    if (sent.has("price") || sent.has("price_data")) && item.at("price.id") != sent.at("price") {
        let price = items::price_of(work, sent, index)?;
        item.set("plan", items::plan(&price));
        item.set("price", price);
        // [spec]: the quantity is 1 when the price changes and none is given.
        item.set("quantity", 1);
    }
    if let Some(quantity) = items::quantity_of(sent, index)? {
        item.set("quantity", quantity);
    }
    merge_metadata(sent.get("metadata"), item);
    Ok(())
}

/// Trial end, anchor, and the bill that a new period needs.
fn apply_time(work: &mut Work<'_>, args: &Args, id: &str, priced: Priced) -> Result<()> {
    let subscription = work.see(id);
    let trialing = subscription.is("status", "trialing");
    match args.at("trial_end") {
        Value::String(_) if trialing => {
            trial::end_now(work, id);
            return Ok(());
        }
        Value::Number(_) => {
            let end = args.int("trial_end").unwrap_or_default();
            if end <= work.now {
                let message = "Invalid timestamp: must be an integer Unix timestamp in the future.";
                return Err(ApiError::invalid(message).param("trial_end"));
            }
            if !trialing {
                return Err(
                    ApiError::unsupported("a trial in the middle of a paid period yet").param("trial_end")
                );
            }
            let (start, _) = super::period(&subscription);
            work.edit(id, |subscription| {
                subscription.set("trial_end", end);
                subscription.set("billing_cycle_anchor", end);
                subscription.set("_warned", Value::Null);
                set_period(subscription, (start, end));
                if subscription.flag("cancel_at_period_end") {
                    subscription.set("cancel_at", end);
                }
            });
            trial::warn_if_short(work, id);
            return Ok(());
        }
        _ => {}
    }
    let anchor_now = args.text("billing_cycle_anchor") == Some("now");
    if anchor_now && args.text("proration_behavior") != Some("none") {
        return Err(ApiError::unsupported("prorations yet: pass proration_behavior=none")
            .param("billing_cycle_anchor"));
    }
    if (anchor_now || priced == Priced::NewInterval) && !trialing {
        begin_period_now(work, id, args.flag("off_session"));
    }
    Ok(())
}

/// A new period begins now, and is charged at once.
pub(crate) fn begin_period_now(work: &mut Work<'_>, id: &str, off_session: bool) {
    let now = work.now;
    let price = work.see(id).at("items.data.0.price").clone();
    let period = (now, calendar::next_period_end(now, now, &price));
    work.edit(id, |subscription| {
        subscription.set("billing_cycle_anchor", now);
        set_period(subscription, period);
        if subscription.flag("cancel_at_period_end") {
            subscription.set("cancel_at", period.1);
        }
    });
    let invoice = bill(work, id, "subscription_update", period, false, false);
    if work.see(&invoice).is("status", "open") {
        settle::collect(work, &invoice, None, off_session, true);
    }
}
