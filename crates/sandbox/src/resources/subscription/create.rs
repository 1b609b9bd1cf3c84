//! Creating a subscription: with a trial, with a first payment, or waiting for one.

use crate::core::value::{Value, json};

use super::bill::{self, Bill, Terms};
use super::items::{self, NEW};
use super::start::{self, Start};
use super::update::{CANCEL_AT, PAYMENT_BEHAVIOR, PRORATION_BEHAVIOR};
use super::{changed, collection, planned_end};
use crate::core::error::{ApiError, Result};
use crate::core::json::Json;
use crate::core::work::Work;
use crate::life;
use crate::params::args::Args;
use crate::params::shape::{Kind, Shape};
use crate::resources::discount::{self, DISCOUNTS};
use crate::resources::invoice;
use crate::resources::shapes::AUTOMATIC_TAX;
use crate::resources::{invoice_item, test_clock};

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
    let method = collection::default_method(work, args, &customer.id())?;
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
        collection::wait_for_card(work, &id, has_method);
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
    planned_end::set(work, args, &id)?;
    collection::set(work, args, &id)?;
    if work.see(&id).is("collection_method", "send_invoice") && start.trial_end.is_none() {
        // [spec]: active whatever becomes of the first invoice.
        work.set(&id, "status", "active");
    }
    if start.prorated {
        work.edit(&id, planned_end::note);
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

/// Tells of the new subscription as it is now, and sets when it is due.
pub(crate) fn announce(work: &mut Work<'_>, id: &str) {
    work.set(id, "_quiet", Value::Null);
    life::subscription::reschedule(work, id);
    work.tell("customer.subscription.created", id);
    life::trial::warn_if_short(work, id);
    changed(work, id);
}
