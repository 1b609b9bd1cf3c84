//! What an invoice lives through, from its draft to its end.

mod lines;
mod payments;
mod terms;

use crate::harness::{Form, Recorder, World, id, text};
use serde_json::Value;

pub(super) const DAY: i64 = 86_400;

/// A draft with one line.
pub(super) async fn draft(world: &World, customer: &str, amount: &str, more: Form<'_>) -> Value {
    let mut form = vec![("customer", customer)];
    form.extend_from_slice(more);
    let invoice = world.post("/v1/invoices", &form).await;
    let line = [("lines[0][amount]", amount), ("lines[0][description]", "Help")];
    world.post(&format!("/v1/invoices/{}/add_lines", id(&invoice)), &line).await
}

pub(super) async fn open(world: &World, customer: &str, amount: &str, more: Form<'_>) -> Value {
    let draft = draft(world, customer, amount, more).await;
    world.post(&format!("{}/finalize", url(&draft)), &[]).await
}

pub(super) fn url(invoice: &Value) -> String {
    format!("/v1/invoices/{}", id(invoice))
}

pub(super) fn line(invoice: &Value, place: usize) -> String {
    id(&invoice["lines"]["data"][place])
}

/// Status, amount due, paid, remaining.
pub(super) fn stands(invoice: &Value) -> (String, i64, i64, i64) {
    let amount = |name: &str| invoice[name].as_i64().unwrap();
    (text(&invoice["status"]), amount("amount_due"), amount("amount_paid"), amount("amount_remaining"))
}

pub(super) fn standing(status: &str, due: i64, paid: i64, remaining: i64) -> (String, i64, i64, i64) {
    (status.to_owned(), due, paid, remaining)
}

pub(super) async fn balance(world: &World, customer: &str) -> i64 {
    world.get(&format!("/v1/customers/{customer}")).await["balance"].as_i64().unwrap()
}

/// An intent of a customer's, not confirmed.
pub(super) async fn intent(world: &World, customer: &str, amount: &str) -> String {
    let form = [
        ("customer", customer),
        ("amount", amount),
        ("currency", "usd"),
        ("automatic_payment_methods[enabled]", "true"),
        ("automatic_payment_methods[allow_redirects]", "never"),
    ];
    id(&world.post("/v1/payment_intents", &form).await)
}

pub(super) async fn confirm(world: &World, intent: &str) -> Value {
    world.post(&format!("/v1/payment_intents/{intent}/confirm"), &[("payment_method", "pm_card_visa")]).await
}

pub async fn tell_all(recorder: &Recorder) {
    lines::tell_all(recorder).await;
    payments::tell_all(recorder).await;
    terms::tell_all(recorder).await;
}
