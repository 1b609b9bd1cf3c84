//! Discounts: redeemed coupons, on a subscription, one of its items, an invoice or an invoice item.

pub(crate) mod apply;
mod billed;
mod redeem;
#[cfg(test)]
mod rule;
mod rules;
mod worth;

use std::sync::Arc;

use crate::core::value::{Value, json};

pub(crate) use billed::{lower, note, worth};
pub(crate) use redeem::{DISCOUNTS, On, Owner, change, on_item, on_subscription, redeem};
pub(crate) use worth::Worth;

use super::shapes::NONE;
use super::subscription;
use crate::core::error::{ApiError, Result};
use crate::core::json::Json;
use crate::core::routes::{Route, route};
use crate::core::work::Work;
use crate::params::args::Args;

pub(crate) const ROUTES: &[Route] = &[
    route("GET", "customers/*/discount", NONE, of_customer),
    route("DELETE", "customers/*/discount", NONE, of_customer),
    route("DELETE", "subscriptions/*/discount", NONE, delete_of_subscription),
];

/// Those of some discounts (ids) that count at a moment (seconds): neither removed nor over by then.
pub(crate) fn in_force(work: &Work<'_>, ids: &[Value], at: i64) -> Vec<Arc<Value>> {
    let found = ids.iter().filter_map(Value::as_str).map(|id| work.see(id));
    found
        .filter(|discount| {
            discount.is("object", "discount")
                && !discount.flag("deleted")
                && discount.int("end").is_none_or(|end| at < end)
        })
        .collect()
}

/// The ids of discounts.
pub(crate) fn ids<'a>(discounts: impl IntoIterator<Item = &'a Arc<Value>>) -> Vec<String> {
    discounts.into_iter().map(|discount| discount.id()).collect()
}

/// Discounts of coupons that count once are used up by the first invoice that they lower: a trial's, over
/// nothing, does not ([mem]). What prorations show of discounts was taken before.
pub(crate) fn spend(work: &mut Work<'_>, invoice: &str) {
    let invoice = work.see(invoice);
    let lines = invoice.list("lines.data").iter().filter(|line| !apply::is_settled(line));
    for used in lines.flat_map(|line| line.list("discount_amounts")) {
        let discount = used.string("discount");
        if used.num("amount") > 0 && work.see(&discount).flag("_once") {
            take_off(work, &discount);
        }
    }
}

/// A discount of a coupon that repeats is over.
pub(crate) fn fall_due(work: &mut Work<'_>, id: &str) {
    let owner = work.see(id).string("_subscription");
    if subscription::is_live(&work.see(&owner)) {
        take_off(work, id);
        subscription::changed(work, &owner);
    }
}

/// Discounts of a subscription that neither it nor its items name any more are gone, unless a change that waits for its
/// payment names them.
pub(crate) fn sweep(work: &mut Work<'_>, subscription: &str) {
    let owner = work.see(subscription);
    let named = |id: &str| {
        [&*owner, owner.at("_pending.after")].into_iter().any(|state| {
            let items = state.list("items.data").iter().flat_map(|item| item.list("discounts"));
            state.list("discounts").iter().chain(items).any(|other| other == id)
        })
    };
    for discount in work.matching("discount", "_subscription", subscription) {
        if discount.flag("deleted") {
            // It may have ended while the change that names it waited.
            unlist(work, subscription, &discount.id());
        } else if !named(&discount.id()) {
            remove(work, &discount.id());
        }
    }
}

/// Takes a discount off its subscription or item. The subscription's own event is the caller's.
fn take_off(work: &mut Work<'_>, id: &str) {
    let Some(owner) = work.see(id).text("_subscription").map(str::to_owned) else { return };
    unlist(work, &owner, id);
    remove(work, id);
}

fn unlist(work: &mut Work<'_>, subscription: &str, id: &str) {
    let without = |discounts: &[Value]| -> Vec<Value> {
        discounts.iter().filter(|other| other.as_str() != Some(id)).cloned().collect()
    };
    work.edit(subscription, |subscription| {
        subscription.set("discounts", without(subscription.list("discounts")));
        for index in 0..subscription.list("items.data").len() {
            let path = format!("items.data.{index}.discounts");
            subscription.set(&path, without(subscription.list(&path)));
        }
    });
}

/// The discount is no more; invoices that it lowered still show it ([spec]: as a deleted one).
pub(crate) fn remove(work: &mut Work<'_>, id: &str) {
    if work.see(id).flag("deleted") {
        return;
    }
    // Of those that never were a customer's, only their invoice tells.
    if work.see(id).has("_subscription") {
        work.tell("customer.discount.deleted", id);
    }
    work.edit(id, |discount| {
        discount.set("deleted", true);
        discount.set("_due", Value::Null);
        if let Some(members) = discount.as_object_mut() {
            members.remove("end");
        }
    });
}

/// No customer has one: no parameter of this version puts it there ([spec]); it is said as Stripe says it.
fn of_customer(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let id = args.id();
    if work.path("customer", id)?.flag("deleted") {
        return Err(ApiError::missing("customer", id));
    }
    Err(none(format!("No active discount for customer: {id}")))
}

fn none(message: String) -> ApiError {
    let mut error = ApiError::conflict("resource_missing", message);
    error.status = 404;
    error
}

/// Of the time when a subscription had one discount: of several, none is meant ([doc]).
fn delete_of_subscription(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let subscription = work.path("subscription", args.id())?;
    let (id, customer) = (subscription.id(), subscription.string("customer"));
    let [only] = subscription.list("discounts") else {
        return Err(none(format!("No active discount for subscription {id} on customer {customer}")));
    };
    let discount = only.as_str().unwrap_or_default();
    take_off(work, discount);
    subscription::changed(work, &id);
    Ok((*work.see(discount)).clone())
}

/// A discount that is not stored yet.
fn make(work: &mut Work<'_>, owner: &Owner<'_>, redeemed: &rules::Redeemed, end: Option<i64>) -> Value {
    let mut discount = json!({
        "id": format!("di_1{}", work.random.text(23)),
        "object": "discount",
        "checkout_session": null,
        "customer": owner.customer,
        "customer_account": null,
        "end": end,
        "invoice": null,
        "invoice_item": null,
        "promotion_code": redeemed.code,
        "source": { "coupon": redeemed.coupon.at("id"), "type": "coupon" },
        "start": work.now,
        "subscription": null,
        "subscription_item": null,
        "_subscription": owner.on.owner(),
        "_terms": redeemed.terms.write(),
        "_once": redeemed.coupon.is("duration", "once"),
        "_due": end,
    });
    let (member, id) = owner.on.place();
    discount.set(member, id);
    discount
}
