//! The phases of a schedule: as they are sent, and as they are shown.

use crate::core::value::{Value, json};

use crate::core::error::{ApiError, Result};
use crate::core::json::Json;
use crate::core::work::Work;
use crate::life::calendar;
use crate::params::args::Args;
use crate::params::shape::{Kind, Shape};
use crate::resources::discount::DISCOUNTS;
use crate::resources::shapes::AUTOMATIC_TAX;
use crate::resources::subscription::items::{self, PRICE_DATA};
use crate::resources::subscription::update::PRORATION_BEHAVIOR;
use crate::resources::{invoice_item, payment_method};

const ITEM: Shape = &[
    ("metadata", Kind::Metadata),
    ("plan", Kind::Text),
    ("price", Kind::Text),
    ("price_data", Kind::Nested(PRICE_DATA)),
    ("quantity", Kind::Int),
];
const DURATION: Shape =
    &[("interval", Kind::Word(&["day", "month", "week", "year"])), ("interval_count", Kind::Int)];
const INVOICE_SETTINGS: Shape = &[("days_until_due", Kind::Int)];
const COLLECTION: Kind = Kind::Word(&["charge_automatically", "send_invoice"]);
const ANCHOR: Kind = Kind::Word(&["automatic", "phase_start"]);

pub(super) const PHASE: Shape = &[
    ("add_invoice_items", Kind::Each(invoice_item::ADDED)),
    ("automatic_tax", Kind::Nested(AUTOMATIC_TAX)),
    ("billing_cycle_anchor", ANCHOR),
    ("collection_method", COLLECTION),
    ("currency", Kind::Text),
    ("default_payment_method", Kind::Text),
    ("description", Kind::Text),
    ("discounts", Kind::Each(DISCOUNTS)),
    ("duration", Kind::Nested(DURATION)),
    ("end_date", Kind::Time(&["now"])),
    ("invoice_settings", Kind::Nested(INVOICE_SETTINGS)),
    ("items", Kind::Each(ITEM)),
    ("metadata", Kind::Metadata),
    ("proration_behavior", PRORATION_BEHAVIOR),
    ("start_date", Kind::Time(&["now"])),
    ("trial", Kind::Bool),
    ("trial_end", Kind::Time(&["now"])),
];

pub(super) const DEFAULTS: Shape = &[
    ("automatic_tax", Kind::Nested(AUTOMATIC_TAX)),
    ("billing_cycle_anchor", ANCHOR),
    ("collection_method", COLLECTION),
    ("default_payment_method", Kind::Text),
    ("description", Kind::Text),
    ("invoice_settings", Kind::Nested(INVOICE_SETTINGS)),
];

/// Reads phases that follow each other from `start` (seconds) on.
///
/// # Errors
/// 400 for gaps, phases without items or end, prices that are unknown or do not go together.
pub(super) fn read(work: &mut Work<'_>, sent: &[Value], start: i64, customer: &str) -> Result<Vec<Value>> {
    let mut phases: Vec<Value> = Vec::with_capacity(sent.len());
    for (index, one) in sent.iter().enumerate() {
        let begins = phases.last().map_or(start, |before| before.num("end_date"));
        let args = Args { params: one.clone(), ..Args::default() };
        phases.push(read_one(work, &args, &format!("phases[{index}]"), begins, customer)?);
    }
    Ok(phases)
}

fn read_one(work: &mut Work<'_>, args: &Args, param: &str, start: i64, customer: &str) -> Result<Value> {
    crate::resources::invoice::refuse_tax(args)?;
    let named = |name: &str| format!("{param}[{name}]");
    if args.int("start_date").is_some_and(|sent| sent != start) {
        let message = "The start date of a phase must be the end date of the phase before it.";
        return Err(ApiError::invalid(message).param(&named("start_date")));
    }
    let items = items_of(work, args, param)?;
    let price = work.see(&items[0].string("price"));
    let trial_end = trial_end(work, args, &named("trial_end"))?;
    let end = end_of(work, args, param, start, &price)?;
    let method = match args.text("default_payment_method") {
        Some(method) => {
            let method = payment_method::materialize(work, method, &named("default_payment_method"))?;
            if !work.see(&method).is("customer", customer) {
                let message = "The payment method must be attached to the customer.";
                return Err(ApiError::invalid(message).param(&named("default_payment_method")));
            }
            Some(method)
        }
        None => None,
    };
    let mut phase = blank(&price.string("currency"), (start, end));
    phase.set("items", items);
    phase.set("trial_end", if args.flag("trial") { Some(end) } else { trial_end });
    phase.set("default_payment_method", method);
    args.copy(&["billing_cycle_anchor", "collection_method", "description"], &mut phase);
    args.metadata(&mut phase);
    if let Some(behavior) = args.text("proration_behavior") {
        phase.set("proration_behavior", behavior);
    }
    if let Some(days) = args.params.int("invoice_settings.days_until_due") {
        let settings = json!({ "account_tax_ids": null, "days_until_due": days, "issuer": null });
        phase.set("invoice_settings", settings);
    }
    let added: Vec<Value> = args.params.list("add_invoice_items").iter().map(added_item).collect();
    phase.set("add_invoice_items", added);
    let discounts = args.params.list("discounts").iter().map(shown_discount);
    phase.set("discounts", discounts.collect::<Vec<_>>());
    Ok(phase)
}

/// A phase as it is shown, when nothing but its time is known.
pub(super) fn blank(currency: &str, (start, end): (i64, i64)) -> Value {
    json!({
        "add_invoice_items": [],
        "application_fee_percent": null,
        "automatic_tax": { "disabled_reason": null, "enabled": false, "liability": null },
        "billing_cycle_anchor": null,
        "billing_thresholds": null,
        "collection_method": null,
        "currency": currency,
        "default_payment_method": null,
        "default_tax_rates": [],
        "description": null,
        "discounts": [],
        "end_date": end,
        "invoice_settings": null,
        "items": [],
        "metadata": {},
        "on_behalf_of": null,
        "proration_behavior": "create_prorations",
        "start_date": start,
        "transfer_data": null,
        "trial_end": null,
    })
}

fn items_of(work: &mut Work<'_>, args: &Args, param: &str) -> Result<Vec<Value>> {
    let mut made = Vec::new();
    let mut prices = Vec::new();
    for (index, sent) in args.params.list("items").to_vec().iter().enumerate() {
        let param = format!("{param}[items][{index}]");
        let price = items::price_of(work, sent, &param)?;
        let quantity = items::quantity_of(sent, &param)?.unwrap_or(1);
        let metadata = sent.at("metadata").as_object().cloned().unwrap_or_default();
        made.push(shown_item(price.at("id"), quantity, &metadata.into()));
        prices.push(price);
    }
    if made.is_empty() {
        return Err(ApiError::required(&format!("{param}[items]")));
    }
    items::check_together(&prices.iter().collect::<Vec<_>>())?;
    Ok(made)
}

pub(crate) fn shown_item(price: &Value, quantity: i64, metadata: &Value) -> Value {
    json!({
        "billing_thresholds": null, "discounts": [], "metadata": metadata, "price": price, "quantity": quantity,
        "tax_rates": [],
    })
}

/// A discount as a phase names it: one that there is, or what it will be made of.
pub(super) fn shown_discount(named: &Value) -> Value {
    json!({
        "coupon": named.at("coupon"), "discount": named.at("discount"), "promotion_code": named.at("promotion_code"),
    })
}

fn added_item(sent: &Value) -> Value {
    json!({
        "discountable": sent.at("discountable"),
        "discounts": [],
        "metadata": sent.at("metadata").as_object().cloned().unwrap_or_default(),
        "period": { "end": { "type": "min_item_period_end" }, "start": { "type": "max_item_period_start" } },
        "price": sent.at("price"),
        "quantity": sent.int("quantity").unwrap_or(1),
        "tax_rates": [],
    })
}

fn trial_end(work: &Work<'_>, args: &Args, param: &str) -> Result<Option<i64>> {
    match args.int("trial_end") {
        Some(end) if end <= work.now => {
            let message = "Invalid timestamp: must be an integer Unix timestamp in the future.";
            Err(ApiError::invalid(message).param(param))
        }
        end => Ok(end),
    }
}

/// `end_date`, or what `duration` comes to; a phase with neither lasts for one billing period.
fn end_of(work: &Work<'_>, args: &Args, param: &str, start: i64, price: &Value) -> Result<i64> {
    let duration = args.at("duration");
    let end = match (args.at("end_date"), duration.is_object()) {
        (Value::Null, true) => {
            if !duration.has("interval") {
                return Err(ApiError::required(&format!("{param}[duration][interval]")));
            }
            let count = duration.int("interval_count").unwrap_or(1);
            if !(1..=3650).contains(&count) {
                let message = "Invalid interval_count: must be greater than or equal to 1.";
                return Err(ApiError::invalid(message).param(&format!("{param}[duration][interval_count]")));
            }
            calendar::after(start, duration.text("interval").unwrap_or("month"), count)
        }
        (Value::Null, false) => calendar::next_period_end(start, start, price),
        (_, true) => {
            let message = "You may only specify one of these parameters: duration, end_date.";
            return Err(ApiError::invalid(message).code("parameters_exclusive"));
        }
        (Value::String(_), false) => work.now,
        (sent, false) => sent.as_i64().unwrap_or_default(),
    };
    if end > start {
        return Ok(end);
    }
    let message = "The end date of a phase must be after its start date.";
    Err(ApiError::invalid(message).param(&format!("{param}[end_date]")))
}

/// `default_settings` as they are shown.
pub(super) fn defaults(args: &Args) -> Result<Value> {
    let sent = args.at("default_settings");
    if sent.flag("automatic_tax.enabled") {
        return Err(
            ApiError::unsupported("automatic tax yet").param("default_settings[automatic_tax][enabled]")
        );
    }
    let mut shown = json!({
        "application_fee_percent": null,
        "automatic_tax": { "disabled_reason": null, "enabled": false, "liability": null },
        "billing_cycle_anchor": "automatic",
        "billing_thresholds": null,
        "collection_method": "charge_automatically",
        "default_payment_method": null,
        "description": null,
        "invoice_settings": { "account_tax_ids": null, "days_until_due": null, "issuer": { "type": "self" } },
        "on_behalf_of": null,
        "transfer_data": null,
    });
    for name in ["billing_cycle_anchor", "collection_method", "default_payment_method", "description"] {
        if sent.has(name) {
            shown.set(name, sent.at(name).clone());
        }
    }
    if sent.has("invoice_settings.days_until_due") {
        shown.set("invoice_settings.days_until_due", sent.at("invoice_settings.days_until_due").clone());
    }
    Ok(shown)
}
