//! `expand`: ids replaced by the objects they name, and members that are only there when asked for.

use crate::core::value::{Value, json};

use super::error::{ApiError, Result};
use super::json::Json;
use super::render;
use super::work::{Work, whole_list};
use crate::resources::{checkout, customer_balance_transaction};

/// Stripe docs: expanding: "You cannot expand more than 4 levels of a property".
const MAX_DEPTH: usize = 4;

/// Members that hold an id and can be expanded, or that contain such members.
const EXPANDABLE: &[&str] = &[
    "account",
    "application",
    "balance_transaction",
    "charge",
    "coupon",
    "customer",
    "data",
    "default_payment_method",
    "default_price",
    "default_source",
    "discount",
    "discounts",
    "dispute",
    "failure_balance_transaction",
    "invoice",
    "latest_attempt",
    "latest_charge",
    "latest_invoice",
    "latest_revision",
    "mandate",
    "on_behalf_of",
    "payment_intent",
    "payment_method",
    "pending_setup_intent",
    "price",
    "product",
    "promotion",
    "promotion_code",
    "restrictions",
    "review",
    "schedule",
    "setup_intent",
    "single_use_mandate",
    "source",
    "source_transfer",
    "source_transfer_reversal",
    "subscription",
    "tax_code",
    "test_clock",
    "transfer_reversal",
];

/// Members that exist only when they are expanded.
const INCLUDABLE: &[(&str, &str)] = &[
    ("charge", "refunds"),
    ("checkout.session", "line_items"),
    ("coupon", "applies_to"),
    ("coupon", "currency_options"),
    // Of a promotion code's restrictions, which have no kind of their own.
    ("", "currency_options"),
    ("customer", "invoice_credit_balance"),
    ("customer", "sources"),
    ("customer", "subscriptions"),
    ("customer", "tax"),
    ("invoice", "confirmation_secret"),
    ("invoice", "payments"),
    ("search_result", "total_count"),
];

/// Expands an answer by every path that was asked for.
///
/// # Errors
/// 400 when a path is too deep, or names something that cannot be expanded.
pub(crate) fn expand(work: &Work<'_>, answer: &mut Value, paths: &[String]) -> Result<()> {
    for path in paths {
        let steps: Vec<&str> = path.split('.').collect();
        let depth = steps.iter().filter(|step| **step != "data").count();
        if depth > MAX_DEPTH {
            return Err(
                ApiError::invalid("You cannot expand more than 4 levels of a property").param("expand")
            );
        }
        walk(work, answer, &steps, path)?;
    }
    Ok(())
}

fn walk(work: &Work<'_>, here: &mut Value, steps: &[&str], path: &str) -> Result<()> {
    let Some((step, rest)) = steps.split_first() else { return Ok(()) };
    match here {
        Value::Array(items) => items.iter_mut().try_for_each(|item| walk(work, item, steps, path)),
        Value::Object(_) => {
            include(work, here, step, rest);
            let kind = here.string("object");
            let included = INCLUDABLE.contains(&(kind.as_str(), step));
            let Some(member) = here.get_mut(step) else {
                // Nothing of what is only there when asked for.
                return if included { Ok(()) } else { Err(cannot(path)) };
            };
            let holds_more = member.is_object() || member.is_array();
            let passed_through = holds_more && !rest.is_empty();
            if !(included || passed_through || EXPANDABLE.contains(step)) {
                return Err(cannot(path));
            }
            resolve(work, member);
            if member.is_null() { Ok(()) } else { walk(work, member, rest, path) }
        }
        // An id of something that is kept nowhere (an event's snapshot of a deleted object).
        _ => Ok(()),
    }
}

fn cannot(path: &str) -> ApiError {
    ApiError::invalid(format!("This property cannot be expanded ({path})."))
}

fn resolve(work: &Work<'_>, member: &mut Value) {
    match member {
        Value::String(id) => {
            if let Some(found) = work.get(id) {
                *member = render::public(&found);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| resolve(work, item)),
        _ => {}
    }
}

/// Adds a member that is only there when expanded.
fn include(work: &Work<'_>, object: &mut Value, step: &str, rest: &[&str]) {
    let id = object.id();
    let kind = object.string("object");
    let value = match (kind.as_str(), step) {
        ("coupon", "applies_to" | "currency_options") => match work.see(&id).at(&format!("_{step}")) {
            Value::Null => return,
            kept => kept.clone(),
        },
        ("promotion_code", "restrictions") if rest == ["currency_options"] => {
            if let kept @ Value::Object(_) = work.see(&id).at("_currency_options") {
                object.set("restrictions.currency_options", kept.clone());
            }
            return;
        }
        ("invoice", "payments") => {
            let payments = work.matching("invoice_payment", "invoice", &id);
            let data: Vec<Value> = payments.iter().map(|payment| render::public(payment)).collect();
            json!({ "object": "list", "data": data, "has_more": false, "url": "/v1/invoices/payments" })
        }
        ("invoice", "confirmation_secret") => confirmation_secret(work, &id),
        ("charge", "refunds") => {
            let data = work.matching("refund", "charge", &id).iter().map(|r| render::public(r)).collect();
            whole_list(&format!("/v1/charges/{id}/refunds"), data)
        }
        ("checkout.session", "line_items") => checkout::all_items(work, &id),
        ("customer", "subscriptions") => {
            let live = |s: &&std::sync::Arc<Value>| {
                !s.is("status", "canceled") && !s.is("status", "incomplete_expired")
            };
            let found = work.matching("subscription", "customer", &id);
            let data = found.iter().filter(live).map(|s| render::public(s)).collect();
            whole_list(&format!("/v1/customers/{id}/subscriptions"), data)
        }
        ("customer", "sources") => whole_list(&format!("/v1/customers/{id}/sources"), Vec::new()),
        ("customer", "invoice_credit_balance") => customer_balance_transaction::by_currency(object),
        ("customer", "tax") => json!({
            "automatic_tax": "unrecognized_location", "ip_address": work.see(&id).at("_tax_ip"), "location": null, "provider": "stripe"
        }),
        _ => return,
    };
    object.set(step, value);
}

/// The secret with which a browser confirms the invoice's own payment intent. Null when nothing is to be paid.
fn confirmation_secret(work: &Work<'_>, invoice: &str) -> Value {
    let intent = work.see(invoice).text("_pi").map(|id| work.see(id));
    match intent.as_ref().and_then(|intent| intent.text("client_secret")) {
        Some(secret) => json!({ "client_secret": secret, "type": "payment_intent" }),
        None => Value::Null,
    }
}
