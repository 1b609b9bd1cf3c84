//! The money of a charge: captured, booked, given back when it was only held, and what follows when it is there.

use crate::core::value::{Value, json};

use crate::core::error::{ApiError, Result};
use crate::core::json::Json;
use crate::core::work::Work;
use crate::params::args::Args;
use crate::params::shape::{Kind, Shape};
use crate::resources::cards::Aftermath;
use crate::resources::{balance_transaction, dispute, early_fraud_warning, payment_intent, refund};

pub(super) const CAPTURE: Shape = &[
    ("amount", Kind::Int),
    ("receipt_email", Kind::Text),
    ("statement_descriptor_suffix", Kind::Text),
    ("transfer_group", Kind::Text),
];

/// Books the money: the charge gets its balance transaction.
pub(super) fn settle(work: &mut Work<'_>, id: &str) {
    let charge = work.see(id);
    let transaction = balance_transaction::charged(work, &charge);
    work.set(id, "balance_transaction", transaction);
}

/// What the card's number stands for, once its charge's money is there.
pub(super) fn aftermath(work: &mut Work<'_>, id: &str) {
    match super::aftermath(work, &work.see(id)) {
        Aftermath::Dispute(complaint) => dispute::open(work, id, complaint),
        Aftermath::Warning => early_fraud_warning::make(work, id),
        _ => {}
    }
}

/// The moment after an asynchronous capture, or the end of an authorisation.
pub(crate) fn fall_due(work: &mut Work<'_>, id: &str) {
    work.set(id, "_due", Value::Null);
    let charge = work.see(id);
    if charge.flag("captured") {
        settle(work, id);
        work.tell_if_changed("charge.updated", id);
        return;
    }
    give_back(work, id, &"expired_uncaptured_charge".into());
    work.tell("charge.expired", id);
    if let Some(intent) = charge.text("payment_intent") {
        payment_intent::cancel_now(work, intent, Some("automatic"));
    }
}

/// Captures what was held; the rest of it is given back, and counts as refunded.
pub(crate) fn capture_amount(work: &mut Work<'_>, id: &str, amount: i64) {
    work.edit(id, |charge| {
        charge.set("captured", true);
        charge.set("amount_captured", amount);
        charge.set("_due", Value::Null);
        let details = charge.get_mut("payment_method_details");
        if let Some(Value::Object(card)) = details.and_then(|details| details.get_mut("card")) {
            card.remove("capture_before");
        }
    });
    settle(work, id);
    give_back(work, id, &Value::Null);
    work.tell("charge.captured", id);
    aftermath(work, id);
}

/// Gives back what was held, when it is not wanted any more.
pub(crate) fn release(work: &mut Work<'_>, id: &str) {
    work.set(id, "_due", Value::Null);
    if give_back(work, id, &Value::Null) {
        work.tell("charge.refunded", id);
    }
}

/// Refunds what was held and not captured: no money moves. Answers whether there was anything.
fn give_back(work: &mut Work<'_>, id: &str, reason: &Value) -> bool {
    let charge = work.see(id);
    let left = charge.num("amount") - charge.num("amount_captured") - charge.num("amount_refunded");
    if left > 0 {
        refund::reverse(work, &charge, left, reason, &json!({}));
    }
    left > 0
}

/// Takes what is to stand on the statement, if it was sent.
pub(crate) fn write_statement(args: &Args, charge: &mut Value) {
    args.copy(&["statement_descriptor_suffix"], charge);
    let line = super::make::statement(charge.text("statement_descriptor_suffix"));
    charge.set("calculated_statement_descriptor", line);
}

/// `POST /v1/charges/{id}/capture`: for charges without an intent.
pub(super) fn by_hand(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let charge = work.path("charge", args.id())?;
    let id = charge.id();
    if let Some(intent) = charge.text("payment_intent") {
        let message = format!(
            "This charge was created by a PaymentIntent ({intent}). Capture the PaymentIntent instead of the charge."
        );
        return Err(ApiError::invalid(message).begun());
    }
    if charge.flag("captured") {
        let message = format!("Charge {id} has already been captured.");
        return Err(ApiError::conflict("charge_already_captured", message));
    }
    if charge.is("status", "failed") {
        let message = format!("Charge {id} has failed and cannot be captured.");
        return Err(ApiError::invalid(message).begun());
    }
    if charge.flag("refunded") {
        let message =
            format!("Charge {id} cannot be captured because the charge has expired or was released.");
        return Err(ApiError::conflict("charge_expired_for_capture", message));
    }
    super::check_suffix(args)?;
    let held = charge.num("amount");
    let amount = args.amount("amount")?.unwrap_or(held);
    check_amount(amount, held, "amount")?;
    work.edit(&id, |charge| {
        args.copy(&["receipt_email", "transfer_group"], charge);
        write_statement(args, charge);
    });
    capture_amount(work, &id, amount);
    Ok((*work.see(&id)).clone())
}

/// # Errors
/// 400 unless at least 1 and at most what is held is to be captured.
pub(crate) fn check_amount(amount: i64, held: i64, param: &str) -> Result<()> {
    if amount < 1 {
        let message = "This value must be greater than or equal to 1.";
        return Err(ApiError::invalid(message).code("parameter_invalid_integer").param(param));
    }
    if amount > held {
        let message = format!(
            "The provided {param} ({amount}) is greater than the amount that can be captured ({held})."
        );
        return Err(ApiError::invalid(message).code("amount_too_large").param(param));
    }
    Ok(())
}

/// What 3D Secure came to, as charges and setup attempts show it.
pub(crate) fn three_d_secure(work: &mut Work<'_>, flow: Option<&str>, result: &str) -> Value {
    let code = if result == "authenticated" { "05" } else { "06" };
    json!({
        "authentication_flow": flow,
        "electronic_commerce_indicator": code,
        "exemption_indicator": null,
        "result": result,
        "result_reason": null,
        "transaction_id": format!("{:016x}", work.random.next()),
        "version": "2.2.0",
    })
}
