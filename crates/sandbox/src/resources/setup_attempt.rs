//! Setup attempts: each try to set up a card, and how it went.

use crate::core::value::{Value, json};

use crate::core::error::{ApiError, Result};
use crate::core::json::Json;
use crate::core::list::{AFTER, BEFORE, CREATED, LIMIT, list};
use crate::core::routes::{Route, route};
use crate::core::work::Work;
use crate::params::args::Args;
use crate::params::shape::{Kind, Shape};

pub(crate) const ROUTES: &[Route] = &[route("GET", "setup_attempts", LIST, all)];

const LIST: Shape = &[AFTER, BEFORE, CREATED, LIMIT, ("setup_intent", Kind::Text)];

/// Begins an attempt with the intent's payment method; one that still waited for the payer is given up.
pub(crate) fn begin(work: &mut Work<'_>, intent_id: &str) -> String {
    give_up(work, intent_id);
    let intent = work.see(intent_id);
    let id = format!("setatt_1{}", work.random.text(23));
    let method = work.see(&intent.string("payment_method"));
    let card = method.at("card");
    let network = card.text("networks.preferred").or(card.text("brand"));
    work.create(json!({
        "id": id,
        "object": "setup_attempt",
        "application": null,
        "created": work.now,
        "customer": intent.at("customer"),
        "customer_account": null,
        "flow_directions": intent.at("flow_directions"),
        "livemode": false,
        "on_behalf_of": null,
        "payment_method": intent.at("payment_method"),
        "payment_method_details": {
            "card": {
                "brand": card.at("brand"), "checks": card.at("checks"), "country": card.at("country"),
                "exp_month": card.at("exp_month"), "exp_year": card.at("exp_year"),
                "fingerprint": card.at("fingerprint"), "funding": card.at("funding"),
                "last4": card.at("last4"), "network": network, "three_d_secure": null, "wallet": null,
            },
            "type": "card",
        },
        "setup_error": null,
        "setup_intent": intent_id,
        "status": "requires_confirmation",
        "usage": intent.at("usage"),
    }));
    work.set(intent_id, "latest_attempt", id.as_str());
    id
}

/// How the intent's newest attempt went on.
pub(crate) fn ended(work: &mut Work<'_>, intent: &str, status: &str, error: Value, three_d_secure: Value) {
    let attempt = work.see(intent).string("latest_attempt");
    work.edit(&attempt, |attempt| {
        attempt.set("status", status);
        attempt.set("setup_error", error);
        if !three_d_secure.is_null() {
            attempt.set("payment_method_details.card.three_d_secure", three_d_secure);
        }
    });
}

/// Nobody waits for the payer any more.
pub(crate) fn give_up(work: &mut Work<'_>, intent: &str) {
    let attempt = work.see(&work.see(intent).string("latest_attempt"));
    if attempt.is("status", "requires_action") {
        work.set(&attempt.id(), "status", "abandoned");
    }
}

fn all(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let intent = args.text("setup_intent").ok_or_else(|| ApiError::required("setup_intent"))?;
    work.named("setup_intent", intent, "setup_intent")?;
    let among = work.matching("setup_attempt", "setup_intent", intent);
    list(work, args, "setup_attempt", "/v1/setup_attempts", Some(among), |_| true)
}
