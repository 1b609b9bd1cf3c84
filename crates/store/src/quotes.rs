//! Pinned previews.

use crate::args;
use crate::db::{Query, Result, Tx};
use domain::ids::{AccountId, QuoteId};
use domain::time::Timestamp;

crate::row! {
    /// What makes a quote of a change binding.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Pinned {
        /// Which plan it is of.
        target: String,
        /// A hash of what the amount depends on.
        binding: String,
        /// Minor units.
        due_today: i64,
        /// As of when prorations were calculated.
        calculated_at: Timestamp,
    }
}

/// Keeps a quote (`body` is its JSON) and drops those that nobody can act upon any more.
pub async fn insert(
    tx: &mut Tx,
    id: &QuoteId,
    account: &AccountId,
    body: &str,
    pinned: Option<&Pinned>,
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<()> {
    tx.run("DELETE FROM quotes WHERE expires_at < $1", args![now]).await?;
    tx.run_one(
        "INSERT INTO quotes (id, account_id, body, created_at, expires_at, target, binding, due_today,
             calculated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        args![
            id,
            account,
            body,
            now,
            expires_at,
            pinned.map(|pinned| pinned.target.clone()),
            pinned.map(|pinned| pinned.binding.clone()),
            pinned.map(|pinned| pinned.due_today),
            pinned.map(|pinned| pinned.calculated_at)
        ],
    )
    .await
}

/// A quote of a change of this account that can still be acted upon.
pub async fn pinned(
    q: &mut impl Query,
    id: &QuoteId,
    account: &AccountId,
    now: Timestamp,
) -> Result<Option<Pinned>> {
    q.opt(
        "SELECT target, binding, due_today, calculated_at FROM quotes
         WHERE id = $1 AND account_id = $2 AND expires_at >= $3 AND target IS NOT NULL",
        args![id, account, now],
    )
    .await
}
