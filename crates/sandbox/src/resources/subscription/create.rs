//! Creating a subscription: with a trial, with a first payment, or waiting for one.

use serde_json::{Value, json};

use super::items::{self, NEW};
use super::{bill, changed, set_period};
use crate::core::error::{ApiError, Result};
use crate::core::json::Json;
use crate::core::work::Work;
use crate::life::{self, calendar};
use crate::params::args::Args;
use crate::params::shape::{Kind, Shape};
use crate::resources::invoice::{self, settle};
use crate::resources::payment_intent::attempt::{How, Outcome};
use crate::resources::shapes::AUTOMATIC_TAX;
use crate::resources::{payment_method, setup_intent, test_clock};

pub(super) const PAYMENT_SETTINGS: Shape = &[
    ("payment_method_types", Kind::Texts),
    ("save_default_payment_method", Kind::Word(&["off", "on_subscription"])),
];
pub(super) const TRIAL_SETTINGS: Shape = &[(
    "end_behavior",
    Kind::Nested(&[("missing_payment_method", Kind::Word(&["cancel", "create_invoice", "pause"]))]),
)];
const BILLING_MODE: Shape = &[("type", Kind::Word(&["flexible"]))];

pub(super) const CREATE: Shape = &[
    ("automatic_tax", Kind::Nested(AUTOMATIC_TAX)),
    ("billing_mode", Kind::Nested(BILLING_MODE)),
    ("cancel_at", Kind::Time(&[])),
    ("cancel_at_period_end", Kind::Bool),
    ("collection_method", Kind::Word(&["charge_automatically"])),
    ("currency", Kind::Text),
    ("customer", Kind::Text),
    ("default_payment_method", Kind::Text),
    ("description", Kind::Text),
    ("items", Kind::Each(NEW)),
    ("metadata", Kind::Metadata),
    ("off_session", Kind::Bool),
    ("payment_behavior", Kind::Word(&["allow_incomplete", "default_incomplete", "error_if_incomplete"])),
    ("payment_settings", Kind::Nested(PAYMENT_SETTINGS)),
    ("proration_behavior", Kind::Word(&["always_invoice", "create_prorations", "none"])),
    ("trial_end", Kind::Time(&["now"])),
    ("trial_period_days", Kind::Int),
    ("trial_settings", Kind::Nested(TRIAL_SETTINGS)),
];

/// Stripe docs: a trial is at most two years (730 days).
const LONGEST_TRIAL_DAYS: i64 = 730;
pub(crate) const DAY: i64 = 86_400;

pub(super) fn create(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let customer = work.named("customer", args.need_text("customer")?, "customer")?;
    test_clock::admit_subscription(work, &customer)?;
    invoice::refuse_tax(args)?;
    let method = default_method(work, args, &customer.id())?;
    let trial_end = trial_end(work, args)?;
    let id = format!("sub_1{}", work.random.text(23));
    let items = new_items(work, args, &id)?;
    let has_method = method.is_some() || customer.has("invoice_settings.default_payment_method");
    let behavior = args.text("payment_behavior").unwrap_or("allow_incomplete");
    let costs = trial_end.is_none()
        && items.iter().any(|item| item.num("price.unit_amount") * item.num("quantity") > 0);
    if costs && !has_method && behavior != "default_incomplete" {
        let message = "This customer has no attached payment source or default payment method. Please consider adding \
                       a default payment method. For more information, visit \
                       https://stripe.com/docs/billing/subscriptions/payment-methods-setting#payment-method-priority.";
        return Err(ApiError::conflict("resource_missing", message));
    }
    store(work, args, &id, &customer.id(), items, trial_end);
    set_cancellation(work, args, &id)?;
    let trial = trial_end.is_some();
    let period = super::period(&work.see(&id));
    let first = bill(work, &id, "subscription_create", period, trial, false);
    if trial {
        wait_for_card(work, &id, has_method);
    }
    if work.see(&first).is("status", "open") && behavior != "default_incomplete" {
        let off_session = args.flag("off_session");
        pay_first(work, &first, off_session, behavior == "error_if_incomplete")?;
    }
    announce(work, &id);
    Ok((*work.see(&id)).clone())
}

fn default_method(work: &mut Work<'_>, args: &Args, customer: &str) -> Result<Option<String>> {
    let Some(named) = args.text("default_payment_method") else { return Ok(None) };
    let method = payment_method::materialize(work, named, "default_payment_method")?;
    if !work.see(&method).is("customer", customer) {
        let message = format!(
            "The customer does not have a payment method with the ID {named}. The payment method must be attached to \
             the customer."
        );
        return Err(ApiError::invalid(message).code("resource_missing").param("default_payment_method"));
    }
    Ok(Some(method))
}

/// When a trial ends (seconds), if there is one.
fn trial_end(work: &Work<'_>, args: &Args) -> Result<Option<i64>> {
    let end = match (args.int("trial_end"), args.int("trial_period_days")) {
        (Some(_), Some(_)) => {
            let message = "You may only specify one of these parameters: trial_end, trial_period_days.";
            return Err(ApiError::invalid(message).code("parameters_exclusive"));
        }
        (Some(end), None) => end,
        (None, Some(0) | None) => return Ok(None),
        (None, Some(days)) if days < 0 => {
            let message = "Invalid trial_period_days: must be at least 1.";
            return Err(ApiError::invalid(message)
                .code("parameter_invalid_integer")
                .param("trial_period_days"));
        }
        (None, Some(days)) => work.now.saturating_add(days.saturating_mul(DAY)),
    };
    if end <= work.now {
        let message = "Invalid timestamp: must be an integer Unix timestamp in the future.";
        return Err(ApiError::invalid(message).param("trial_end"));
    }
    if end > work.now + (LONGEST_TRIAL_DAYS + 1) * DAY {
        let message = "Invalid timestamp: can be no more than 730 days (two years) in the future.";
        return Err(ApiError::invalid(message).param("trial_end"));
    }
    Ok(Some(end))
}

fn new_items(work: &mut Work<'_>, args: &Args, id: &str) -> Result<Vec<Value>> {
    let sent = args.params.list("items").to_vec();
    if sent.is_empty() {
        return Err(ApiError::required("items"));
    }
    let mut made = Vec::with_capacity(sent.len());
    for (index, item) in sent.iter().enumerate() {
        let price = items::price_of(work, item, index)?;
        let quantity = items::quantity_of(item, index)?.unwrap_or(1);
        made.push(items::make(work, id, &price, quantity, item.at("metadata")));
    }
    let prices: Vec<&Value> = made.iter().map(|item| item.at("price")).collect();
    items::check_together(&prices)?;
    if let Some(currency) = args.text("currency")
        && !prices.iter().all(|price| price.is("currency", currency))
    {
        let message =
            "The price specified only supports its own currency. This doesn't match the expected currency.";
        return Err(ApiError::invalid(message).param("currency"));
    }
    Ok(made)
}

fn store(
    work: &mut Work<'_>,
    args: &Args,
    id: &str,
    customer: &str,
    made: Vec<Value>,
    trial_end: Option<i64>,
) {
    let now = work.now;
    let price = made[0].at("price").clone();
    let end = trial_end.unwrap_or_else(|| calendar::next_period_end(now, now, &price));
    let status = if trial_end.is_some() { "trialing" } else { "incomplete" };
    let mut subscription = json!({
        "id": id,
        "object": "subscription",
        "application": null,
        "application_fee_percent": null,
        "automatic_tax": { "disabled_reason": null, "enabled": false, "liability": null },
        "billing_cycle_anchor": trial_end.unwrap_or(now),
        "billing_cycle_anchor_config": null,
        "billing_mode": { "flexible": { "proration_discounts": "included" }, "type": "flexible", "updated_at": now },
        "billing_schedules": [],
        "billing_thresholds": null,
        "cancel_at": null,
        "cancel_at_period_end": false,
        "canceled_at": null,
        "cancellation_details": { "comment": null, "feedback": null, "reason": null },
        "collection_method": "charge_automatically",
        "created": now,
        "currency": price.at("currency"),
        "customer": customer,
        "customer_account": null,
        "days_until_due": null,
        "default_payment_method": null,
        "default_source": null,
        "default_tax_rates": [],
        "description": null,
        "discounts": [],
        "ended_at": null,
        "invoice_settings": { "account_tax_ids": null, "issuer": { "type": "self" } },
        "items": null,
        "latest_invoice": null,
        "livemode": false,
        "metadata": {},
        "next_pending_invoice_item_invoice": null,
        "on_behalf_of": null,
        "pause_collection": null,
        "payment_settings": {
            "payment_method_options": null, "payment_method_types": null, "save_default_payment_method": "off"
        },
        "pending_invoice_item_interval": null,
        "pending_setup_intent": null,
        "pending_update": null,
        "plan": null,
        "quantity": null,
        "schedule": null,
        "start_date": now,
        "status": status,
        "test_clock": null,
        "transfer_data": null,
        "trial_end": trial_end,
        "trial_settings": { "end_behavior": { "missing_payment_method": "create_invoice" } },
        "trial_start": trial_end.map(|_| now),
        "_quiet": true,
    });
    items::put(&mut subscription, made);
    set_period(&mut subscription, (now, end));
    args.copy(&["default_payment_method", "description"], &mut subscription);
    args.merge("payment_settings", &mut subscription);
    args.merge("trial_settings", &mut subscription);
    args.metadata(&mut subscription);
    work.create(subscription);
}

/// `cancel_at_period_end` and `cancel_at`.
pub(super) fn set_cancellation(work: &mut Work<'_>, args: &Args, id: &str) -> Result<()> {
    let subscription = work.see(id);
    let now = work.now;
    let at_end = args.at("cancel_at_period_end").as_bool();
    let at = args.int("cancel_at");
    if at_end == Some(true) && at.is_some() {
        let message = "You may only specify one of these parameters: cancel_at, cancel_at_period_end.";
        return Err(ApiError::invalid(message).code("parameters_exclusive"));
    }
    if at.is_some_and(|at| at <= now) {
        let message = "Invalid timestamp: must be an integer Unix timestamp in the future.";
        return Err(ApiError::invalid(message).param("cancel_at"));
    }
    let target = match (at_end, at) {
        (Some(true), _) => Some(super::period(&subscription).1),
        (_, Some(at)) => Some(at),
        // `false` or an empty `cancel_at` undoes whichever is set.
        (Some(false), None) if subscription.flag("cancel_at_period_end") => None,
        (None, None) if args.sent("cancel_at") => None,
        _ => return Ok(()),
    };
    work.edit(id, |subscription| {
        let pending = subscription.has("cancel_at");
        subscription.set("cancel_at", target);
        subscription.set("cancel_at_period_end", at_end == Some(true));
        if target.is_some() {
            if !pending || !subscription.has("canceled_at") {
                subscription.set("canceled_at", now);
            }
            subscription.set("cancellation_details.reason", "cancellation_requested");
        } else {
            subscription.set("canceled_at", Value::Null);
            subscription
                .set("cancellation_details", json!({ "comment": null, "feedback": null, "reason": null }));
        }
    });
    Ok(())
}

/// A trial without a usable card has a setup intent to collect or authenticate one.
fn wait_for_card(work: &mut Work<'_>, id: &str, has_method: bool) {
    let subscription = work.see(id);
    let customer = subscription.string("customer");
    let method = subscription
        .text("default_payment_method")
        .map(str::to_owned)
        .or_else(|| work.see(&customer).text("invoice_settings.default_payment_method").map(str::to_owned));
    let unauthenticated =
        method.as_deref().is_some_and(|method| setup_intent::needs_authentication(work, method));
    if has_method && !unauthenticated {
        return;
    }
    let intent = setup_intent::make(work, Some(&customer), method.as_deref(), "off_session");
    work.set(&intent, "_subscription", id);
    work.tell("setup_intent.created", &intent);
    if unauthenticated {
        setup_intent::ask(work, &intent, &How::default());
    }
    work.set(id, "pending_setup_intent", intent);
}

/// The first payment. A decline leaves the subscription incomplete ([doc]: HTTP 200), unless that is refused.
fn pay_first(work: &mut Work<'_>, invoice: &str, off_session: bool, strict: bool) -> Result<()> {
    let outcome = settle::collect(work, invoice, None, off_session, false);
    match outcome {
        settle::Collected::Tried(Outcome::Declined(decline)) if strict => {
            Err(payment_method::decline_error(&decline))
        }
        settle::Collected::Tried(Outcome::NeedsAction) if strict => {
            let message = "Payment for this subscription requires additional user action before it can be completed \
                           successfully. Please refer to the documentation on how to handle this.";
            Err(ApiError::card("subscription_payment_intent_requires_action", message))
        }
        _ => Ok(()),
    }
}

/// Tells of the new subscription as it is now, and sets when it is due.
fn announce(work: &mut Work<'_>, id: &str) {
    work.set(id, "_quiet", Value::Null);
    life::subscription::reschedule(work, id);
    work.tell("customer.subscription.created", id);
    life::trial::warn_if_short(work, id);
    changed(work, id);
}
