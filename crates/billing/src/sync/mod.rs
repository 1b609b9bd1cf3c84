//! Sync: fetch what one customer's events and our own calls have made dirty, and apply what Stripe says now.
//!
//! Stripe's objects carry no version, so the order of observations is kept by us: whoever syncs a customer
//! holds its lease, fetches *inside* the lease, and writes in one transaction that is void if the lease was
//! taken over meanwhile (trap 2). The events that asked for it are marked in that same transaction (trap 9).

mod apply;
mod causes;
mod disputes;
mod fetch;
mod follow_up;
mod gather;
mod invoices;
mod news;
mod payments;
mod refunds;
mod subscriptions;

use crate::{Billing, Error, Result};
use domain::ids::StripeCustomerId;
use domain::time::{HOUR, SECOND, Timestamp};
use follow_up::spent_schedules;
use std::time::Duration;
use store::Tx;
use store::customer_syncs::{Lease, Outcome};

/// How long a worker may take between fetching and writing, in milliseconds.
const LEASE: i64 = 60 * SECOND;
/// How often an event is tried before it is given up until a person replays it.
pub(crate) const MOST_ATTEMPTS: i64 = 19;
/// How long a member's own call waits for its effect to be mirrored.
const PATIENCE: Duration = Duration::from_secs(5);
/// How many events one turn takes; the rest waits for the next.
const EVENTS_AT_ONCE: i64 = 200;
const GLANCE: Duration = Duration::from_millis(10);

/// When the next try is due after `attempts` failures, by wall time; `None`: give up. One second, doubled
/// each time, at most an hour: some seven hours in all.
pub(crate) fn retry_at(attempts: i64, wall: Timestamp) -> Option<Timestamp> {
    (attempts + 1 < MOST_ATTEMPTS).then(|| wall.plus(pause(attempts)))
}

fn pause(failures: i64) -> i64 {
    (SECOND << failures.clamp(0, 12)).min(HOUR)
}

/// What one turn came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    /// Applied; there may be more by now.
    Done,
    /// Another worker has the lease, or has taken it over.
    Busy,
    /// To be tried again later: Stripe cannot be reached, or an event waits.
    Later,
}

impl Billing {
    /// Applies what is due for this customer, until it is clean, busy or failing.
    pub(crate) async fn sync_once(&self, customer: &StripeCustomerId) -> Result<()> {
        while self.sync_turn(customer).await? == Turn::Done {
            if !store::customer_syncs::is_dirty(&mut self.db.reader(), customer).await? {
                break;
            }
        }
        Ok(())
    }

    /// After a call of our own: marks the customer dirty and waits until what it changed is mirrored. When
    /// that takes too long the worker goes on, and the answer says what is known.
    pub(crate) async fn sync_now(&self, customer: &StripeCustomerId) -> Result<()> {
        let wall = self.wall();
        let mut tx = self.db.begin().await?;
        store::events::wake(&mut tx, customer, wall).await?;
        store::customer_syncs::mark_dirty(&mut tx, customer, wall).await?;
        tx.commit().await?;
        // In a task of its own: giving up the waiting must not drop a turn that holds the lease.
        let (billing, dirty) = (self.clone(), customer.clone());
        let mirroring = tokio::spawn(async move {
            let result = billing.sync_until_clean(&dirty).await;
            // The worker has passed this customer over while the lease was here: what waits is its again.
            billing.inbox_wake.notify_one();
            result
        });
        match tokio::time::timeout(PATIENCE, mirroring).await {
            Ok(Ok(result)) => result,
            Ok(Err(panic)) => Err(Error::Internal(format!("a sync ended without an answer: {panic}"))),
            Err(_) => {
                tracing::warn!(%customer, "a change is not mirrored yet; it will be");
                Ok(())
            }
        }
    }

    pub(crate) async fn sync_until_clean(&self, customer: &StripeCustomerId) -> Result<()> {
        loop {
            match self.sync_turn(customer).await? {
                Turn::Later => return Ok(()),
                // Another is at it, and repeats until everything is fetched: look again soon.
                Turn::Busy => tokio::time::sleep(GLANCE).await,
                Turn::Done => {}
            }
            if !store::customer_syncs::is_dirty(&mut self.db.reader(), customer).await? {
                return Ok(());
            }
        }
    }

    async fn sync_turn(&self, customer: &StripeCustomerId) -> Result<Turn> {
        let wall = self.wall();
        let mut tx = self.db.begin().await?;
        let lease = store::customer_syncs::take(&mut tx, customer, wall, wall.plus(LEASE)).await?;
        tx.commit().await?;
        let Some(lease) = lease else { return Ok(Turn::Busy) };
        match self.sync_under(&lease).await {
            Ok(turn) => Ok(turn),
            Err(error) => {
                self.count_failure(&lease, &error).await?;
                Err(error)
            }
        }
    }

    async fn sync_under(&self, lease: &Lease) -> Result<Turn> {
        let gathered = self.gather(&lease.customer).await?;
        if gathered.events.iter().any(|(event, _)| event.kind == "customer.updated") {
            match self.follow_default_card(&lease.customer).await {
                Ok(()) => {}
                Err(Error::StripeUnavailable { .. }) => {
                    self.give_back(lease).await?;
                    return Ok(Turn::Later);
                }
                Err(error) => {
                    tracing::warn!(customer = %lease.customer, %error, "the new default card could not be followed");
                }
            }
        }
        match self.fetch(gathered).await {
            Ok(fetched) => {
                let spent = spent_schedules(&fetched);
                let turn = self.apply(lease, fetched).await?;
                Box::pin(self.follow_up(&lease.customer, &spent)).await;
                Ok(turn)
            }
            Err(error) => {
                tracing::warn!(customer = %lease.customer, %error, "sync waits for Stripe");
                self.give_back(lease).await?;
                Ok(Turn::Later)
            }
        }
    }

    /// Stripe could not be reached: the customer stays dirty and is due again after a pause that grows.
    async fn give_back(&self, lease: &Lease) -> Result<()> {
        let mut tx = self.db.begin().await?;
        self.finish_failed(&mut tx, lease).await?;
        tx.commit().await?;
        Ok(())
    }

    /// What was fetched could not be applied, and that is a fault of ours: it counts against the events that
    /// asked for it, so that they end among the dead letters instead of being tried for ever.
    async fn count_failure(&self, lease: &Lease, error: &Error) -> Result<()> {
        let wall = self.wall();
        let mut tx = self.db.begin().await?;
        for event in store::events::pending(&mut tx, &lease.customer, wall, EVENTS_AT_ONCE).await? {
            store::events::failed(&mut tx, &event.id, &error.to_string(), retry_at(event.attempts, wall))
                .await?;
        }
        self.finish_failed(&mut tx, lease).await?;
        tx.commit().await?;
        Ok(())
    }

    async fn finish_failed(&self, tx: &mut Tx, lease: &Lease) -> Result<()> {
        let failures = store::customer_syncs::failures(tx, &lease.customer).await?;
        let at = self.wall().plus(pause(failures).min(60 * SECOND));
        store::customer_syncs::finish(tx, lease, Outcome::Failed { at }).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_an_hour_and_then_a_person_is_asked() {
        let pauses: Vec<_> = (0..14).map(|n| pause(n) / SECOND).collect();
        assert_eq!(pauses[..4], [1, 2, 4, 8]);
        assert_eq!(pauses[12..], [3_600, 3_600]);
        assert_eq!(retry_at(0, Timestamp(0)), Some(Timestamp(SECOND)));
        let at = (0..).map_while(|failures| retry_at(failures, Timestamp(0)));
        let pauses: Vec<_> = at.map(|at| at.0).collect();
        assert_eq!(pauses.len() + 1, 19, "tries");
        let all: i64 = pauses.iter().sum();
        assert!((7 * HOUR..8 * HOUR).contains(&all), "{all}");
    }
}
