//! What a batch has made of its accounts, written: each table's rows together, whatever the number of requests.

use crate::{Billing, Error, Result};
use domain::ids::AccountId;
use domain::time::{DAY, Timestamp};
use domain::usage::{Answer, Made};
use store::db::Writes;
use store::{Tx, holds, idempotency_keys, tokens, usage, usage_batches};

/// How long an answer is remembered under its key, in milliseconds.
const KEY_KEPT_FOR: i64 = DAY;

impl Billing {
    /// With the batch's id, on PostgreSQL. The caller holds the accounts' locks, and has `seen` what is kept under the requests' keys; or
    /// has not, and then a row too few tells of one.
    pub(super) async fn write_made(
        &self,
        tx: &mut Tx,
        id: &str,
        made: &[(AccountId, Made)],
        seen: bool,
        now: Timestamp,
    ) -> Result<()> {
        let (mut writes, wall) = (tx.writes(), self.wall());
        add_usage(&mut writes, made, now)?;
        add_holds(&mut writes, made)?;
        add_answers(&mut writes, made, seen, wall)?;
        usage_batches::insert(&mut writes, id, wall);
        tx.run_all(writes).await?;
        for (account, made) in made {
            for news in &made.told {
                self.tell_of(tx, account, news).await?;
            }
        }
        Ok(())
    }
}

fn add_usage(writes: &mut Writes, made: &[(AccountId, Made)], now: Timestamp) -> Result<()> {
    let units: Vec<_> = made
        .iter()
        .flat_map(|(account, made)| made.windows.iter().map(move |(window, used)| (account, window, *used)))
        .collect();
    if !units.is_empty() {
        usage::save(writes, &units)?;
    }
    let balances: Vec<_> = made.iter().filter_map(|(account, made)| Some((account, made.balance?))).collect();
    if !balances.is_empty() {
        tokens::save_balances(writes, &balances, now)?;
    }
    let spent: Vec<_> = made
        .iter()
        .flat_map(|(account, made)| made.spent.iter().map(move |spent| (account, spent)))
        .collect();
    if !spent.is_empty() {
        tokens::append_spent(writes, &spent, now)?;
    }
    let days: Vec<_> = made
        .iter()
        .flat_map(|(account, made)| {
            made.days.iter().map(move |(label, (requests, tokens))| (account, label, *requests, *tokens))
        })
        .collect();
    if !days.is_empty() {
        usage::count(writes, &now.date(), &days)?;
    }
    Ok(())
}

fn add_holds(writes: &mut Writes, made: &[(AccountId, Made)]) -> Result<()> {
    let held: Vec<_> = made.iter().flat_map(|(_, made)| made.held.iter().cloned()).collect();
    if !held.is_empty() {
        holds::insert(writes, &held)?;
    }
    let ended: Vec<_> = made.iter().flat_map(|(_, made)| made.ended.iter().cloned()).collect();
    if !ended.is_empty() {
        holds::end(writes, &ended)?;
    }
    Ok(())
}

fn add_answers(writes: &mut Writes, made: &[(AccountId, Made)], seen: bool, wall: Timestamp) -> Result<()> {
    let mut answers = Vec::new();
    for (key, answer) in made.iter().flat_map(|(_, made)| &made.kept) {
        let body = match answer {
            Answer::Consumed(consumed) => serde_json::to_string(consumed),
            Answer::Hold(hold) => serde_json::to_string(hold),
        };
        let body = body.map_err(|error| Error::Internal(error.to_string()))?;
        answers.push((key.scope.as_str(), key.key.as_str(), key.request_hash.as_str(), body));
    }
    if !answers.is_empty() {
        idempotency_keys::keep_all(writes, &answers, seen, wall, wall.plus(KEY_KEPT_FOR))?;
    }
    Ok(())
}
