//! Pinned previews.

use crate::args;
use crate::db::{Result, Tx};
use domain::ids::{AccountId, QuoteId};
use domain::time::Timestamp;

/// Keeps a quote (`body` is its JSON) and drops those that nobody can act upon any more.
pub async fn insert(
    tx: &mut Tx,
    id: &QuoteId,
    account: &AccountId,
    body: &str,
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<()> {
    tx.run("DELETE FROM quotes WHERE expires_at < $1", args![now]).await?;
    tx.run_one(
        "INSERT INTO quotes (id, account_id, body, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)",
        args![id, account, body, now, expires_at],
    )
    .await
}
