//! Making a charge: of an intent's attempt, or in the old way.

use crate::core::value::{Value, json};

use super::capture;
use super::outcome;
use crate::core::json::Json;
use crate::core::work::Work;
use crate::resources::cards::{Decline, Risk};
use crate::resources::payment_method;

/// How the issuer answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Succeeded,
    /// Held, to be captured.
    Authorized,
    Failed(Decline),
}

/// What is charged.
pub(super) struct Draft {
    pub(super) amount: i64,
    pub(super) currency: String,
    /// Members that a charge has in common with what asks for it.
    pub(super) shared: Value,
    pub(super) intent: Option<String>,
    /// The money's movement is known only a moment later.
    pub(super) settles_later: bool,
    /// How 3D Secure went, as it is shown; null without it.
    pub(super) three_d_secure: Value,
    pub(super) mandate: Value,
}

/// Members that a charge takes over.
const SHARED: &[&str] = &[
    "customer",
    "description",
    "metadata",
    "receipt_email",
    "shipping",
    "statement_descriptor_suffix",
    "transfer_group",
];

/// What begins each line on a cardholder's statement.
const STATEMENT_PREFIX: &str = "SANDBOX";

/// Seconds for which an authorisation holds ([spec]: 7 days by default).
pub(super) const HOLD: i64 = 7 * 86_400;

/// The charge of an intent's attempt. `three_d_secure` is shown as it is given.
pub(crate) fn of_intent(
    work: &mut Work<'_>,
    intent: &str,
    method: &str,
    verdict: &Verdict,
    three_d_secure: Value,
) -> String {
    let intent = work.see(intent);
    let draft = Draft {
        amount: intent.num("amount"),
        currency: intent.string("currency"),
        shared: (*intent).clone(),
        intent: Some(intent.id()),
        settles_later: intent.is("capture_method", "automatic_async"),
        three_d_secure,
        mandate: intent.at("_mandate").clone(),
    };
    make(work, &draft, method, verdict)
}

/// The line on the cardholder's statement: the account's own, and what the payment adds to it.
pub(super) fn statement(suffix: Option<&str>) -> String {
    suffix.map_or_else(|| STATEMENT_PREFIX.to_owned(), |suffix| format!("{STATEMENT_PREFIX}* {suffix}"))
}

pub(super) fn make(work: &mut Work<'_>, draft: &Draft, method: &str, verdict: &Verdict) -> String {
    let id = format!("{}{}", if draft.intent.is_some() { "ch_3" } else { "ch_1" }, work.random.text(23));
    let failed = match verdict {
        Verdict::Failed(decline) => Some(*decline),
        _ => None,
    };
    let captured = *verdict == Verdict::Succeeded;
    let charged = if captured { draft.amount } else { 0 };
    let shown = work.see(method);
    let risk = payment_method::card_behind(work, method).map_or(Risk::Normal, |card| card.risk);
    let mut details = card_details(work, shown.at("card"), draft);
    if *verdict == Verdict::Authorized {
        details.set("capture_before", work.now + HOLD);
    }
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
        "calculated_statement_descriptor": statement(draft.shared.text("statement_descriptor_suffix")),
        "captured": captured,
        "created": work.now,
        "currency": draft.currency,
        "customer": null,
        "description": null,
        "destination": null,
        "dispute": null,
        "disputed": false,
        "failure_balance_transaction": null,
        "failure_code": failed.map(|decline| decline.code),
        "failure_message": failed.map(|decline| decline.message),
        "fraud_details": {},
        "livemode": false,
        "metadata": {},
        "on_behalf_of": null,
        "order": null,
        "outcome": outcome::of(risk, failed),
        "paid": failed.is_none(),
        "payment_intent": draft.intent,
        "payment_method": method,
        "payment_method_details": { "card": details, "type": "card" },
        "radar_options": {},
        "receipt_email": null,
        "receipt_number": null,
        "receipt_url": null,
        "refunded": false,
        "review": null,
        "shipping": null,
        "source": null,
        "source_transfer": null,
        "statement_descriptor": null,
        "statement_descriptor_suffix": null,
        "status": if failed.is_some() { "failed" } else { "succeeded" },
        "transfer_data": null,
        "transfer_group": null,
    });
    for member in SHARED {
        if draft.shared.has(member) {
            charge.set(member, draft.shared.at(member).clone());
        }
    }
    if failed.is_none() {
        let receipt = format!("https://pay.stripe.com/receipts/payment/{}", work.random.text(60));
        charge.set("receipt_url", receipt);
    }
    let settles_later = draft.settles_later && captured;
    if settles_later {
        charge.set("_due", work.now + 2);
    } else if *verdict == Verdict::Authorized {
        charge.set("_due", work.now + HOLD);
    }
    work.create(charge);
    if captured && !settles_later {
        capture::settle(work, &id);
    }
    work.tell(if failed.is_some() { "charge.failed" } else { "charge.succeeded" }, &id);
    if captured {
        capture::aftermath(work, &id);
    }
    id
}

fn card_details(work: &mut Work<'_>, card: &Value, draft: &Draft) -> Value {
    let amount = draft.amount;
    let authorization = format!("{:06}", work.random.next() % 1_000_000);
    let network = card.text("networks.preferred").or(card.text("brand"));
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
        "mandate": draft.mandate,
        "multicapture": { "status": "unavailable" },
        "network": network,
        "network_token": { "used": false },
        "network_transaction_id": format!("{:015}", work.random.next() % 1_000_000_000_000_000),
        "overcapture": { "maximum_amount_capturable": amount, "status": "unavailable" },
        "regulated_status": "unregulated",
        "three_d_secure": draft.three_d_secure,
        "wallet": null,
    })
}
