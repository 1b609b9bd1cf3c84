//! Evidence that Visa takes by its own rules: Compelling Evidence 3.0, and compliance disputes
//! (Stripe docs: disputes/api/visa-ce3, visa-compliance).

use crate::core::value::{Value, json};

use crate::core::json::Json;
use crate::resources::cards::Complaint;

pub(super) const COMPELLING: &str = "visa_compelling_evidence_3";
pub(super) const COMPLIANCE: &str = "visa_compliance";

/// The forms that a complaint of a kind can be answered in.
pub(super) fn types(complaint: Complaint) -> Vec<&'static str> {
    match complaint {
        Complaint::CompellingEvidence => vec![COMPELLING],
        Complaint::Compliance => vec![COMPLIANCE],
        _ => Vec::new(),
    }
}

/// `evidence_details.enhanced_eligibility`, from the evidence as it is. `submitted`: it is not going to change.
pub(super) fn eligibility(types: &[Value], evidence: &Value, submitted: bool) -> Value {
    let mut shown = json!({});
    for kind in types.iter().filter_map(Value::as_str) {
        let given = evidence.at(&format!("enhanced_evidence.{kind}"));
        let status = if kind == COMPLIANCE {
            let acknowledged = given.flag("fee_acknowledged");
            json!({ "status": if acknowledged { "fee_acknowledged" } else { "requires_fee_acknowledgement" } })
        } else {
            let missing = missing(given);
            let status = match (missing.is_empty(), submitted) {
                (true, _) => "qualified",
                (false, true) => "not_qualified",
                (false, false) => "requires_action",
            };
            json!({ "required_actions": missing, "status": status })
        };
        shown.set(kind, status);
    }
    shown
}

/// What is missing for Visa to take the evidence.
fn missing(given: &Value) -> Vec<&'static str> {
    let disputed = given.at("disputed_transaction");
    let earlier = given.list("prior_undisputed_transactions");
    let mut actions = Vec::new();
    if !identified(disputed, earlier) {
        actions.push("missing_customer_identifiers");
    }
    if !disputed.has("product_description") {
        actions.push("missing_disputed_transaction_description");
    }
    if !disputed.has("merchandise_or_services") {
        actions.push("missing_merchandise_or_services");
    }
    if earlier.iter().any(|purchase| !purchase.has("product_description")) {
        actions.push("missing_prior_undisputed_transaction_description");
    }
    if earlier.len() < 2 {
        actions.push("missing_prior_undisputed_transactions");
    }
    actions
}

/// Whether two elements agree in all purchases, a main one (address on the internet, device) among them. A device and
/// its fingerprint are one element.
fn identified(disputed: &Value, earlier: &[Value]) -> bool {
    let agrees = |name: &str| {
        disputed.has(name) && earlier.iter().all(|purchase| purchase.at(name) == disputed.at(name))
    };
    let main = [
        agrees("customer_purchase_ip"),
        agrees("customer_device_fingerprint") || agrees("customer_device_id"),
    ];
    let other = ["shipping_address", "customer_email_address", "customer_account_id"].map(agrees);
    let count = |found: &[bool]| found.iter().filter(|found| **found).count();
    count(&main) >= 2 || (count(&main) == 1 && count(&other) >= 1)
}
