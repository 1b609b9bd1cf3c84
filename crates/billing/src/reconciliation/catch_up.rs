//! Missed time: events that no delivery has brought are asked for, and go through the inbox as if delivered.

use super::Reconcile;
use crate::inbox::Accepted;
use crate::{Billing, Result};
use domain::time::{DAY, MINUTE, Timestamp};
use stripe::EVENT_TYPES;
use stripe::requests::Created;

/// Order is not promised: events may be this much older than the newest that came, in milliseconds.
const OVERLAP: i64 = 10 * MINUTE;
/// Stripe keeps events for so long, in milliseconds.
const KEPT: i64 = 30 * DAY;
/// After so long without a delivery it is asked whether there was nothing to deliver, in milliseconds.
const SILENCE: i64 = 10 * MINUTE;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CaughtUp {
    pub since: Timestamp,
    /// How many events Stripe has since then, and how many of them had not come.
    pub seen: usize,
    pub missed: usize,
}

impl Billing {
    /// Walks Stripe's events from `since`, or from a little before the newest that came, and stores those that
    /// are missing. One that is delivered later after all is known then, and changes nothing. Without any event
    /// so far, nothing was missed.
    pub async fn catch_up(&self, since: Option<Timestamp>) -> Result<CaughtUp> {
        let newest = store::events::newest(&mut self.db.reader()).await?;
        let since = since.or(newest.map(|newest| newest.created_at.minus(OVERLAP)));
        let Some(since) = since.map(|since| since.max(self.now().minus(KEPT))) else {
            return Ok(CaughtUp { since: self.now(), seen: 0, missed: 0 });
        };
        let events = self.stripe.events_since(Created::since(since), &EVENT_TYPES).await?;
        let mut missed = 0;
        for event in &events {
            // What it carries is rendered in the version of its time: only what it names is used.
            if self.accept_event(event, "{}").await? == Accepted::New {
                missed += 1;
            }
        }
        if missed > 0 {
            metrics::counter!("stripe_events_caught_up_total").increment(missed as u64);
            tracing::warn!(missed, %since, "events that were not delivered were fetched");
        }
        Ok(CaughtUp { since, seen: events.len(), missed })
    }

    /// One turn of the worker: at the start, and after a silence. What was missed is applied and then compared.
    /// Answers when to be called again.
    pub async fn catch_up_step(&self, first: bool) -> Result<Option<Timestamp>> {
        let wall = self.wall();
        let newest = store::events::newest(&mut self.db.reader()).await?;
        let heard = newest.map_or(wall, |newest| newest.received_at);
        let due = heard.plus(SILENCE);
        if !first && due > wall {
            return Ok(Some(due));
        }
        let caught = self.catch_up(None).await?;
        if caught.missed > 0 {
            self.reconcile(Reconcile { repair: true, since: None }, |_| {}).await?;
        }
        Ok(Some(self.wall().plus(SILENCE)))
    }
}
