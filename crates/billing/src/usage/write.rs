//! What a batch has made of its accounts, written: one statement for each table, whatever the number of requests.

use crate::{Billing, Error, Result};
use domain::ids::AccountId;
use domain::time::{DAY, Timestamp};
use domain::usage::{Answer, Made};
use store::{Tx, holds, idempotency_keys, tokens, usage};

/// How long an answer is remembered under its key, in milliseconds.
const KEY_KEPT_FOR: i64 = DAY;

impl Billing {
    /// The caller holds the accounts' locks.
    pub(super) async fn write_made(
        &self,
        tx: &mut Tx,
        made: &[(AccountId, Made)],
        now: Timestamp,
    ) -> Result<()> {
        write_units(tx, made).await?;
        let balances: Vec<_> =
            made.iter().filter_map(|(account, made)| Some((account, made.balance?))).collect();
        if !balances.is_empty() {
            tokens::save_balances(tx, &balances, now).await?;
        }
        let spent: Vec<_> = made
            .iter()
            .flat_map(|(account, made)| made.spent.iter().map(move |spent| (account, spent)))
            .collect();
        if !spent.is_empty() {
            tokens::append_spent(tx, &spent, now).await?;
        }
        let days: Vec<_> = made
            .iter()
            .flat_map(|(account, made)| {
                made.days.iter().map(move |(label, (requests, tokens))| (account, label, *requests, *tokens))
            })
            .collect();
        if !days.is_empty() {
            usage::count(tx, &now.date(), &days).await?;
        }
        write_holds(tx, made).await?;
        self.keep_answers(tx, made).await?;
        for (account, made) in made {
            for news in &made.told {
                self.tell_of(tx, account, news).await?;
            }
        }
        Ok(())
    }

    async fn keep_answers(&self, tx: &mut Tx, made: &[(AccountId, Made)]) -> Result<()> {
        let mut answers = Vec::new();
        for (key, answer) in made.iter().flat_map(|(_, made)| &made.kept) {
            let body = match answer {
                Answer::Consumed(consumed) => serde_json::to_string(consumed),
                Answer::Hold(hold) => serde_json::to_string(hold),
            };
            let body = body.map_err(|error| Error::Internal(error.to_string()))?;
            answers.push((key.scope.as_str(), key.key.as_str(), key.request_hash.as_str(), body));
        }
        if answers.is_empty() {
            return Ok(());
        }
        let now = self.wall();
        Ok(idempotency_keys::keep_all(tx, &answers, now, now.plus(KEY_KEPT_FOR)).await?)
    }
}

async fn write_units(tx: &mut Tx, made: &[(AccountId, Made)]) -> Result<()> {
    let units: Vec<_> = made
        .iter()
        .flat_map(|(account, made)| made.windows.iter().map(move |(window, used)| (account, window, *used)))
        .collect();
    if units.is_empty() { Ok(()) } else { Ok(usage::save(tx, &units).await?) }
}

async fn write_holds(tx: &mut Tx, made: &[(AccountId, Made)]) -> Result<()> {
    let held: Vec<_> = made.iter().flat_map(|(_, made)| made.held.iter().cloned()).collect();
    if !held.is_empty() {
        holds::insert(tx, &held).await?;
    }
    let ended: Vec<_> = made.iter().flat_map(|(_, made)| made.ended.iter().cloned()).collect();
    if !ended.is_empty() {
        holds::end(tx, &ended).await?;
    }
    Ok(())
}
