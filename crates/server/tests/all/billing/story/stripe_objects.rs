//! What there is at Stripe when a story ends, read by its plain API: of each object what tells something.

use super::super::support::list;
use serde_json::{Map, Value};
use testkit::App;

/// Noun, path of its list, and the fields that are told (a dot goes into an object or a list).
const TOLD: [(&str, &str, &[&str]); 9] = [
    ("customers", "/v1/customers", &["id", "balance", "invoice_settings.default_payment_method", "address"]),
    (
        "subscriptions",
        "/v1/subscriptions?status=all",
        &[
            "id",
            "status",
            "items.data.price.id",
            "items.data.current_period_start",
            "items.data.current_period_end",
            "trial_end",
            "cancel_at",
            "canceled_at",
            "ended_at",
            "default_payment_method",
            "schedule",
            "pause_collection",
            "pending_update",
            "latest_invoice",
            "metadata",
        ],
    ),
    (
        "subscription_schedules",
        "/v1/subscription_schedules",
        &["id", "status", "subscription", "released_subscription", "phases.items.price", "phases.start_date"],
    ),
    (
        "invoices",
        "/v1/invoices",
        &[
            "id",
            "number",
            "status",
            "billing_reason",
            "total",
            "amount_due",
            "amount_paid",
            "starting_balance",
            "attempt_count",
            "lines.data.description",
            "lines.data.amount",
        ],
    ),
    (
        "payment_intents",
        "/v1/payment_intents",
        &["id", "status", "amount", "amount_received", "last_payment_error.decline_code", "metadata"],
    ),
    ("setup_intents", "/v1/setup_intents", &["id", "status", "last_setup_error.code"]),
    (
        "charges",
        "/v1/charges",
        &["id", "status", "amount", "amount_refunded", "disputed", "failure_code", "payment_intent"],
    ),
    ("refunds", "/v1/refunds", &["id", "status", "amount", "payment_intent", "reason"]),
    ("disputes", "/v1/disputes", &["id", "status", "amount", "payment_intent"]),
];

/// Oldest first; nouns without objects are left out.
pub(super) async fn all(app: &App) -> Vec<(&'static str, Vec<Value>)> {
    let mut all = Vec::new();
    for (noun, path, fields) in TOLD {
        let separator = if path.contains('?') { '&' } else { '?' };
        let mut objects = list(app, &format!("{path}{separator}limit=100")).await;
        objects.reverse();
        if !objects.is_empty() {
            all.push((noun, objects.iter().map(|object| told(object, fields)).collect()));
        }
    }
    all
}

fn told(object: &Value, fields: &[&str]) -> Value {
    let picked = fields.iter().map(|field| ((*field).to_owned(), pick(object, field)));
    let told = picked.filter(|(_, value)| !is_empty(value));
    Value::Object(told.collect::<Map<_, _>>())
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.iter().all(is_empty),
        Value::Object(fields) => fields.is_empty(),
        Value::Number(number) => number.as_i64() == Some(0),
        _ => false,
    }
}

fn pick(object: &Value, path: &str) -> Value {
    if let Value::Array(items) = object {
        return items.iter().map(|item| pick(item, path)).collect();
    }
    match path.split_once('.') {
        Some((field, rest)) => pick(&object[field], rest),
        None => object[path].clone(),
    }
}
