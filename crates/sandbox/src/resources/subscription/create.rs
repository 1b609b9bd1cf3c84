//! Creating a subscription: with a trial, with a first payment, or waiting for one.

use crate::core::value::{Value, json};

use super::bill::{self, Bill, Terms};
use super::change::Proration;
use super::items::{self, NEW};
use super::start::{self, Start};
use super::update::{CANCEL_AT, PAYMENT_BEHAVIOR, PRORATION_BEHAVIOR};
use super::{changed, early_end};
use crate::core::error::{ApiError, Result};
use crate::core::json::Json;
use crate::core::work::Work;
use crate::life;
use crate::params::args::Args;
use crate::params::shape::{Kind, Shape};
use crate::resources::discount::{self, DISCOUNTS};
use crate::resources::invoice;
use crate::resources::payment_intent::attempt::How;
use crate::resources::shapes::AUTOMATIC_TAX;
use crate::resources::{invoice_item, payment_method, setup_intent, test_clock};

pub(super) const PAYMENT_SETTINGS: Shape = &[
    ("payment_method_types", Kind::Texts),
    ("save_default_payment_method", Kind::Word(&["off", "on_subscription"])),
];
pub(crate) const TRIAL_SETTINGS: Shape = &[(
    "end_behavior",
    Kind::Nested(&[("missing_payment_method", Kind::Word(&["cancel", "create_invoice", "pause"]))]),
)];
pub(crate) const BILLING_MODE: Shape = &[
    ("flexible", Kind::Nested(&[("proration_discounts", Kind::Word(&["included", "itemized"]))])),
    ("type", Kind::Word(&["classic", "flexible"])),
];

pub(super) const CREATE: Shape = &[
    ("add_invoice_items", Kind::Each(invoice_item::ADDED)),
    ("automatic_tax", Kind::Nested(AUTOMATIC_TAX)),
    ("backdate_start_date", Kind::Time(&[])),
    ("billing_cycle_anchor", Kind::Time(&[])),
    ("billing_cycle_anchor_config", Kind::Nested(start::ANCHOR_CONFIG)),
    ("billing_mode", Kind::Nested(BILLING_MODE)),
    ("cancel_at", CANCEL_AT),
    ("cancel_at_period_end", Kind::Bool),
    ("collection_method", Kind::Word(&["charge_automatically", "send_invoice"])),
    ("currency", Kind::Text),
    ("customer", Kind::Text),
    ("days_until_due", Kind::Int),
    ("default_payment_method", Kind::Text),
    ("description", Kind::Text),
    ("discounts", Kind::Each(DISCOUNTS)),
    ("items", Kind::Each(NEW)),
    ("metadata", Kind::Metadata),
    ("off_session", Kind::Bool),
    ("payment_behavior", PAYMENT_BEHAVIOR),
    ("payment_settings", Kind::Nested(PAYMENT_SETTINGS)),
    ("proration_behavior", PRORATION_BEHAVIOR),
    ("trial_end", Kind::Time(&["now"])),
    ("trial_period_days", Kind::Int),
    ("trial_settings", Kind::Nested(TRIAL_SETTINGS)),
];

/// A subscription that is stored, and not billed yet.
pub(crate) struct Begun {
    pub(crate) id: String,
    /// Of its first invoice.
    pub(crate) lines: Vec<Value>,
}

pub(crate) fn create(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let customer = work.named("customer", args.need_text("customer")?, "customer")?;
    if args.text("payment_behavior") == Some("pending_if_incomplete") {
        let message = "You can only use `pending_if_incomplete` when updating a subscription.";
        return Err(ApiError::invalid(message).param("payment_behavior"));
    }
    test_clock::admit_subscription(work, &customer)?;
    let method = default_method(work, args, &customer.id())?;
    let Begun { id, lines } = begin(work, args, Some(&customer.id()))?;
    work.set(&id, "default_payment_method", method.clone());
    let subscription = work.see(&id);
    let sends = subscription.is("collection_method", "send_invoice");
    let trial = subscription.is("status", "trialing");
    let has_method = method.is_some() || customer.has("invoice_settings.default_payment_method");
    let behavior = args.text("payment_behavior").unwrap_or("allow_incomplete");
    let charges = !sends && behavior != "default_incomplete";
    let costs = lines.iter().any(|line| line.num("amount") > 0);
    let pending = !invoice::lines::pending(work, &customer.id(), Some(&id)).is_empty();
    if lines.is_empty() && !pending {
        // Nothing to bill before the anchor.
        work.set(&id, "status", if trial { "trialing" } else { "active" });
    } else {
        let period = (work.now, work.now);
        let bill = Bill { reason: "subscription_create", lines, period, draft: sends };
        let first = bill::bill(work, &id, &bill);
        // [doc], coupons: what discounts take off in full needs no card.
        if charges && costs && !has_method && work.see(&first).num("amount_due") > 0 {
            return Err(bill::no_method());
        }
        if charges && work.see(&first).is("status", "open") {
            let strict = behavior == "error_if_incomplete";
            let terms = Terms { off_session: args.flag("off_session"), strict, automatic: false };
            bill::collect(work, &first, terms)?;
        }
    }
    if trial && !sends {
        wait_for_card(work, &id, has_method);
    }
    announce(work, &id);
    Ok((*work.see(&id)).clone())
}

/// Stores a subscription, and says what its first invoice is for. Previews do so on a copy.
///
/// # Errors
/// 400 for items, dates or a currency that do not go together.
pub(crate) fn begin(work: &mut Work<'_>, args: &Args, customer: Option<&str>) -> Result<Begun> {
    invoice::refuse_tax(args)?;
    let id = format!("sub_1{}", work.random.text(23));
    let items = new_items(work, args, &id)?;
    let start = start::read(work, args, items[0].at("price"))?;
    store(work, args, &id, customer, items, &start);
    redeem(work, args, &id)?;
    set_cancellation(work, args, &id)?;
    set_collection(work, args, &id)?;
    if work.see(&id).is("collection_method", "send_invoice") && start.trial_end.is_none() {
        // [spec]: active whatever becomes of the first invoice.
        work.set(&id, "status", "active");
    }
    if start.prorated {
        work.edit(&id, early_end::note);
    }
    let subscription = work.see(&id);
    for (index, added) in args.params.list("add_invoice_items").iter().enumerate() {
        invoice_item::add(work, &subscription, added, &format!("add_invoice_items[{index}]"))?;
    }
    let lines = start::lines(work, &id, &start);
    Ok(Begun { id, lines })
}

/// Redeems what was sent for the items and for the whole subscription.
fn redeem(work: &mut Work<'_>, args: &Args, id: &str) -> Result<()> {
    let mut items = work.see(id).list("items.data").to_vec();
    let first = items.iter().map(|item| item.num("price.unit_amount") * item.num("quantity")).sum();
    for (index, (item, sent)) in items.iter_mut().zip(args.params.list("items")).enumerate() {
        discount::on_item(work, item, sent, &format!("items[{index}][discounts]"))?;
    }
    work.edit(id, |subscription| items::put(subscription, items));
    discount::on_subscription(work, id, args.params.get("discounts"), Some(first))
}

/// `default_payment_method`, which must be the customer's.
///
/// # Errors
/// 400 `resource_missing` for one that is not.
pub(super) fn default_method(work: &mut Work<'_>, args: &Args, customer: &str) -> Result<Option<String>> {
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

fn new_items(work: &mut Work<'_>, args: &Args, id: &str) -> Result<Vec<Value>> {
    let sent = args.params.list("items").to_vec();
    if sent.is_empty() {
        return Err(ApiError::required("items"));
    }
    let mut made = Vec::with_capacity(sent.len());
    for (index, item) in sent.iter().enumerate() {
        let param = format!("items[{index}]");
        let price = items::price_of(work, item, &param)?;
        let quantity = items::quantity_of(item, &param)?.unwrap_or(1);
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
    customer: Option<&str>,
    made: Vec<Value>,
    start: &Start,
) {
    let now = work.now;
    let currency = made[0].at("price.currency").clone();
    let mut subscription = json!({
        "id": id,
        "object": "subscription",
        "application": null,
        "application_fee_percent": null,
        "automatic_tax": { "disabled_reason": null, "enabled": false, "liability": null },
        "billing_cycle_anchor": start.anchor,
        "billing_cycle_anchor_config": start.config,
        "billing_mode": mode(args.at("billing_mode"), now),
        "billing_schedules": [],
        "billing_thresholds": null,
        "cancel_at": null,
        "cancel_at_period_end": false,
        "canceled_at": null,
        "cancellation_details": { "comment": null, "feedback": null, "reason": null },
        "collection_method": "charge_automatically",
        "created": now,
        "currency": currency,
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
        "start_date": start.since,
        "status": if start.trial_end.is_some() { "trialing" } else { "incomplete" },
        "test_clock": null,
        "transfer_data": null,
        "trial_end": start.trial_end,
        "trial_settings": { "end_behavior": { "missing_payment_method": "create_invoice" } },
        "trial_start": start.trial_end.map(|_| now),
        "_quiet": true,
    });
    items::put(&mut subscription, made);
    super::set_period(&mut subscription, start.period);
    args.copy(&["description"], &mut subscription);
    args.merge("payment_settings", &mut subscription);
    args.merge("trial_settings", &mut subscription);
    args.metadata(&mut subscription);
    work.create(subscription);
}

/// `billing_mode` as it is shown. Flexible unless classic is asked for ([rec], since 2025-09-30.clover).
pub(crate) fn mode(sent: &Value, now: i64) -> Value {
    if sent.is("type", "classic") {
        return json!({ "flexible": null, "type": "classic" });
    }
    let shown = sent.text("flexible.proration_discounts").unwrap_or("included");
    json!({ "flexible": { "proration_discounts": shown }, "type": "flexible", "updated_at": now })
}

/// `collection_method` and `days_until_due`.
///
/// # Errors
/// 400 when one is sent without the other.
pub(crate) fn set_collection(work: &mut Work<'_>, args: &Args, id: &str) -> Result<()> {
    let method = args
        .text("collection_method")
        .map_or_else(|| work.see(id).string("collection_method"), str::to_owned);
    let days = args.within("days_until_due", 0, 3650)?;
    if method == "send_invoice" {
        let known = days.or_else(|| work.see(id).int("days_until_due"));
        let Some(days) = known else {
            let message = "If collection_method is set to send_invoice, you must specify days_until_due.";
            return Err(ApiError::invalid(message).param("days_until_due"));
        };
        work.set(id, "days_until_due", days);
    } else if days.is_some() {
        let message = "You can only specify days_until_due if collection_method is set to send_invoice.";
        return Err(ApiError::invalid(message).param("days_until_due"));
    } else {
        work.set(id, "days_until_due", Value::Null);
    }
    work.set(id, "collection_method", method);
    Ok(())
}

/// `cancel_at_period_end` and `cancel_at`. Answers whether an end in the middle of the period was prorated.
///
/// # Errors
/// 400 for both at once, for a time that is over, or while a schedule rules the end.
pub(crate) fn set_cancellation(work: &mut Work<'_>, args: &Args, id: &str) -> Result<bool> {
    let subscription = work.see(id);
    let now = work.now;
    let at_end = args.at("cancel_at_period_end").as_bool();
    let period_end = super::period(&subscription).1;
    let at = args.text("cancel_at").map(|_| period_end).or_else(|| args.int("cancel_at"));
    if at_end == Some(true) && at.is_some() {
        let message = "You may only specify one of these parameters: cancel_at, cancel_at_period_end.";
        return Err(ApiError::invalid(message).code("parameters_exclusive"));
    }
    if at.is_some_and(|at| at <= now) {
        let message = "Invalid timestamp: must be an integer Unix timestamp in the future.";
        return Err(ApiError::invalid(message).param("cancel_at"));
    }
    let target = match (at_end, at) {
        (Some(true), _) => Some(period_end),
        (_, Some(at)) => Some(at),
        // `false` or an empty `cancel_at` undoes whichever is set.
        (Some(false), None) if subscription.flag("cancel_at_period_end") => None,
        (None, None) if args.sent("cancel_at") => None,
        _ => return Ok(false),
    };
    if let Some(schedule) = subscription.text("schedule") {
        let message = format!(
            "The subscription is managed by the subscription schedule `{schedule}`, and updating any cancelation \
             behavior directly is not allowed. Please update the schedule instead."
        );
        return Err(ApiError::invalid(message).begun());
    }
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
    Ok(early_end::adjust(work, id, Proration::of(args.text("proration_behavior"))))
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

/// Tells of the new subscription as it is now, and sets when it is due.
pub(crate) fn announce(work: &mut Work<'_>, id: &str) {
    work.set(id, "_quiet", Value::Null);
    life::subscription::reschedule(work, id);
    work.tell("customer.subscription.created", id);
    life::trial::warn_if_short(work, id);
    changed(work, id);
}
