//! What a refund does: made, and later succeeded or failed.

use crate::core::value::{Value, json};

use crate::core::json::Json;
use crate::core::work::Work;
use crate::resources::cards::Aftermath;
use crate::resources::{balance_transaction, charge, early_fraud_warning};

/// How long the test cards with a delayed refund keep it in its first status, in seconds.
const DELAY: i64 = 60;

/// A refund is on its way for so long (seconds): a dispute that comes meanwhile stops it.
const ON_ITS_WAY: i64 = 60;

/// Refunds an amount of a captured charge.
pub(super) fn make(
    work: &mut Work<'_>,
    charge: &Value,
    amount: i64,
    reason: &Value,
    metadata: &Value,
) -> String {
    let aftermath = charge::aftermath(work, charge);
    let id = format!("re_3{}", work.random.text(23));
    let transaction = balance_transaction::refunded(work, charge, amount, &id);
    let mut refund = draft(work, &id, charge, amount, reason, metadata);
    refund.set("balance_transaction", transaction);
    if let Some(becomes) = match aftermath {
        Aftermath::RefundPending => Some("succeeded"),
        Aftermath::RefundFails => Some("failed"),
        _ => None,
    } {
        refund.set("_due", work.now + DELAY);
        refund.set("_becomes", becomes);
        if becomes == "succeeded" {
            refund.set("status", "pending");
            refund.set("pending_reason", "processing");
        }
    }
    work.create(refund);
    work.tell("refund.created", &id);
    add_refunded(work, &charge.id(), amount);
    work.tell("charge.refunded", &charge.id());
    early_fraud_warning::review(work, &charge.id());
    id
}

/// Gives back what was held and not captured: no money moved, and none moves.
pub(crate) fn reverse(
    work: &mut Work<'_>,
    charge: &Value,
    amount: i64,
    reason: &Value,
    metadata: &Value,
) -> String {
    let id = format!("re_3{}", work.random.text(23));
    let mut refund = draft(work, &id, charge, amount, reason, metadata);
    refund.set("destination_details.card", json!({ "type": "reversal" }));
    work.create(refund);
    work.tell("refund.created", &id);
    add_refunded(work, &charge.id(), amount);
    id
}

fn draft(work: &Work<'_>, id: &str, charge: &Value, amount: i64, reason: &Value, metadata: &Value) -> Value {
    json!({
        "id": id,
        "object": "refund",
        "amount": amount,
        "balance_transaction": null,
        "charge": charge.at("id"),
        "created": work.now,
        "currency": charge.at("currency"),
        "destination_details": {
            "card": { "reference_status": "pending", "reference_type": "acquirer_reference_number", "type": "refund" },
            "type": "card",
        },
        "metadata": metadata,
        "payment_intent": charge.at("payment_intent"),
        "reason": reason,
        "receipt_number": null,
        "source_transfer_reversal": null,
        "status": "succeeded",
        "transfer_reversal": null,
    })
}

fn add_refunded(work: &mut Work<'_>, charge: &str, amount: i64) {
    work.edit(charge, |charge| {
        let refunded = charge.num("amount_refunded") + amount;
        charge.set("amount_refunded", refunded);
        charge.set("refunded", refunded == charge.num("amount"));
    });
}

/// Tells of a refund that changed; the second is the older name of the same event ([spec]).
pub(super) fn tell_updated(work: &mut Work<'_>, id: &str) {
    work.tell_if_changed("refund.updated", id);
    work.tell("charge.refund.updated", id);
}

/// A delayed refund succeeds or fails.
pub(crate) fn fall_due(work: &mut Work<'_>, id: &str) {
    if work.see(id).is("_becomes", "failed") {
        fail(work, id, "unknown");
        return;
    }
    work.edit(id, |refund| {
        refund.set("_due", Value::Null);
        refund.set("status", "succeeded");
        if let Value::Object(members) = refund {
            members.remove("pending_reason");
        }
    });
    tell_updated(work, id);
}

/// What failed is back on the balance, and the charge is refunded by so much less.
fn fail(work: &mut Work<'_>, id: &str, reason: &str) {
    let refund = work.see(id);
    let charge = work.see(&refund.string("charge"));
    let amount = refund.num("amount");
    let transaction = balance_transaction::refund_failed(work, &charge, amount, id);
    work.edit(id, |refund| {
        refund.set("_due", Value::Null);
        refund.set("status", "failed");
        refund.set("failure_balance_transaction", transaction);
        refund.set("failure_reason", reason);
    });
    add_refunded(work, &charge.id(), -amount);
    tell_updated(work, id);
    work.tell("refund.failed", id);
    work.tell_if_changed("charge.updated", &charge.id());
}

/// A chargeback stops the refunds that have not reached the cardholder yet.
pub(crate) fn stop_by_dispute(work: &mut Work<'_>, charge: &str) {
    for refund in work.matching("refund", "charge", charge) {
        // What was only held and never captured is not money on its way.
        let is_young = refund.has("balance_transaction") && refund.num("created") + ON_ITS_WAY > work.now;
        if is_young && matches!(refund.text("status"), Some("succeeded" | "pending")) {
            fail(work, &refund.id(), "charge_for_pending_refund_disputed");
        }
    }
}
