//! Runs of reconciliation, and what they found.

use crate::args;
use crate::db::{Query, Result, Tx};
use domain::ids::ReconciliationRunId;
use domain::time::Timestamp;

/// Begins a run, unless one is running. One whose lease has ended is over.
pub async fn begin(
    tx: &mut Tx,
    id: &ReconciliationRunId,
    repair: bool,
    since: Timestamp,
    now: Timestamp,
    lease_until: Timestamp,
) -> Result<bool> {
    tx.run(
        "UPDATE reconciliation_runs SET running = false, outcome = 'unfinished', finished_at = $1
         WHERE running AND lease_until <= $1",
        args![now],
    )
    .await?;
    let begun = tx
        .run(
            "INSERT INTO reconciliation_runs (id, started_at, repaired, since, running, lease_until)
             VALUES ($1, $2, $3, $4, true, $5) ON CONFLICT (running) WHERE running DO NOTHING",
            args![id, now, repair, since, lease_until],
        )
        .await?;
    Ok(begun == 1)
}

/// False when the run was taken for dead: then nothing more may be repaired by it.
pub async fn renew(tx: &mut Tx, id: &ReconciliationRunId, lease_until: Timestamp) -> Result<bool> {
    let sql = "UPDATE reconciliation_runs SET lease_until = $2 WHERE id = $1 AND running";
    Ok(tx.run(sql, args![id, lease_until]).await? == 1)
}

#[derive(Debug)]
pub struct Finished<'a> {
    /// `agrees`, `repaired`, `differs` or `unfinished`.
    pub outcome: &'a str,
    pub found: i64,
    pub left_open: i64,
    /// JSON.
    pub report: &'a str,
    pub readable: &'a str,
    pub at: Timestamp,
}

pub async fn finish(tx: &mut Tx, id: &ReconciliationRunId, run: &Finished<'_>) -> Result<()> {
    tx.run_one(
        "UPDATE reconciliation_runs SET running = false, finished_at = $2, outcome = $3, found = $4,
             left_open = $5, report = $6, readable = $7
         WHERE id = $1",
        args![id, run.at, run.outcome, run.found, run.left_open, run.report, run.readable],
    )
    .await
}

/// When the newest run began that repaired and came to its end.
pub async fn last_repairing(q: &mut impl Query) -> Result<Option<Timestamp>> {
    let sql = "SELECT MAX(started_at) FROM reconciliation_runs WHERE repaired AND outcome IN
         ('agrees', 'repaired', 'differs')";
    Ok(q.one::<(Option<Timestamp>,)>(sql, args![]).await?.0)
}
