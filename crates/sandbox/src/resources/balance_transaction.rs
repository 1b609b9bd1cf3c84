//! Balance transactions: money that moved, with Stripe's fee.

use crate::core::value::{Value, json};

use super::payment_method;
use super::shapes::NONE;
use crate::core::error::{ApiError, Result};
use crate::core::json::Json;
use crate::core::list::{AFTER, BEFORE, CREATED, LIMIT, agrees, list};
use crate::core::render;
use crate::core::routes::{Route, route};
use crate::core::work::Work;
use crate::params::args::Args;
use crate::params::shape::{Kind, Shape};

pub(crate) const ROUTES: &[Route] = &[
    route("GET", "balance_transactions", LIST, all),
    route("GET", "balance_transactions/*", NONE, retrieve),
    // The older addresses of the same ([spec]).
    route("GET", "balance/history", LIST, all),
    route("GET", "balance/history/*", NONE, retrieve),
];

const LIST: Shape = &[
    AFTER,
    BEFORE,
    CREATED,
    ("currency", Kind::Text),
    LIMIT,
    ("payout", Kind::Text),
    ("source", Kind::Text),
    ("type", Kind::Text),
];

/// Until a charge's money can be paid out, in whole days ([rec]).
const DAYS_PENDING: i64 = 7;
const DAY: i64 = 86_400;

/// What a dispute costs beside its amount, in minor units ([doc]: $15 in the US).
const DISPUTE_FEE: i64 = 1500;

/// 2.9 % and 30 minor units, rounded to the nearest (Stripe's standard price for cards in the US).
fn processing_fee(amount: i64) -> i64 {
    (amount * 29 + 500) / 1000 + 30
}

/// A movement of money.
struct Entry {
    kind: &'static str,
    category: &'static str,
    /// Minor units; negative when it leaves.
    amount: i64,
    fee: Option<(i64, &'static str)>,
    description: Value,
    /// What moved it.
    source: String,
    available_on: i64,
}

fn midnight_after(now: i64) -> i64 {
    (now.div_euclid(DAY) + DAYS_PENDING) * DAY
}

/// A charge's captured amount comes in, less the fee.
pub(crate) fn charged(work: &mut Work<'_>, charge: &Value) -> String {
    let amount = charge.num("amount_captured");
    let instant =
        payment_method::card_behind(work, &charge.string("payment_method")).is_some_and(|card| card.instant);
    let available_on = if instant { work.now } else { midnight_after(work.now) };
    let entry = Entry {
        kind: "charge",
        category: "charge",
        amount,
        fee: Some((processing_fee(amount), "Stripe processing fees")),
        description: charge.at("description").clone(),
        source: charge.id(),
        available_on,
    };
    book(work, charge, &entry)
}

/// A refund goes out. The fee of the charge is not given back ([doc] refunds).
pub(crate) fn refunded(work: &mut Work<'_>, charge: &Value, amount: i64, refund: &str) -> String {
    let description = match charge.text("description") {
        Some(text) => format!("REFUND FOR CHARGE ({text})"),
        None => "REFUND FOR CHARGE".to_owned(),
    };
    plain(work, charge, ("refund", "refund"), -amount, (description, refund))
}

/// A refund that failed is back.
pub(crate) fn refund_failed(work: &mut Work<'_>, charge: &Value, amount: i64, refund: &str) -> String {
    let about = ("REFUND FAILURE".to_owned(), refund);
    plain(work, charge, ("refund_failure", "refund_failure"), amount, about)
}

/// A disputed amount is taken back by the cardholder's bank, with a fee.
pub(crate) fn withdrawn(work: &mut Work<'_>, charge: &Value, amount: i64, dispute: &str) -> String {
    let entry = Entry {
        kind: "adjustment",
        category: "dispute",
        amount: -amount,
        fee: Some((DISPUTE_FEE, "Dispute fee")),
        description: format!("Chargeback withdrawal for {}", charge.id()).into(),
        source: dispute.to_owned(),
        available_on: midnight_after(work.now),
    };
    book(work, charge, &entry)
}

/// A dispute was won: the amount comes back, the fee does not.
pub(crate) fn reinstated(work: &mut Work<'_>, charge: &Value, amount: i64, dispute: &str) -> String {
    let about = (format!("Chargeback reversal for {}", charge.id()), dispute);
    plain(work, charge, ("adjustment", "dispute_reversal"), amount, about)
}

fn plain(
    work: &mut Work<'_>,
    charge: &Value,
    (kind, category): (&'static str, &'static str),
    amount: i64,
    (description, source): (String, &str),
) -> String {
    let entry = Entry {
        kind,
        category,
        amount,
        fee: None,
        description: description.into(),
        source: source.to_owned(),
        available_on: midnight_after(work.now),
    };
    book(work, charge, &entry)
}

fn book(work: &mut Work<'_>, charge: &Value, entry: &Entry) -> String {
    let id = format!("txn_3{}", work.random.text(23));
    let currency = charge.string("currency");
    let fee = entry.fee.map_or(0, |(amount, _)| amount);
    let details: Vec<Value> = entry
        .fee
        .map(|(amount, description)| {
            json!({
                "amount": amount,
                "application": null,
                "currency": currency,
                "description": description,
                "type": "stripe_fee",
            })
        })
        .into_iter()
        .collect();
    work.create(json!({
        "id": id,
        "object": "balance_transaction",
        "amount": entry.amount,
        "available_on": entry.available_on,
        "balance_type": "payments",
        "created": work.now,
        "currency": currency,
        "description": entry.description,
        "exchange_rate": null,
        "fee": fee,
        "fee_details": details,
        "net": entry.amount - fee,
        "reporting_category": entry.category,
        "source": entry.source,
        "status": "pending",
        "type": entry.kind,
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

/// As another object shows it whole.
pub(crate) fn shown(work: &Work<'_>, id: &str) -> Value {
    aged(work, render::public(&work.see(id)))
}

fn retrieve(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let found = work.path("balance_transaction", args.id())?;
    Ok(aged(work, (*found).clone()))
}

fn all(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    if let Some(payout) = args.text("payout") {
        return Err(ApiError::missing_param("payout", payout, "payout"));
    }
    let mut page =
        list(work, args, "balance_transaction", "/v1/balance_transactions", None, |transaction| {
            ["currency", "source", "type"].iter().all(|name| agrees(args, name, transaction))
        })?;
    let data: Vec<Value> = page.list("data").iter().map(|entry| aged(work, entry.clone())).collect();
    page.set("data", data);
    Ok(page)
}
