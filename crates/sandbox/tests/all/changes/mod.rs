//! Changing a subscription in the middle of its period.

mod pending;
mod prorations;
mod terms;

use crate::harness::{Recorder, World, id};
use serde_json::Value;

pub(super) const DAY: i64 = 86_400;

pub(super) fn url(subscription: &Value) -> String {
    format!("/v1/subscriptions/{}", id(subscription))
}

pub(super) fn item(subscription: &Value) -> String {
    id(&subscription["items"]["data"][0])
}

/// A monthly subscription at $20.00, and a price at $40.00.
pub(super) async fn begun(world: &World, card: &str, more: &[(&str, &str)]) -> (String, Value, String) {
    let customer = world.customer(card).await;
    let (small, large) = (world.price(2000, "month", 1).await, world.price(4000, "month", 1).await);
    let subscription = world.subscribe(&customer, &small, more).await;
    (customer, subscription, large)
}

/// The parameters that put a subscription's item on another price, invoiced at once.
pub(super) fn to_price<'a>(item: &'a str, price: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("items[0][id]", item),
        ("items[0][price]", price),
        ("items[0][quantity]", "1"),
        ("proration_behavior", "always_invoice"),
        ("expand[0]", "latest_invoice.payments"),
        ("expand[1]", "latest_invoice.confirmation_secret"),
    ]
}

pub(super) async fn default_card(world: &World, customer: &str, card: &str) -> String {
    let method =
        id(&world.post(&format!("/v1/payment_methods/{card}/attach"), &[("customer", customer)]).await);
    let form = [("invoice_settings[default_payment_method]", method.as_str())];
    world.post(&format!("/v1/customers/{customer}"), &form).await;
    method
}

pub async fn tell_all(recorder: &Recorder) {
    pending::tell_all(recorder).await;
    prorations::tell_all(recorder).await;
    terms::tell_all(recorder).await;
}
