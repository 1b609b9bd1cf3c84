//! Missed time: events that no delivery has brought are asked for, and go through the inbox as if delivered.

use super::Reconcile;
use super::heard::Heard;
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
/// A step comes each minute. After so long without one that succeeded, deliveries may have failed as well, in milliseconds.
const INTERRUPTED: i64 = 3 * MINUTE;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CaughtUp {
    pub since: Timestamp,
    /// How many events Stripe has since then, and how many of them had not come.
    pub seen: usize,
    pub missed: usize,
}

impl Billing {
    /// Walks Stripe's events from `since`, or from a little before the newest of the time in which none can have been missed,
    /// and stores those that are missing. One that is delivered later after all is known then, and changes nothing. Without any
    /// event so far, nothing was missed.
    pub async fn catch_up(&self, since: Option<Timestamp>) -> Result<CaughtUp> {
        let began = self.wall();
        let from = match since {
            Some(_) => since,
            None => self.heard_until().await?.map(|newest| newest.minus(OVERLAP)),
        };
        let Some(from) = from.map(|from| from.max(self.now().minus(KEPT))) else {
            return Ok(CaughtUp { since: self.now(), seen: 0, missed: 0 });
        };
        let caught = self.fetch_events(from).await?;
        // Whoever has named a moment may have left out what came before.
        if since.is_none() {
            self.note_heard(began).await?;
        }
        Ok(caught)
    }

    /// When the newest event was created up to which none is missing. What was delivered since an interruption says nothing of
    /// what was not delivered during it.
    async fn heard_until(&self) -> Result<Option<Timestamp>> {
        if let Some(heard) = self.heard().await? {
            return Ok(Some(heard.newest));
        }
        Ok(store::events::newest(&mut self.db.reader()).await?.map(|newest| newest.created_at))
    }

    async fn fetch_events(&self, since: Timestamp) -> Result<CaughtUp> {
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

    /// One turn of the worker: at the start, after a silence, and after an interruption, whatever was delivered since. What was
    /// missed is applied and then compared. Answers when to be called again.
    pub async fn catch_up_step(&self, first: bool) -> Result<Option<Timestamp>> {
        let wall = self.wall();
        let newest = store::events::newest(&mut self.db.reader()).await?;
        let due = newest.map_or(wall, |newest| newest.received_at).plus(SILENCE);
        let interrupted =
            self.heard().await?.is_some_and(|Heard { wall: last, .. }| wall > last.plus(INTERRUPTED));
        if !first && !interrupted && due > wall {
            self.note_heard(wall).await?;
            return Ok(Some(due));
        }
        let caught = self.catch_up(None).await?;
        if caught.missed > 0 {
            self.reconcile(Reconcile { repair: true, since: None }, |_| {}).await?;
        }
        Ok(Some(self.wall().plus(SILENCE)))
    }
}
