//! The one way by which AI requests are written. With many accounts at once they wait in several lanes.

use super::lane::{Job, Lane, accounts_of};
use crate::{Billing, Error, Result};
use domain::ids::AccountId;
use domain::usage::{Answer, Asked, Keyed, Request};
use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use store::db::Dialect;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use uuid::Uuid;

/// Requests of one transaction at most, unless another number is wanted. Twice as many need more memory and are hardly faster:
/// `USAGE_BATCH=512 make bench`.
pub const USUAL_BATCH: u32 = 256;
/// What may be wanted at most.
pub const LARGEST_BATCH: u32 = 512;
/// Batches that are written at once on PostgreSQL, where each has a process that works on it. SQLite has one writer.
const POSTGRES_LANES: usize = 2;
/// Accounts of a batch from which on two of half as many are faster: what a batch costs by itself is small then.
const WORTH_SEVERAL: usize = 24;
/// So many batches are written in several lanes before one shows again whether that is worth it.
const BATCHES_IN_LANES: u32 = 64;

/// So many batches look at keys before they decide, once one has met a key that it should have looked at: who repeats a
/// request is seldom alone.
const BATCHES_THAT_LOOK: u32 = 256;

#[derive(Debug)]
pub struct Queue {
    lanes: Vec<Arc<Lane>>,
    /// Says whose lane is which.
    hasher: RandomState,
    /// Batches before the first lane has all requests again.
    in_lanes: AtomicU32,
    /// Batches that look at keys first.
    looks: AtomicU32,
}

impl Queue {
    /// So many requests share a transaction at most; at least one has it. An error when the system gives no thread.
    pub fn start(dialect: Dialect, largest_batch: u32) -> std::io::Result<Self> {
        let count = if dialect == Dialect::Postgres { POSTGRES_LANES } else { 1 };
        let lanes = (0..count).map(|_| Lane::start(largest_batch).map(Arc::new));
        Ok(Self {
            lanes: lanes.collect::<Result<_, _>>()?,
            hasher: RandomState::new(),
            in_lanes: AtomicU32::new(0),
            looks: AtomicU32::new(0),
        })
    }

    /// Whether this batch looks at its keys before it decides.
    pub(super) fn looks_at_keys(&self) -> bool {
        one_less(&self.looks)
    }

    /// The next ones do.
    pub(super) fn look_at_keys(&self) {
        self.looks.store(BATCHES_THAT_LOOK, Ordering::Relaxed);
    }

    /// For a moment after a change of lanes an account may have requests in two: its lock in the database is what keeps them
    /// apart.
    fn lane_of(&self, account: &AccountId) -> &Arc<Lane> {
        let several = self.in_lanes.load(Ordering::Relaxed) > 0;
        let lanes = if several { self.lanes.len() } else { 1 };
        let at = self.hasher.hash_one(account.as_str()) % u64::try_from(lanes).unwrap_or(u64::MAX);
        // Less than there are lanes.
        &self.lanes[usize::try_from(at).unwrap_or_default()]
    }

    /// Whether a batch waits for who is expected: on PostgreSQL, while one lane has all requests.
    fn gathers(&self, dialect: Dialect) -> bool {
        dialect == Dialect::Postgres && self.in_lanes.load(Ordering::Relaxed) == 0
    }

    fn note(&self, batch: &[Job]) {
        if self.lanes.len() == 1 {
            return;
        }
        if batch.len() >= WORTH_SEVERAL && accounts_of(batch).len() >= WORTH_SEVERAL {
            self.in_lanes.store(BATCHES_IN_LANES, Ordering::Relaxed);
        } else {
            one_less(&self.in_lanes);
        }
    }

    /// Everything that waited is done.
    pub async fn drained(&self) {
        // What comes meanwhile may wait in one that was idle already.
        while !self.lanes.iter().all(|lane| lane.is_idle()) {
            for lane in &self.lanes {
                lane.drained().await;
            }
        }
    }
}

/// False when there was none left.
fn one_less(of: &AtomicU32) -> bool {
    of.try_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok()
}

impl Billing {
    /// Done in one transaction with what others ask meanwhile.
    ///
    /// Errors: those of the request; [`Error::Overloaded`] when too much waits already.
    pub(crate) async fn ask(
        &self,
        account: AccountId,
        request: Request,
        key: Option<Keyed>,
    ) -> Result<Answer> {
        let (reply, answer) = oneshot::channel();
        let lane = self.usage.lane_of(&account).clone();
        let job = Job { account, asked: Asked { request, key, id: Uuid::nil() }, reply };
        if lane.push(job)? {
            let (billing, askers) = (self.clone(), Handle::current());
            let written = lane.clone();
            lane.writer.spawn(async move { billing.write_batches(&written, askers).await });
        }
        let lost = |_| Error::Internal("a batch of requests ended without an answer".to_owned());
        answer.await.map_err(lost)?
    }

    /// Whoever asks waits on the runtime of `askers`.
    async fn write_batches(&self, lane: &Lane, askers: Handle) {
        while lane.has_work() {
            // Who asks while it begins comes along.
            let begun = self.db.begin_batch().await;
            if self.usage.gathers(self.db.dialect()) {
                lane.gather();
            }
            let (billing, jobs, askers) = (self.clone(), lane.take(), askers.clone());
            self.usage.note(&jobs);
            // In a task of its own: a panic must not leave those behind it waiting.
            let written = tokio::spawn(async move { billing.write_batch(begun, jobs, &askers).await });
            if let Err(error) = written.await {
                tracing::error!(%error, "a batch of requests ended without an answer");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch(accounts: usize) -> Vec<Job> {
        let account = |n| AccountId::from_stored(format!("acc_{n}"));
        let asked = || Asked {
            request: Request::Consume {
                cost: ledger::Tokens::default(),
                label: domain::usage::Label { feature: "chat".to_owned(), model: None },
            },
            key: None,
            id: Uuid::nil(),
        };
        let job = |n| Job { account: account(n % accounts), asked: asked(), reply: oneshot::channel().0 };
        (0..WORTH_SEVERAL.max(accounts)).map(job).collect()
    }

    fn lanes_used(queue: &Queue) -> usize {
        let used = |lane: &&Arc<Lane>| {
            (0..64).any(|n| Arc::ptr_eq(queue.lane_of(&AccountId::from_stored(format!("acc_{n}"))), *lane))
        };
        queue.lanes.iter().filter(used).count()
    }

    #[test]
    fn many_accounts_at_once_are_worth_a_second_lane_for_a_while() {
        let queue = Queue::start(Dialect::Postgres, LARGEST_BATCH).unwrap();
        queue.note(&batch(WORTH_SEVERAL - 1));
        assert_eq!(lanes_used(&queue), 1, "many requests of few accounts");
        assert!(queue.gathers(Dialect::Postgres) && !queue.gathers(Dialect::Sqlite));
        queue.note(&batch(WORTH_SEVERAL));
        assert!(!queue.gathers(Dialect::Postgres));
        for left in (0..BATCHES_IN_LANES).rev() {
            assert_eq!(lanes_used(&queue), 2);
            queue.note(&batch(1));
            assert_eq!(queue.in_lanes.load(Ordering::Relaxed), left);
        }
        assert_eq!(lanes_used(&queue), 1);
    }

    #[test]
    fn an_account_has_one_lane_and_sqlite_no_other() {
        for dialect in [Dialect::Postgres, Dialect::Sqlite] {
            let queue = Queue::start(dialect, LARGEST_BATCH).unwrap();
            queue.note(&batch(WORTH_SEVERAL));
            assert_eq!(lanes_used(&queue), if dialect == Dialect::Postgres { 2 } else { 1 });
            let account = AccountId::from_stored("acc_1");
            assert!((0..8).all(|_| Arc::ptr_eq(queue.lane_of(&account), queue.lane_of(&account))));
        }
    }
}
