//! What a merchant can say against a dispute: every member of its evidence.

use crate::core::value::{Map, Value, json};

use crate::core::error::{ApiError, Result};
use crate::core::json::Json;
use crate::core::work::Work;
use crate::params::shape::{Kind, Shape};
use crate::resources::shapes::ADDRESS;

const PURCHASE: Shape = &[
    ("customer_account_id", Kind::Text),
    ("customer_device_fingerprint", Kind::Text),
    ("customer_device_id", Kind::Text),
    ("customer_email_address", Kind::Text),
    ("customer_purchase_ip", Kind::Text),
    ("merchandise_or_services", Kind::Word(&["merchandise", "services"])),
    ("product_description", Kind::Text),
    ("shipping_address", Kind::Nested(ADDRESS)),
];
const EARLIER: Shape = &[
    ("charge", Kind::Text),
    ("customer_account_id", Kind::Text),
    ("customer_device_fingerprint", Kind::Text),
    ("customer_device_id", Kind::Text),
    ("customer_email_address", Kind::Text),
    ("customer_purchase_ip", Kind::Text),
    ("product_description", Kind::Text),
    ("shipping_address", Kind::Nested(ADDRESS)),
];
const ENHANCED: Shape = &[
    (
        "visa_compelling_evidence_3",
        Kind::Nested(&[
            ("disputed_transaction", Kind::Nested(PURCHASE)),
            ("prior_undisputed_transactions", Kind::Each(EARLIER)),
        ]),
    ),
    ("visa_compliance", Kind::Nested(&[("fee_acknowledged", Kind::Bool)])),
];

/// `evidence`, as it is sent.
pub(super) const SHAPE: Shape = &[
    ("access_activity_log", Kind::UpTo(20_000)),
    ("billing_address", Kind::Text),
    ("cancellation_policy", Kind::Text),
    ("cancellation_policy_disclosure", Kind::UpTo(20_000)),
    ("cancellation_rebuttal", Kind::UpTo(20_000)),
    ("customer_communication", Kind::Text),
    ("customer_email_address", Kind::Text),
    ("customer_name", Kind::Text),
    ("customer_purchase_ip", Kind::Text),
    ("customer_signature", Kind::Text),
    ("duplicate_charge_documentation", Kind::Text),
    ("duplicate_charge_explanation", Kind::UpTo(20_000)),
    ("duplicate_charge_id", Kind::Text),
    ("enhanced_evidence", Kind::Nested(ENHANCED)),
    ("product_description", Kind::UpTo(20_000)),
    ("receipt", Kind::Text),
    ("refund_policy", Kind::Text),
    ("refund_policy_disclosure", Kind::UpTo(20_000)),
    ("refund_refusal_explanation", Kind::UpTo(20_000)),
    ("service_date", Kind::Text),
    ("service_documentation", Kind::Text),
    ("shipping_address", Kind::Text),
    ("shipping_carrier", Kind::Text),
    ("shipping_date", Kind::Text),
    ("shipping_documentation", Kind::Text),
    ("shipping_tracking_number", Kind::Text),
    ("uncategorized_file", Kind::Text),
    ("uncategorized_text", Kind::UpTo(20_000)),
];

/// Members that name an uploaded file. Nothing can be uploaded here, so that no id of one is right.
const FILES: &[&str] = &[
    "cancellation_policy",
    "customer_communication",
    "customer_signature",
    "duplicate_charge_documentation",
    "receipt",
    "refund_policy",
    "service_documentation",
    "shipping_documentation",
    "uncategorized_file",
];

/// [spec]: the fields' texts together.
const LONGEST: usize = 150_000;

/// Nothing said yet.
pub(super) fn empty() -> Value {
    let members = SHAPE.iter().map(|(name, _)| {
        let value = if *name == "enhanced_evidence" { json!({}) } else { Value::Null };
        ((*name).to_owned(), value)
    });
    Value::Object(members.collect::<Map>())
}

/// Evidence with what was sent; what is sent empty is taken back.
///
/// # Errors
/// 400 for a file that was not uploaded, a charge that is not there, or too much text.
pub(super) fn merged(work: &Work<'_>, old: &Value, sent: &Value) -> Result<Value> {
    let mut evidence = old.clone();
    for (name, value) in sent.as_object().into_iter().flatten() {
        let param = format!("evidence[{name}]");
        if let (true, Some(file)) = (FILES.contains(&name.as_str()), value.as_str()) {
            return Err(ApiError::missing_param("file upload", file, &param));
        }
        match (name.as_str(), value) {
            ("enhanced_evidence", Value::Object(kinds)) => {
                for (kind, value) in kinds {
                    let shown =
                        if kind == "visa_compliance" { value.clone() } else { compelling(work, value)? };
                    evidence.set(&format!("enhanced_evidence.{kind}"), shown);
                }
            }
            ("enhanced_evidence", _) => evidence.set("enhanced_evidence", json!({})),
            _ => evidence.set(name, value.clone()),
        }
    }
    let length: usize =
        evidence.as_object().into_iter().flatten().filter_map(|(_, text)| text.as_str()).map(str::len).sum();
    if length > LONGEST {
        let message = "The combined character count of all fields is limited to 150,000.";
        return Err(ApiError::invalid(message).param("evidence"));
    }
    Ok(evidence)
}

/// Visa's form of evidence: every member there, the address with all of its lines.
fn compelling(work: &Work<'_>, sent: &Value) -> Result<Value> {
    let earlier = sent.list("prior_undisputed_transactions");
    for (index, purchase) in earlier.iter().enumerate() {
        let param = format!(
            "evidence[enhanced_evidence][visa_compelling_evidence_3][prior_undisputed_transactions][{index}][charge]"
        );
        let charge = purchase.text("charge").ok_or_else(|| ApiError::required(&param))?;
        work.named("charge", charge, &param)?;
    }
    let disputed = sent.at("disputed_transaction");
    let disputed = disputed.is_object().then(|| filled(disputed, PURCHASE));
    let earlier: Vec<Value> = earlier.iter().map(|purchase| filled(purchase, EARLIER)).collect();
    Ok(json!({ "disputed_transaction": disputed, "prior_undisputed_transactions": earlier }))
}

fn filled(sent: &Value, shape: Shape) -> Value {
    let mut whole = json!({});
    for (name, _) in shape {
        match (*name, sent.at(name)) {
            ("merchandise_or_services", Value::Null) => {}
            ("shipping_address", address @ Value::Object(_)) => {
                let lines = ADDRESS.iter().map(|(line, _)| ((*line).to_owned(), address.at(line).clone()));
                whole.set(name, Value::Object(lines.collect::<Map>()));
            }
            (_, value) => whole.set(name, value.clone()),
        }
    }
    whole
}

/// Whether anything was said.
pub(super) fn is_there(evidence: &Value) -> bool {
    evidence.as_object().into_iter().flatten().any(|(_, value)| match value {
        Value::Object(kinds) => !kinds.is_empty(),
        other => !other.is_null(),
    })
}
