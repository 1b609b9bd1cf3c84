//! What a run leaves behind: its report, and the discrepancies that are open after it.

use super::report::{Outcome, Report};
use crate::admin_actions::{Action, Actor};
use crate::{Billing, Error, Result};
use domain::ids::ReconciliationRunId;
use domain::reconciliation::Kind;
use domain::time::Timestamp;
use store::discrepancies::Discrepancy;
use store::reconciliation_runs::Finished;

const MOST_OPEN: i64 = 100_000;

impl Billing {
    /// What was reported after `looked_at` stays open: the run has not seen it.
    pub(super) async fn record(
        &self,
        run: &ReconciliationRunId,
        report: &Report,
        looked_at: Timestamp,
    ) -> Result<()> {
        let json =
            serde_json::to_string(&report.to_json()).map_err(|error| Error::Internal(error.to_string()))?;
        let readable = report.to_string();
        let now = self.wall();
        let mut tx = self.db.begin().await?;
        if report.outcome != Outcome::Unfinished {
            for finding in &report.left {
                let id = format!("dis_{}", self.new_uuid()?.simple());
                if store::discrepancies::found_by(&mut tx, &id, run, finding, now).await? {
                    tracing::error!(%run, kind = finding.kind.as_str(), object = finding.object, details = finding.details, "discrepancy");
                }
            }
            for open in store::discrepancies::open(&mut tx, MOST_OPEN).await? {
                let left = report
                    .left
                    .iter()
                    .any(|left| left.kind.as_str() == open.kind && left.object == open.object_id);
                if Kind::is_found_by_runs(&open.kind) && !left && open.found_at < looked_at {
                    store::discrepancies::resolve(&mut tx, &open.kind, &open.object_id, now).await?;
                }
            }
        }
        let count = |all: &[_]| i64::try_from(all.len()).unwrap_or(i64::MAX);
        let finished = Finished {
            outcome: report.outcome.as_str(),
            found: count(&report.found),
            left_open: count(&report.left),
            report: &json,
            readable: &readable,
            at: now,
        };
        store::reconciliation_runs::finish(&mut tx, run, &finished).await?;
        tx.commit().await?;
        Ok(())
    }

    /// By a person who has seen to it, with the reason. [`Error::NotFound`] when none is open.
    pub async fn resolve_discrepancy(
        &self,
        kind: &str,
        object: &str,
        actor: &Actor,
        reason: &str,
    ) -> Result<()> {
        let mut tx = self.db.begin().await?;
        if !store::discrepancies::resolve(&mut tx, kind, object, self.wall()).await? {
            return Err(Error::NotFound);
        }
        let target = format!("{kind} {object}");
        let action = Action { actor, name: "discrepancy.resolve", target: &target, reason };
        self.log_action(&mut tx, action).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Newest first.
    pub async fn list_discrepancies(&self) -> Result<Vec<Discrepancy>> {
        Ok(store::discrepancies::open(&mut self.db.reader(), MOST_OPEN).await?)
    }

    /// How many discrepancies wait for a person or a repair.
    pub async fn open_discrepancies(&self) -> Result<i64> {
        Ok(store::discrepancies::count_open(&mut self.db.reader()).await?)
    }
}
