//! Tiers that were given without a subscription.

use crate::args;
use crate::db::{FromRow, Query, Result, Row, Tx};
use domain::assignment::TierAssignment;
use domain::ids::AccountId;
use domain::time::Timestamp;

struct Stored(TierAssignment);

impl FromRow for Stored {
    fn from_row(row: &Row<'_>) -> Result<Self> {
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

/// Of the table `t` in a join, where other tables have columns of the same names.
pub(crate) const COLUMNS_OF_T: &str =
    "t.id AS t_id, t.account_id AS t_account_id, t.tier_slug AS t_tier_slug, t.starts_at,
    t.ends_at, t.reason, t.actor";

/// What such a join has found.
pub(crate) fn joined(row: &Row<'_>) -> Result<Option<TierAssignment>> {
    let Some(id) = row.get("t_id")? else { return Ok(None) };
    Ok(Some(TierAssignment {
        id,
        account: row.get("t_account_id")?,
        tier: row.get("t_tier_slug")?,
        starts_at: row.get("starts_at")?,
        ends_at: row.get("ends_at")?,
        reason: row.get("reason")?,
        actor: row.get("actor")?,
    }))
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
