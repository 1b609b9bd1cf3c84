//! Mandates: a customer's permission to be charged, as it was accepted.

use crate::core::value::{Value, json};

use super::shapes::NONE;
use crate::core::error::{ApiError, Result};
use crate::core::json::Json;
use crate::core::routes::{Route, route};
use crate::core::work::Work;
use crate::params::args::Args;
use crate::params::shape::{Kind, Shape};

pub(crate) const ROUTES: &[Route] = &[route("GET", "mandates/*", NONE, retrieve)];

/// `mandate_data`: how and when the customer agreed.
pub(crate) const DATA: Shape = &[(
    "customer_acceptance",
    Kind::Nested(&[
        ("accepted_at", Kind::Time(&[])),
        ("offline", Kind::Nested(NONE)),
        ("online", Kind::Nested(&[("ip_address", Kind::Text), ("user_agent", Kind::Text)])),
        ("type", Kind::Word(&["offline", "online"])),
    ]),
)];

/// What is permitted once only. Amounts in minor units.
#[derive(Clone, Debug)]
pub(crate) struct Once {
    pub(crate) amount: i64,
    pub(crate) currency: String,
}

/// # Errors
/// 400 when `mandate_data` does not say how the customer agreed.
pub(crate) fn check(data: &Value) -> Result<()> {
    let accepted = data.at("customer_acceptance");
    let kind =
        accepted.text("type").ok_or_else(|| ApiError::required("mandate_data[customer_acceptance][type]"))?;
    for member in ["ip_address", "user_agent"] {
        if kind == "online" && !accepted.has(&format!("online.{member}")) {
            return Err(ApiError::required(&format!("mandate_data[customer_acceptance][online][{member}]")));
        }
    }
    Ok(())
}

/// A mandate for a payment method, from checked `mandate_data`.
pub(crate) fn make(work: &mut Work<'_>, method: &str, data: &Value, once: Option<&Once>) -> String {
    let id = format!("mandate_1{}", work.random.text(23));
    let accepted = data.at("customer_acceptance");
    let kind = accepted.string("type");
    let mut acceptance =
        json!({ "accepted_at": accepted.int("accepted_at").unwrap_or(work.now), "type": kind });
    let how = if kind == "online" { accepted.at("online").clone() } else { json!({}) };
    acceptance.set(&kind, how);
    let mut mandate = json!({
        "id": id,
        "object": "mandate",
        "customer_acceptance": acceptance,
        "livemode": false,
        "payment_method": method,
        "payment_method_details": { "card": {}, "type": "card" },
        "status": "active",
        "type": if once.is_some() { "single_use" } else { "multi_use" },
    });
    match once {
        Some(once) => {
            mandate.set("single_use", json!({ "amount": once.amount, "currency": once.currency }));
        }
        None => mandate.set("multi_use", json!({})),
    }
    work.create(mandate);
    work.edit(method, |method| {
        let mut all = method.list("_mandates").to_vec();
        all.push(id.as_str().into());
        method.set("_mandates", all);
    });
    id
}

/// The mandate that a parameter names, for the method that is charged.
///
/// # Errors
/// 400 when there is none, it has ended, or it is for another method.
pub(crate) fn usable(work: &Work<'_>, id: &str, method: &str) -> Result<()> {
    let mandate = work.named("mandate", id, "mandate")?;
    if mandate.is("payment_method", method) && mandate.is("status", "active") {
        return Ok(());
    }
    let message = format!("The mandate {id} cannot be used with this payment method.");
    Err(ApiError::invalid(message).code("payment_intent_mandate_invalid").param("mandate"))
}

/// A payment method that is gone cannot be charged: its mandates end.
pub(crate) fn end_of(work: &mut Work<'_>, method: &str) {
    for id in work.see(method).list("_mandates") {
        let id = id.as_str().unwrap_or_default();
        work.set(id, "status", "inactive");
        work.tell_if_changed("mandate.updated", id);
    }
}

fn retrieve(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    Ok((*work.path("mandate", args.id())?).clone())
}
