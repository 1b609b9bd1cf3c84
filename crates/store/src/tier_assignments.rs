//! Tiers that were given without a subscription.

use crate::accounts::AccountSet;
use crate::args;
use crate::db::{FromRow, Query, Result, Row, Tx};
use domain::assignment::TierAssignment;
use domain::ids::AccountId;
use domain::time::Timestamp;

struct Stored(TierAssignment);

impl FromRow for Stored {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self(TierAssignment {
            id: row.get("id")?,
            account: row.get("account_id")?,
            tier: row.get("tier_slug")?,
            starts_at: row.get("starts_at")?,
            ends_at: row.get("ends_at")?,
            reason: row.get("reason")?,
            actor: row.get("actor")?,
        }))
    }
}

/// The account's assignment that nobody has ended; its time may be over.
pub async fn current(q: &mut impl Query, account: &AccountId) -> Result<Option<TierAssignment>> {
    let sql = "SELECT id, account_id, tier_slug, starts_at, ends_at, reason, actor FROM tier_assignments
         WHERE account_id = $1 AND ended_at IS NULL";
    Ok(q.opt::<Stored>(sql, args![account]).await?.map(|stored| stored.0))
}

/// Those of the accounts that have one.
pub async fn current_of(q: &mut impl Query, accounts: &AccountSet) -> Result<Vec<TierAssignment>> {
    let sql = format!(
        "SELECT id, account_id, tier_slug, starts_at, ends_at, reason, actor FROM tier_assignments
         WHERE account_id IN ({}) AND ended_at IS NULL",
        q.list()
    );
    let found = q.all::<Stored>(crate::db::built(sql), args![accounts]).await?;
    Ok(found.into_iter().map(|stored| stored.0).collect())
}

/// Every one that the account ever had, newest first.
pub async fn all(q: &mut impl Query, account: &AccountId) -> Result<Vec<TierAssignment>> {
    let sql = "SELECT id, account_id, tier_slug, starts_at, ends_at, reason, actor FROM tier_assignments
         WHERE account_id = $1 ORDER BY id DESC";
    Ok(q.all::<Stored>(sql, args![account]).await?.into_iter().map(|stored| stored.0).collect())
}

/// The caller holds the account's lock and has ended the one before.
pub async fn insert(tx: &mut Tx, new: &TierAssignment) -> Result<()> {
    tx.run_one(
        "INSERT INTO tier_assignments (id, account_id, tier_slug, starts_at, ends_at, reason, actor)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        args![
            &new.id,
            &new.account,
            &new.tier,
            new.starts_at,
            new.ends_at,
            new.reason.as_str(),
            new.actor.as_str()
        ],
    )
    .await
}

/// Ends what the account has; false when it has none.
pub async fn end(tx: &mut Tx, account: &AccountId, now: Timestamp) -> Result<bool> {
    let sql = "UPDATE tier_assignments SET ended_at = $2 WHERE account_id = $1 AND ended_at IS NULL";
    Ok(tx.run(sql, args![account, now]).await? == 1)
}
