//! Balance transactions: money that moved, with Stripe's fee.

use serde_json::{Value, json};

use super::shapes::NONE;
use crate::core::error::Result;
use crate::core::json::Json;
use crate::core::list::{AFTER, BEFORE, CREATED, LIMIT, agrees, list};
use crate::core::routes::{Route, route};
use crate::core::work::Work;
use crate::params::args::Args;
use crate::params::shape::{Kind, Shape};

pub(crate) const ROUTES: &[Route] = &[
    route("GET", "balance_transactions", LIST, all),
    route("GET", "balance_transactions/*", NONE, retrieve),
];

const LIST: Shape = &[
    AFTER,
    BEFORE,
    CREATED,
    ("currency", Kind::Text),
    LIMIT,
    ("source", Kind::Text),
    ("type", Kind::Word(&["charge", "refund", "refund_failure"])),
];

/// 2.9 % and 30 minor units, rounded to the nearest (Stripe's standard price for cards in the US).
fn fee(amount: i64) -> i64 {
    (amount * 29 + 500) / 1000 + 30
}

/// Books an amount (negative for a refund) for a charge; `source` is what moved it.
pub(crate) fn make(work: &mut Work<'_>, charge: &Value, kind: &str, amount: i64, source: &str) -> String {
    let fee = if kind == "charge" { fee(amount) } else { 0 };
    let id = format!("txn_3{}", work.random.text(23));
    let currency = charge.string("currency");
    let details = if fee == 0 {
        json!([])
    } else {
        json!([{
            "amount": fee,
            "application": null,
            "currency": currency,
            "description": "Stripe processing fees",
            "type": "stripe_fee",
        }])
    };
    let description =
        if kind == "charge" { charge.at("description").clone() } else { "REFUND FOR CHARGE".into() };
    work.create(json!({
        "id": id,
        "object": "balance_transaction",
        "amount": amount,
        "available_on": work.now.div_euclid(86_400) * 86_400 + 7 * 86_400,
        "balance_type": "payments",
        "created": work.now,
        "currency": currency,
        "description": description,
        "exchange_rate": null,
        "fee": fee,
        "fee_details": details,
        "net": amount - fee,
        "reporting_category": kind,
        "source": source,
        "status": "pending",
        "type": kind,
    }));
    id
}

/// As it is now: pending until the day it becomes available.
fn aged(work: &Work<'_>, mut transaction: Value) -> Value {
    if transaction.num("available_on") <= work.now {
        transaction.set("status", "available");
    }
    transaction
}

fn retrieve(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let found = work.path("balance_transaction", args.id())?;
    Ok(aged(work, (*found).clone()))
}

fn all(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let mut page =
        list(work, args, "balance_transaction", "/v1/balance_transactions", None, |transaction| {
            ["currency", "source", "type"].iter().all(|name| agrees(args, name, transaction))
        })?;
    let data: Vec<Value> = page.list("data").iter().map(|entry| aged(work, entry.clone())).collect();
    page.set("data", data);
    Ok(page)
}
