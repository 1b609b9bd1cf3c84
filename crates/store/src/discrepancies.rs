//! What does not agree, and is to be looked at by a person or repaired by reconciliation.

use crate::args;
use crate::db::{Query, Result, Tx};
use domain::ids::{AccountId, ReconciliationRunId};
use domain::reconciliation::Finding;
use domain::time::Timestamp;

/// Records it, once per object until it is resolved.
pub async fn report(
    tx: &mut Tx,
    id: &str,
    kind: &str,
    object_id: &str,
    account: Option<&AccountId>,
    details: &str,
    now: Timestamp,
) -> Result<bool> {
    let changed = tx
        .run(
            "INSERT INTO discrepancies (id, account_id, kind, object_id, details, found_at)
             VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (kind, object_id) WHERE resolved_at IS NULL DO NOTHING",
            args![id, account, kind, object_id, details, now],
        )
        .await?;
    Ok(changed == 1)
}

/// As [`report`], found by a run, which may not be the first.
pub async fn found_by(
    tx: &mut Tx,
    id: &str,
    run: &ReconciliationRunId,
    found: &Finding,
    now: Timestamp,
) -> Result<bool> {
    let new = report(tx, id, found.kind.as_str(), &found.object, found.account.as_ref(), &found.details, now);
    let new = new.await?;
    // The first run that found it stays: so far it is to be looked back for.
    let sql = "UPDATE discrepancies SET run_id = COALESCE(run_id, $3), details = $4
         WHERE kind = $1 AND object_id = $2 AND resolved_at IS NULL";
    tx.run(sql, args![found.kind.as_str(), &found.object, run, &found.details]).await?;
    Ok(new)
}

/// It does not hold any more. False when there was none.
pub async fn resolve(tx: &mut Tx, kind: &str, object_id: &str, now: Timestamp) -> Result<bool> {
    let sql = "UPDATE discrepancies SET resolved_at = $3
         WHERE kind = $1 AND object_id = $2 AND resolved_at IS NULL";
    Ok(tx.run(sql, args![kind, object_id, now]).await? == 1)
}

pub async fn count_open(q: &mut impl Query) -> Result<i64> {
    let sql = "SELECT COUNT(*) FROM discrepancies WHERE resolved_at IS NULL";
    Ok(q.one::<(i64,)>(sql, args![]).await?.0)
}

crate::row! {
    #[derive(Debug, Clone)]
    pub struct Discrepancy {
        kind: String,
        object_id: String,
        account_id: Option<AccountId>,
        details: String,
        found_at: Timestamp,
        /// How far the run looked back that found it first; `None` where no run did.
        since: Option<Timestamp>,
    }
}

/// Newest first.
pub async fn open(q: &mut impl Query, limit: i64) -> Result<Vec<Discrepancy>> {
    q.all(
        "SELECT d.kind, d.object_id, d.account_id, d.details, d.found_at, r.since FROM discrepancies d
         LEFT JOIN reconciliation_runs r ON r.id = d.run_id
         WHERE d.resolved_at IS NULL ORDER BY d.found_at DESC, d.id DESC LIMIT $1",
        args![limit],
    )
    .await
}
