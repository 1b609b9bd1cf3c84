//! A dispute's life: opened by the cardholder's bank, escalated, won, lost or closed.

use crate::core::value::{Value, json};

use super::{evidence, visa};
use crate::core::json::Json;
use crate::core::work::Work;
use crate::resources::cards::Complaint;
use crate::resources::{balance_transaction, refund};

const DAY: i64 = 86_400;

/// Whole days in which a dispute is to be answered, to the end of the last ([doc]: 7 to 21, by card network).
const DAYS_TO_ANSWER: i64 = 8;
/// An inquiry that has not become a dispute after so many seconds is closed ([doc]: 120 days).
const INQUIRY: i64 = 120 * DAY;
/// How long the bank takes over the test evidence that decides a dispute, in seconds.
const REVIEW: i64 = 5;

/// Opens what the card's number stands for.
pub(crate) fn open(work: &mut Work<'_>, charge: &str, complaint: Complaint) {
    let amount = work.see(charge).num("amount_captured");
    if complaint == Complaint::Twice && amount > 1 {
        // Stripe does not say of which amounts: two parts that make up the whole.
        open_one(work, charge, complaint, amount / 2);
        open_one(work, charge, complaint, amount - amount / 2);
    } else {
        open_one(work, charge, complaint, amount);
    }
}

fn open_one(work: &mut Work<'_>, charge_id: &str, complaint: Complaint, amount: i64) {
    let charge = work.see(charge_id);
    let id = format!("du_1{}", work.random.text(23));
    let inquiry = complaint == Complaint::Inquiry;
    let due_by = (work.now.div_euclid(DAY) + DAYS_TO_ANSWER + 1) * DAY - 1;
    let types: Vec<Value> = visa::types(complaint).into_iter().map(Value::from).collect();
    let said = evidence::empty();
    let brand = charge.string("payment_method_details.card.brand");
    let (reason, case, code) = case(complaint, brand == "visa");
    work.create(json!({
        "id": id,
        "object": "dispute",
        "amount": amount,
        "balance_transactions": [],
        "charge": charge_id,
        "created": work.now,
        "currency": charge.at("currency"),
        "enhanced_eligibility_types": types,
        "evidence": said,
        "evidence_details": {
            "due_by": due_by,
            "enhanced_eligibility": visa::eligibility(&types, &said, false),
            "has_evidence": false,
            "past_due": false,
            "submission_count": 0,
        },
        "is_charge_refundable": inquiry,
        "livemode": false,
        "metadata": {},
        "payment_intent": charge.at("payment_intent"),
        "payment_method_details": {
            "card": { "brand": brand, "case_type": case, "network_reason_code": code },
            "type": "card",
        },
        "reason": reason,
        "status": if inquiry { "warning_needs_response" } else { "needs_response" },
        "_due": if inquiry { work.now + INQUIRY } else { due_by },
    }));
    if !inquiry {
        withdraw(work, &id);
    }
    work.tell("charge.dispute.created", &id);
    if !inquiry {
        work.tell("charge.dispute.funds_withdrawn", &id);
    }
    work.edit(charge_id, |charge| {
        charge.set("disputed", true);
        charge.set("dispute", id);
    });
}

/// Reason, kind of case, and the network's own code for it.
fn case(complaint: Complaint, visa: bool) -> (&'static str, &'static str, Option<&'static str>) {
    match complaint {
        Complaint::NotReceived => {
            ("product_not_received", "chargeback", Some(if visa { "13.1" } else { "4855" }))
        }
        Complaint::Inquiry => ("fraudulent", "inquiry", Some("10")),
        Complaint::Compliance => ("noncompliant", "compliance", None),
        _ => ("fraudulent", "chargeback", Some(if visa { "10.4" } else { "4837" })),
    }
}

/// The bank takes the amount.
fn withdraw(work: &mut Work<'_>, id: &str) {
    let dispute = work.see(id);
    let charge = work.see(&dispute.string("charge"));
    let transaction = balance_transaction::withdrawn(work, &charge, dispute.num("amount"), id);
    add_transaction(work, id, &transaction);
}

fn add_transaction(work: &mut Work<'_>, id: &str, transaction: &str) {
    let shown = balance_transaction::shown(work, transaction);
    work.edit(id, |dispute| {
        let mut all = dispute.list("balance_transactions").to_vec();
        all.push(shown);
        dispute.set("balance_transactions", all);
    });
}

/// What submitted evidence leads to, for the texts that decide ([doc] testing: evidence).
pub(super) fn outcome(dispute: &Value) -> Option<&'static str> {
    let inquiry = is_inquiry(dispute);
    match dispute.text("evidence.uncategorized_text") {
        Some("winning_evidence" | "losing_evidence") if inquiry => Some("warning_closed"),
        Some("winning_evidence") => Some("won"),
        Some("losing_evidence") => Some("lost"),
        Some("escalate_inquiry_evidence") if inquiry => Some("needs_response"),
        _ => None,
    }
}

pub(super) fn is_inquiry(dispute: &Value) -> bool {
    dispute.text("status").is_some_and(|status| status.starts_with("warning_"))
}

/// The evidence went to the bank, which takes a while.
pub(super) fn submitted(work: &mut Work<'_>, id: &str) {
    let now = work.now;
    work.edit(id, |dispute| {
        let inquiry = is_inquiry(dispute);
        let becomes = outcome(dispute);
        let waits = if inquiry { Some(dispute.num("created") + INQUIRY) } else { None };
        dispute.set("status", if inquiry { "warning_under_review" } else { "under_review" });
        dispute.set("_becomes", becomes);
        dispute.set("_due", becomes.map(|_| now + REVIEW).or(waits));
    });
}

/// The bank has decided, or nobody answered in time.
pub(crate) fn fall_due(work: &mut Work<'_>, id: &str) {
    let dispute = work.see(id);
    let becomes = match dispute.text("_becomes") {
        Some("won") => "won",
        Some("lost") => "lost",
        // An inquiry into what was refunded whole takes no money any more ([spec] `is_charge_refundable`).
        Some("needs_response") if !work.see(&dispute.string("charge")).flag("refunded") => {
            return escalate(work, id);
        }
        _ if is_inquiry(&dispute) => "warning_closed",
        _ => "lost",
    };
    close(work, id, becomes);
}

/// An inquiry becomes a dispute: the money goes now.
fn escalate(work: &mut Work<'_>, id: &str) {
    let due_by = (work.now.div_euclid(DAY) + DAYS_TO_ANSWER + 1) * DAY - 1;
    work.edit(id, |dispute| {
        let types = dispute.list("enhanced_eligibility_types").to_vec();
        let visa = dispute.is("payment_method_details.card.brand", "visa");
        let said = evidence::empty();
        dispute.set("status", "needs_response");
        dispute.set("is_charge_refundable", false);
        dispute.set("payment_method_details.card.case_type", "chargeback");
        dispute.set("payment_method_details.card.network_reason_code", case(Complaint::Fraudulent, visa).2);
        // It can be answered anew.
        dispute.set("evidence_details.due_by", due_by);
        dispute.set("evidence_details.has_evidence", false);
        dispute.set("evidence_details.submission_count", 0);
        dispute.set("evidence_details.enhanced_eligibility", visa::eligibility(&types, &said, false));
        dispute.set("evidence", said);
        dispute.set("_becomes", Value::Null);
        dispute.set("_due", due_by);
    });
    let charge = work.see(id).string("charge");
    refund::stop_by_dispute(work, &charge);
    withdraw(work, id);
    work.tell("charge.dispute.updated", id);
    work.tell("charge.dispute.funds_withdrawn", id);
}

/// The end of a dispute. What was won comes back, without the fee.
pub(super) fn close(work: &mut Work<'_>, id: &str, status: &str) {
    let won = status == "won";
    if won {
        let dispute = work.see(id);
        let charge = work.see(&dispute.string("charge"));
        let transaction = balance_transaction::reinstated(work, &charge, dispute.num("amount"), id);
        add_transaction(work, id, &transaction);
    }
    work.edit(id, |dispute| {
        dispute.set("status", status);
        dispute.set("_becomes", Value::Null);
        dispute.set("_due", Value::Null);
        if won {
            dispute.set("is_charge_refundable", true);
        }
    });
    if won {
        work.tell("charge.dispute.funds_reinstated", id);
    }
    work.tell("charge.dispute.closed", id);
}

/// Whether the bank has taken, or kept, a part of a charge: what is refunded then would be paid twice.
pub(crate) fn blocks_refunds(work: &Work<'_>, charge: &str) -> bool {
    work.matching("dispute", "charge", charge).iter().any(|dispute| !dispute.flag("is_charge_refundable"))
}
