//! Reconciliation on a schedule: by whichever instance comes first, repairing.

use super::Reconcile;
use crate::{Billing, Result};
use domain::time::{MINUTE, Timestamp};

/// When the schedule of this database began: no first run before one whole interval.
const BEGAN: &str = "reconciliation_schedule_began";

impl Billing {
    /// One turn of the worker; `every` is milliseconds of wall time between the beginnings of two runs. Answers
    /// when to be called again.
    pub async fn reconcile_step(&self, every: i64) -> Result<Option<Timestamp>> {
        let wall = self.wall();
        let last = store::reconciliation_runs::last_repairing(&mut self.db.reader()).await?;
        let due = match last {
            Some(last) => last.plus(every),
            None => self.schedule_began().await?.plus(every),
        };
        if due > wall {
            return Ok(Some(due));
        }
        let run = self.reconcile(Reconcile { repair: true, since: None }, |_| {}).await?;
        let ended = run.is_some_and(|report| report.error.is_none());
        // Another instance is at it, or Stripe is down: look again soon.
        Ok(Some(self.wall().plus(if ended { every } else { 10 * MINUTE })))
    }

    async fn schedule_began(&self) -> Result<Timestamp> {
        let wall = self.wall();
        let mut tx = self.db.begin().await?;
        let began = store::settings::get_or_set(&mut tx, BEGAN, &wall.0.to_string()).await?;
        tx.commit().await?;
        Ok(began.parse().map_or(wall, Timestamp))
    }
}
