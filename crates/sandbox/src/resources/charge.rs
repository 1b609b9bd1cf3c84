//! Charges: what a payment attempt leaves behind.

use serde_json::{Value, json};

use super::cards::{Aftermath, Decline};
use super::shapes::NONE;
use super::{balance_transaction, money, payment_method};
use crate::core::error::{ApiError, Result};
use crate::core::json::Json;
use crate::core::list::{AFTER, BEFORE, CREATED, LIMIT, agrees, list};
use crate::core::routes::{Route, route};
use crate::core::work::Work;
use crate::params::args::Args;
use crate::params::shape::{Kind, Shape};

pub(crate) const ROUTES: &[Route] = &[
    route("POST", "charges", CREATE, create),
    route("GET", "charges", LIST, all),
    route("GET", "charges/*", NONE, retrieve),
    route("POST", "charges/*", UPDATE, update),
    route("GET", "charges/*/refunds", REFUNDS, refunds),
];

const CREATE: Shape = &[
    ("amount", Kind::Int),
    ("currency", Kind::Text),
    ("customer", Kind::Text),
    ("description", Kind::Text),
    ("metadata", Kind::Metadata),
    ("receipt_email", Kind::Text),
    ("source", Kind::Text),
];
const UPDATE: Shape = &[
    ("customer", Kind::Text),
    ("description", Kind::Text),
    ("metadata", Kind::Metadata),
    ("receipt_email", Kind::Text),
];
const LIST: Shape =
    &[AFTER, BEFORE, CREATED, ("customer", Kind::Text), LIMIT, ("payment_intent", Kind::Text)];
const REFUNDS: Shape = &[AFTER, BEFORE, LIMIT];

/// How the issuer answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Succeeded,
    /// Held, to be captured.
    Authorized,
    Failed(Decline),
}

/// What is charged.
struct Draft {
    amount: i64,
    currency: String,
    customer: Value,
    description: Value,
    metadata: Value,
    receipt_email: Value,
    shipping: Value,
    intent: Option<String>,
    /// The money's movement is known only a moment later.
    settles_later: bool,
}

/// The charge of an intent's attempt.
pub(crate) fn of_intent(work: &mut Work<'_>, intent: &str, method: &str, verdict: &Verdict) -> String {
    let intent = work.see(intent);
    let draft = Draft {
        amount: intent.num("amount"),
        currency: intent.string("currency"),
        customer: intent.at("customer").clone(),
        description: intent.at("description").clone(),
        metadata: intent.at("metadata").clone(),
        receipt_email: intent.at("receipt_email").clone(),
        shipping: intent.at("shipping").clone(),
        intent: Some(intent.id()),
        settles_later: intent.is("capture_method", "automatic_async"),
    };
    make(work, &draft, method, verdict)
}

fn make(work: &mut Work<'_>, draft: &Draft, method: &str, verdict: &Verdict) -> String {
    let id = format!("{}{}", if draft.intent.is_some() { "ch_3" } else { "ch_1" }, work.random.text(23));
    let failed = match verdict {
        Verdict::Failed(decline) => Some(*decline),
        _ => None,
    };
    let captured = *verdict == Verdict::Succeeded;
    let charged = if captured { draft.amount } else { 0 };
    let shown = work.see(method);
    let mut charge = json!({
        "id": id,
        "object": "charge",
        "amount": draft.amount,
        "amount_captured": charged,
        "amount_refunded": 0,
        "application": null,
        "application_fee": null,
        "application_fee_amount": null,
        "balance_transaction": null,
        "billing_details": shown.at("billing_details"),
        "calculated_statement_descriptor": "SANDBOX",
        "captured": captured,
        "created": work.now,
        "currency": draft.currency,
        "customer": draft.customer,
        "description": draft.description,
        "destination": null,
        "dispute": null,
        "disputed": false,
        "failure_balance_transaction": null,
        "failure_code": failed.map(|decline| decline.code),
        "failure_message": failed.map(|decline| decline.message),
        "fraud_details": {},
        "livemode": false,
        "metadata": draft.metadata,
        "on_behalf_of": null,
        "order": null,
        "outcome": outcome(failed),
        "paid": failed.is_none(),
        "payment_intent": draft.intent,
        "payment_method": method,
        "payment_method_details": { "card": card_details(work, shown.at("card"), draft.amount), "type": "card" },
        "radar_options": {},
        "receipt_email": draft.receipt_email,
        "receipt_number": null,
        "receipt_url": null,
        "refunded": false,
        "review": null,
        "shipping": draft.shipping,
        "source": null,
        "source_transfer": null,
        "statement_descriptor": null,
        "statement_descriptor_suffix": null,
        "status": if failed.is_some() { "failed" } else { "succeeded" },
        "transfer_data": null,
        "transfer_group": null,
    });
    if failed.is_none() {
        let receipt = format!("https://pay.stripe.com/receipts/payment/{}", work.random.text(60));
        charge.set("receipt_url", receipt);
    }
    let settles_later = draft.settles_later && captured;
    if settles_later {
        charge.set("_due", work.now + 2);
    }
    work.create(charge);
    if captured && !settles_later {
        settle(work, &id);
    }
    work.tell(if failed.is_some() { "charge.failed" } else { "charge.succeeded" }, &id);
    id
}

fn outcome(failed: Option<Decline>) -> Value {
    let Some(decline) = failed else {
        return json!({
            "advice_code": null,
            "network_advice_code": null,
            "network_decline_code": null,
            "network_status": "approved_by_network",
            "reason": null,
            "risk_level": "normal",
            "risk_score": 20,
            "seller_message": "Payment complete.",
            "type": "authorized",
        });
    };
    let blocked = decline.decline_code == Some("fraudulent");
    json!({
        "advice_code": decline.advice_code,
        "network_advice_code": null,
        "network_decline_code": decline.network_decline_code,
        "network_status": if blocked { "not_sent_to_network" } else { "declined_by_network" },
        "reason": if blocked { "highest_risk_level" } else { decline.decline_code.unwrap_or(decline.code) },
        "risk_level": if blocked { "highest" } else { "normal" },
        "risk_score": if blocked { 90 } else { 20 },
        "seller_message": if blocked {
            "Stripe blocked this payment as too risky."
        } else {
            "The bank did not return any further details with this decline."
        },
        "type": if blocked { "blocked" } else { "issuer_declined" },
    })
}

fn card_details(work: &mut Work<'_>, card: &Value, amount: i64) -> Value {
    let authorization = format!("{:06}", work.random.next() % 1_000_000);
    json!({
        "amount_authorized": amount,
        "authorization_code": authorization,
        "brand": card.at("brand"),
        "checks": card.at("checks"),
        "country": card.at("country"),
        "exp_month": card.at("exp_month"),
        "exp_year": card.at("exp_year"),
        "extended_authorization": { "status": "disabled" },
        "fingerprint": card.at("fingerprint"),
        "funding": card.at("funding"),
        "incremental_authorization": { "status": "unavailable" },
        "installments": null,
        "last4": card.at("last4"),
        "mandate": null,
        "multicapture": { "status": "unavailable" },
        "network": card.at("brand"),
        "network_token": { "used": false },
        "network_transaction_id": format!("{:015}", work.random.next() % 1_000_000_000_000_000),
        "overcapture": { "maximum_amount_capturable": amount, "status": "unavailable" },
        "regulated_status": "unregulated",
        "three_d_secure": null,
        "wallet": null,
    })
}

/// Books the money: the charge gets its balance transaction.
fn settle(work: &mut Work<'_>, id: &str) {
    let charge = work.see(id);
    let amount = charge.num("amount_captured");
    let transaction = balance_transaction::make(work, &charge, "charge", amount, id);
    work.set(id, "balance_transaction", transaction);
}

/// The moment after an asynchronous capture.
pub(crate) fn fall_due(work: &mut Work<'_>, id: &str) {
    work.set(id, "_due", Value::Null);
    settle(work, id);
    work.tell_if_changed("charge.updated", id);
}

/// Captures what was held.
pub(crate) fn capture_amount(work: &mut Work<'_>, id: &str, amount: i64) {
    work.edit(id, |charge| {
        charge.set("captured", true);
        charge.set("amount_captured", amount);
    });
    settle(work, id);
    work.tell("charge.captured", id);
}

/// Gives back what was held and not captured: shown as refunded, without a refund of its own.
pub(crate) fn release(work: &mut Work<'_>, id: &str) {
    work.edit(id, |charge| {
        let amount = charge.num("amount");
        charge.set("amount_refunded", amount);
        charge.set("refunded", true);
    });
    work.tell("charge.refunded", id);
}

/// What a refund of this charge will do.
pub(crate) fn aftermath(work: &Work<'_>, charge: &Value) -> Aftermath {
    let method = charge.string("payment_method");
    payment_method::card_behind(work, &method).map_or(Aftermath::None, |card| card.aftermath)
}

/// The old way to charge: at once, without an intent.
fn create(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let amount = args.amount("amount")?.ok_or_else(|| ApiError::required("amount"))?;
    let currency = money::currency(args.need_text("currency")?, "currency")?;
    if amount < money::minimum(&currency) {
        let least = money::shown(money::minimum(&currency), &currency);
        let message = format!("Amount must be at least {least} {currency}");
        return Err(ApiError::invalid(message).code("amount_too_small").param("amount"));
    }
    let customer = args.text("customer").map(|id| work.named("customer", id, "customer")).transpose()?;
    let method = match (args.text("source"), &customer) {
        (Some(source), _) => payment_method::materialize(work, source, "source")?,
        (None, Some(customer)) => {
            if let Some(method) = customer.text("invoice_settings.default_payment_method") {
                method.to_owned()
            } else {
                let message = "Cannot charge a customer that has no active card";
                return Err(ApiError::card("missing", message).param("card"));
            }
        }
        (None, None) => {
            return Err(ApiError::invalid("Must provide source or customer.").code("parameter_missing"));
        }
    };
    let draft = Draft {
        amount,
        currency,
        customer: customer.map_or(Value::Null, |customer| customer.at("id").clone()),
        description: args.at("description").clone(),
        metadata: args
            .at("metadata")
            .as_object()
            .map_or_else(|| json!({}), |sent| Value::Object(sent.clone())),
        receipt_email: args.at("receipt_email").clone(),
        shipping: Value::Null,
        intent: None,
        settles_later: false,
    };
    let decline = payment_method::card_behind(work, &method).and_then(|card| card.always.or(card.charge));
    let verdict = decline.map_or(Verdict::Succeeded, Verdict::Failed);
    let id = make(work, &draft, &method, &verdict);
    match verdict {
        Verdict::Failed(decline) => {
            Err(payment_method::decline_error(&decline).with("charge", id).keeping_changes())
        }
        _ => Ok((*work.see(&id)).clone()),
    }
}

fn retrieve(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    Ok((*work.path("charge", args.id())?).clone())
}

fn update(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let id = work.path("charge", args.id())?.id();
    if let Some(customer) = args.text("customer") {
        work.named("customer", customer, "customer")?;
    }
    work.edit(&id, |charge| {
        args.copy(&["customer", "description", "receipt_email"], charge);
        args.metadata(charge);
    });
    work.tell_if_changed("charge.updated", &id);
    Ok((*work.see(&id)).clone())
}

fn all(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let among = match (args.text("payment_intent"), args.text("customer")) {
        (Some(intent), _) => Some(work.matching("charge", "payment_intent", intent)),
        (None, Some(customer)) => Some(work.matching("charge", "customer", customer)),
        _ => None,
    };
    list(work, args, "charge", "/v1/charges", among, |charge| {
        agrees(args, "customer", charge) && agrees(args, "payment_intent", charge)
    })
}

fn refunds(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let id = work.path("charge", args.id())?.id();
    let among = work.matching("refund", "charge", &id);
    list(work, args, "refund", &format!("/v1/charges/{id}/refunds"), Some(among), |_| true)
}
