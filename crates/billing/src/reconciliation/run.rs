//! One run, by hand or on a schedule.

use super::report::{Looked, Outcome, Report};
use crate::{Billing, Error, Result};
use domain::ids::ReconciliationRunId;
use domain::reconciliation::{Finding, Kind, Repair, compare};
use domain::time::{DAY, MINUTE, Timestamp};
use stripe::Priority;

/// How far payments, refunds and disputes are looked back at when nobody says, in milliseconds.
const LOOK_BACK: i64 = 30 * DAY;
/// How long a run may be silent, in milliseconds of wall time.
const LEASE: i64 = 15 * MINUTE;
/// A repair may bring something else to light: a second subscription is first mirrored, then ended.
const MOST_PASSES: usize = 5;

#[derive(Debug, Clone, Copy, Default)]
pub struct Reconcile {
    pub repair: bool,
    /// By business time; `None` is 30 days ago. Subscriptions, customers and the ledger are always compared whole.
    pub since: Option<Timestamp>,
}

impl Billing {
    /// `None` while another run is under way. One that could not come to its end answers a report that says so.
    /// `say` is told what is being done, for whoever waits.
    pub async fn reconcile(
        &self,
        command: Reconcile,
        say: impl Fn(&str) + Send + Sync,
    ) -> Result<Option<Report>> {
        let id = ReconciliationRunId::new(self.new_uuid()?);
        let since = command.since.unwrap_or_else(|| self.now().minus(LOOK_BACK));
        // What is open is looked at again however old it is: what no run looks at must not count as resolved. What every run
        // looks at moves nothing, or one of it that nobody can mend would have all runs look back as far as one has once.
        let open = self.list_discrepancies().await?;
        let of_window = |kind: &str| Kind::is_found_by_runs(kind) && !Kind::is_compared_whole(kind);
        let open = open.iter().filter(|open| of_window(&open.kind));
        let looked_back = open.map(|open| open.since.unwrap_or_else(|| open.found_at.minus(LOOK_BACK)));
        let since = looked_back.fold(since, Timestamp::min);
        let wall = self.wall();
        let mut tx = self.db.begin().await?;
        let begun =
            store::reconciliation_runs::begin(&mut tx, &id, command.repair, since, wall, wall.plus(LEASE));
        if !begun.await? {
            return Ok(None);
        }
        tx.commit().await?;
        let mut run = Run {
            billing: Self { stripe: self.stripe.with_priority(Priority::Reconcile), ..self.clone() },
            id,
            since,
            found: Vec::new(),
            looked: Looked::default(),
            looked_at: wall,
            say: &say,
        };
        let ended = if command.repair { run.repairing().await } else { run.dry().await };
        let report = match ended {
            Ok(left) => run.report(command, wall, left),
            Err(error) => {
                tracing::error!(run = %run.id, %error, "reconciliation could not come to its end");
                run.unfinished(command, wall, &error)
            }
        };
        run.billing.record(&run.id, &report, run.looked_at).await?;
        metrics::counter!("reconciliations_total", "outcome" => report.outcome.as_str()).increment(1);
        tracing::info!(run = %run.id, outcome = report.outcome.as_str(), found = report.found.len(), left = report.left.len(), "reconciled");
        Ok(Some(report))
    }
}

struct Run<'a, S> {
    billing: Billing,
    id: ReconciliationRunId,
    since: Timestamp,
    /// Everything that any pass has found.
    found: Vec<Finding>,
    looked: Looked,
    /// When the look began that says what is left, by the wall clock.
    looked_at: Timestamp,
    say: &'a S,
}

impl<S: Fn(&str) + Send + Sync> Run<'_, S> {
    /// Changes nothing at Stripe and nothing of what members have. Answers what does not agree.
    async fn dry(&mut self) -> Result<Vec<Finding>> {
        let first = self.look().await?;
        if first.is_empty() {
            return Ok(first);
        }
        (self.say)("looking once more at what does not agree");
        let left = self.confirmed(&first).await?;
        self.found.retain(|finding| same(&left, finding));
        Ok(left)
    }

    /// Answers what is left for a person.
    async fn repairing(&mut self) -> Result<Vec<Finding>> {
        (self.say)("applying what waits");
        self.billing.finish_what_waits().await?;
        let mut left = self.look().await?;
        for _ in 1..MOST_PASSES {
            if left.iter().all(|finding| finding.repair == Repair::Person) {
                break;
            }
            (self.say)(&format!("repairing {}", left.len()));
            self.billing.repair(&left, &self.id).await?;
            left = self.look().await?;
        }
        if left.iter().any(|finding| finding.repair == Repair::Person) {
            // As in a dry run: what a person is called for is looked at twice.
            left = self.confirmed(&left).await?;
        }
        Ok(left)
    }

    /// What another look finds as well. What only that one finds is not left, so the run has seen everything as of the first.
    async fn confirmed(&mut self, first: &[Finding]) -> Result<Vec<Finding>> {
        let looked_at = self.looked_at;
        let again = self.look().await?;
        self.looked_at = looked_at;
        Ok(again.into_iter().filter(|finding| same(first, finding)).collect())
    }

    async fn look(&mut self) -> Result<Vec<Finding>> {
        self.looked_at = self.billing.wall();
        let until = self.looked_at.plus(LEASE);
        let mut tx = self.billing.db.begin().await?;
        let alive = store::reconciliation_runs::renew(&mut tx, &self.id, until).await?;
        tx.commit().await?;
        if !alive {
            return Err(Error::Internal("another run has taken over".to_owned()));
        }
        (self.say)("reading our side");
        let mut ours = self.billing.our_picture(self.since).await?;
        (self.say)("reading Stripe's side");
        let theirs = self.billing.their_picture(&mut ours, self.since).await?;
        self.looked = Looked::of(&theirs, &ours);
        let findings = compare(&theirs, &ours);
        for finding in &findings {
            if !same(&self.found, finding) {
                self.found.push(finding.clone());
            }
        }
        Ok(findings)
    }

    fn report(&self, command: Reconcile, started: Timestamp, left: Vec<Finding>) -> Report {
        let outcome = match (left.is_empty(), self.found.is_empty()) {
            (true, true) => Outcome::Agrees,
            (true, false) => Outcome::Repaired,
            (false, _) => Outcome::Differs,
        };
        self.told(command, started, outcome, left, None)
    }

    fn unfinished(&self, command: Reconcile, started: Timestamp, error: &Error) -> Report {
        self.told(command, started, Outcome::Unfinished, self.found.clone(), Some(error.to_string()))
    }

    fn told(
        &self,
        command: Reconcile,
        started: Timestamp,
        outcome: Outcome,
        left: Vec<Finding>,
        error: Option<String>,
    ) -> Report {
        Report {
            run: self.id.clone(),
            repair: command.repair,
            started,
            finished: self.billing.wall(),
            since: self.since,
            looked: self.looked,
            found: self.found.clone(),
            left,
            outcome,
            error,
        }
    }
}

fn same(all: &[Finding], one: &Finding) -> bool {
    all.iter().any(|other| (other.kind, &other.object) == (one.kind, &one.object))
}
