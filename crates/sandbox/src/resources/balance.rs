//! The account's balance: the sum of its balance transactions.

use std::collections::BTreeMap;

use crate::core::value::{Value, json};

use super::shapes::NONE;
use crate::core::error::Result;
use crate::core::json::Json;
use crate::core::routes::{Route, route};
use crate::core::work::Work;
use crate::params::args::Args;

pub(crate) const ROUTES: &[Route] = &[route("GET", "balance", NONE, retrieve)];

#[allow(clippy::unnecessary_wraps, reason = "the form of every handler")]
fn retrieve(work: &mut Work<'_>, _args: &Args) -> Result<Value> {
    let mut sums: BTreeMap<String, (i64, i64)> = BTreeMap::from([("usd".to_owned(), (0, 0))]);
    for transaction in work.all("balance_transaction") {
        let (available, pending) = sums.entry(transaction.string("currency")).or_default();
        let sum = if transaction.num("available_on") <= work.now { available } else { pending };
        *sum += transaction.num("net");
    }
    let shown = |amount: i64, currency: &str| json!({ "amount": amount, "currency": currency, "source_types": { "card": amount } });
    let available: Vec<Value> = sums.iter().map(|(currency, (amount, _))| shown(*amount, currency)).collect();
    let pending: Vec<Value> = sums.iter().map(|(currency, (_, amount))| shown(*amount, currency)).collect();
    Ok(json!({ "object": "balance", "available": available, "livemode": false, "pending": pending }))
}
