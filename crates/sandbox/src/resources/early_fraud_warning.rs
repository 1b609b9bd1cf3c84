//! Early fraud warnings: the issuer says that a charge may be fraudulent, before any dispute.

use crate::core::value::{Value, json};

use super::shapes::NONE;
use crate::core::error::Result;
use crate::core::json::Json;
use crate::core::list::{AFTER, BEFORE, CREATED, LIMIT, agrees, list};
use crate::core::routes::{Route, route};
use crate::core::work::Work;
use crate::params::args::Args;
use crate::params::shape::{Kind, Shape};

pub(crate) const ROUTES: &[Route] = &[
    route("GET", "radar/early_fraud_warnings", LIST, all),
    route("GET", "radar/early_fraud_warnings/*", NONE, retrieve),
];

const KIND: &str = "radar.early_fraud_warning";
const LIST: Shape = &[AFTER, BEFORE, ("charge", Kind::Text), CREATED, LIMIT, ("payment_intent", Kind::Text)];

/// The issuer warns of a charge.
pub(crate) fn make(work: &mut Work<'_>, charge: &str) {
    let id = format!("issfr_1{}", work.random.text(23));
    let mut warning = json!({
        "id": id,
        "object": KIND,
        "actionable": true,
        "charge": charge,
        "created": work.now,
        "fraud_type": "misc",
        "livemode": false,
    });
    if let Some(intent) = work.see(charge).text("payment_intent") {
        warning.set("payment_intent", intent);
    }
    work.create(warning);
    work.tell("radar.early_fraud_warning.created", &id);
}

/// Once its charge is refunded whole, there is nothing left to do about a warning ([spec] `actionable`).
pub(crate) fn review(work: &mut Work<'_>, charge: &str) {
    if !work.see(charge).flag("refunded") {
        return;
    }
    for warning in work.matching(KIND, "charge", charge) {
        work.set(&warning.id(), "actionable", false);
        work.tell_if_changed("radar.early_fraud_warning.updated", &warning.id());
    }
}

fn retrieve(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    Ok((*work.path(KIND, args.id())?).clone())
}

fn all(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let among = args.text("charge").map(|charge| work.matching(KIND, "charge", charge));
    list(work, args, KIND, "/v1/radar/early_fraud_warnings", among, |warning| {
        agrees(args, "charge", warning) && agrees(args, "payment_intent", warning)
    })
}
