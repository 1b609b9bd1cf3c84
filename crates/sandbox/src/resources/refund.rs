//! Refunds.

use serde_json::{Value, json};

use super::cards::Aftermath;
use super::shapes::NONE;
use super::{balance_transaction, charge, money};
use crate::core::error::{ApiError, Result};
use crate::core::json::Json;
use crate::core::list::{AFTER, BEFORE, CREATED, LIMIT, agrees, list};
use crate::core::routes::{Route, route};
use crate::core::work::Work;
use crate::params::args::Args;
use crate::params::shape::{Kind, Shape};

pub(crate) const ROUTES: &[Route] = &[
    route("POST", "refunds", CREATE, create),
    route("GET", "refunds", LIST, all),
    route("GET", "refunds/*", NONE, retrieve),
    route("POST", "refunds/*", UPDATE, update),
    route("POST", "refunds/*/cancel", NONE, cancel),
];

/// How long the test cards with a delayed refund keep it in its first status, in seconds.
const DELAY: i64 = 60;

const CREATE: Shape = &[
    ("amount", Kind::Int),
    ("charge", Kind::Text),
    ("metadata", Kind::Metadata),
    ("payment_intent", Kind::Text),
    ("reason", Kind::Word(&["duplicate", "fraudulent", "requested_by_customer"])),
];
const UPDATE: Shape = &[("metadata", Kind::Metadata)];
const LIST: Shape = &[AFTER, BEFORE, ("charge", Kind::Text), CREATED, LIMIT, ("payment_intent", Kind::Text)];

fn create(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let charge = charge_of(work, args)?;
    let charge_id = charge.id();
    if charge.flag("refunded") {
        let message = format!("Charge {charge_id} has already been refunded.");
        return Err(ApiError::conflict("charge_already_refunded", message));
    }
    let left = charge.num("amount_captured") - charge.num("amount_refunded");
    let amount = args.amount("amount")?.unwrap_or(left);
    if amount == 0 {
        return Err(ApiError::invalid("Invalid positive integer")
            .code("parameter_invalid_integer")
            .param("amount"));
    }
    if amount > left {
        let currency = charge.string("currency");
        let message = format!(
            "Refund amount ({}) is greater than unrefunded amount on charge ({})",
            money::shown(amount, &currency),
            money::shown(left, &currency)
        );
        return Err(ApiError::invalid(message).param("amount").begun());
    }
    let aftermath = charge::aftermath(work, &charge);
    let id = format!("re_3{}", work.random.text(23));
    let transaction = balance_transaction::make(work, &charge, "refund", -amount, &id);
    let mut refund = json!({
        "id": id,
        "object": "refund",
        "amount": amount,
        "balance_transaction": transaction,
        "charge": charge_id,
        "created": work.now,
        "currency": charge.at("currency"),
        "destination_details": {
            "card": { "reference_status": "pending", "reference_type": "acquirer_reference_number", "type": "refund" },
            "type": "card",
        },
        "metadata": {},
        "payment_intent": charge.at("payment_intent"),
        "reason": args.at("reason"),
        "receipt_number": null,
        "source_transfer_reversal": null,
        "status": if aftermath == Aftermath::RefundPending { "pending" } else { "succeeded" },
        "transfer_reversal": null,
    });
    args.metadata(&mut refund);
    match aftermath {
        Aftermath::RefundPending => {
            refund.set("_due", work.now + DELAY);
            refund.set("_becomes", "succeeded");
        }
        Aftermath::RefundFails => {
            refund.set("_due", work.now + DELAY);
            refund.set("_becomes", "failed");
        }
        _ => {}
    }
    work.create(refund);
    work.tell("refund.created", &id);
    add_refunded(work, &charge_id, amount);
    work.tell("charge.refunded", &charge_id);
    Ok((*work.see(&id)).clone())
}

fn add_refunded(work: &mut Work<'_>, charge: &str, amount: i64) {
    work.edit(charge, |charge| {
        let refunded = charge.num("amount_refunded") + amount;
        charge.set("amount_refunded", refunded);
        charge.set("refunded", refunded == charge.num("amount_captured"));
    });
}

/// The charge to refund: named, or the one that paid the intent.
fn charge_of(work: &Work<'_>, args: &Args) -> Result<Value> {
    let charge = match (args.text("charge"), args.text("payment_intent")) {
        (Some(_), Some(_)) => {
            let message = "You may only specify one of these parameters: charge, payment_intent.";
            return Err(ApiError::invalid(message).code("parameters_exclusive"));
        }
        (Some(id), None) => work.named("charge", id, "charge")?,
        (None, Some(id)) => {
            let intent = work.named("payment_intent", id, "payment_intent")?;
            work.see(&intent.string("latest_charge"))
        }
        (None, None) => {
            let message =
                "One of the following params should be provided for this request: payment_intent or charge.";
            return Err(ApiError::invalid(message).code("parameter_missing"));
        }
    };
    if charge.is("status", "succeeded") && charge.flag("captured") {
        return Ok((*charge).clone());
    }
    let message = match args.text("payment_intent") {
        Some(intent) => format!("This PaymentIntent ({intent}) does not have a successful charge to refund."),
        None => format!("Charge {} has not been captured and cannot be refunded.", charge.id()),
    };
    Err(ApiError::invalid(message).begun())
}

/// A delayed refund succeeds or fails; what failed is back on the balance.
pub(crate) fn fall_due(work: &mut Work<'_>, id: &str) {
    let refund = work.see(id);
    let failed = refund.is("_becomes", "failed");
    work.edit(id, |refund| {
        refund.set("_due", Value::Null);
        refund.set("status", if failed { "failed" } else { "succeeded" });
    });
    if failed {
        let charge = work.see(&refund.string("charge"));
        let amount = refund.num("amount");
        let transaction = balance_transaction::make(work, &charge, "refund_failure", amount, id);
        work.edit(id, |refund| {
            refund.set("failure_balance_transaction", transaction);
            refund.set("failure_reason", "unknown");
        });
        add_refunded(work, &charge.id(), -amount);
        work.tell("refund.updated", id);
        work.tell("refund.failed", id);
        work.tell_if_changed("charge.updated", &charge.id());
    } else {
        work.tell("refund.updated", id);
        work.tell("charge.refund.updated", id);
    }
}

fn retrieve(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    Ok((*work.path("refund", args.id())?).clone())
}

fn update(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let id = work.path("refund", args.id())?.id();
    work.edit(&id, |refund| args.metadata(refund));
    work.tell_if_changed("refund.updated", &id);
    Ok((*work.see(&id)).clone())
}

/// Only refunds that wait for the customer's bank details can be canceled ([spec]); cards have none of them.
fn cancel(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let refund = work.path("refund", args.id())?;
    let message =
        format!("Refund {} cannot be canceled: its status is {}.", refund.id(), refund.string("status"));
    Err(ApiError::invalid(message).begun())
}

fn all(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let among = match (args.text("charge"), args.text("payment_intent")) {
        (Some(charge), _) => Some(work.matching("refund", "charge", charge)),
        (None, Some(intent)) => Some(work.matching("refund", "payment_intent", intent)),
        _ => None,
    };
    list(work, args, "refund", "/v1/refunds", among, |refund| {
        agrees(args, "charge", refund) && agrees(args, "payment_intent", refund)
    })
}
