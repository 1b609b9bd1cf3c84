//! Discounts on subscriptions, items, invoices and invoice items.

mod amounts;
mod durations;
mod owners;

use crate::harness::{Recorder, World, id};
use serde_json::Value;

pub(super) const DAY: i64 = 86_400;

pub(super) async fn coupon(world: &World, name: &str, terms: &[(&str, &str)]) {
    world.post("/v1/coupons", &[&[("id", name)], terms].concat()).await;
}

pub(super) async fn code(world: &World, coupon: &str, more: &[(&str, &str)]) -> String {
    let form = [("promotion[type]", "coupon"), ("promotion[coupon]", coupon)];
    id(&world.post("/v1/promotion_codes", &[&form, more].concat()).await)
}

/// Invoice amounts of a subscription, the oldest first: before and after discounts.
pub(super) async fn billed(world: &World, subscription: &Value) -> Vec<(i64, i64)> {
    let list = world.get(&format!("/v1/invoices?subscription={}", id(subscription))).await;
    let amounts = list["data"].as_array().unwrap().iter().rev();
    amounts
        .map(|invoice| (invoice["subtotal"].as_i64().unwrap(), invoice["total"].as_i64().unwrap()))
        .collect()
}

pub(super) fn discount_amounts(line: &Value) -> Vec<i64> {
    line["discount_amounts"].as_array().unwrap().iter().map(|one| one["amount"].as_i64().unwrap()).collect()
}

pub async fn tell_all(recorder: &Recorder) {
    amounts::tell_all(recorder).await;
    durations::tell_all(recorder).await;
    owners::tell_all(recorder).await;
}
