//! The one way by which AI requests are written: those that wait, a batch at a time for each thread that writes.

use super::gathering::{Gathering, PAUSE};
use super::waiting::{Job, Waiting};
use super::writer::Writer;
use crate::{Billing, Error, Result};
use domain::ids::AccountId;
use domain::usage::{Answer, Asked, Keyed, Request};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use store::db::Dialect;
use tokio::runtime::Handle;
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinError;
use uuid::Uuid;

/// Requests of one transaction at most, unless another number is wanted. Twice as many need more memory and are hardly faster:
/// `USAGE_BATCH=512 make bench`.
pub const USUAL_BATCH: u32 = 256;
/// What may be wanted at most.
pub const LARGEST_BATCH: u32 = 512;
/// Batches that are written at once on PostgreSQL, where each has a process that works on it. SQLite has one writer.
const POSTGRES_WRITERS: usize = 2;

/// A batch that takes longer waits for somebody's lock, or for the database: another one is begun with what waits behind it.
const SLOW: Duration = Duration::from_millis(50);

/// So many batches look at keys before they decide, once one has met a key that it should have looked at: who repeats a
/// request is seldom alone.
const BATCHES_THAT_LOOK: u32 = 256;

#[derive(Debug)]
pub struct Queue {
    waiting: Mutex<Waiting>,
    writers: Vec<Writer>,
    /// Everybody has come who was waited for.
    complete: Condvar,
    /// Nobody writes any more.
    idle: Notify,
    /// Batches that look at keys first.
    looks: AtomicU32,
}

impl Queue {
    /// So many requests share a transaction at most; at least one has it. An error when the system gives no thread.
    pub fn start(dialect: Dialect, largest_batch: u32) -> std::io::Result<Self> {
        let count = if dialect == Dialect::Postgres { POSTGRES_WRITERS } else { 1 };
        Ok(Self {
            waiting: Mutex::new(Waiting::new(count, largest_batch)),
            writers: (0..count).map(|_| Writer::start()).collect::<Result<_, _>>()?,
            complete: Condvar::new(),
            idle: Notify::new(),
            looks: AtomicU32::new(0),
        })
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        // Nobody who has it panics half-way.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether this batch looks at its keys before it decides.
    pub(super) fn looks_at_keys(&self) -> bool {
        one_less(&self.looks)
    }

    /// The next ones do.
    pub(super) fn look_at_keys(&self) {
        self.looks.store(BATCHES_THAT_LOOK, Ordering::Relaxed);
    }

    /// False ends the writing. With which other writer has to start, if one has.
    fn goes_on(&self, writer: usize) -> (bool, Option<usize>) {
        let mut waiting = self.lock();
        let goes_on = waiting.goes_on(writer);
        if waiting.is_idle() {
            self.idle.notify_waiters();
        }
        if waiting.completes() {
            self.complete.notify_all();
        }
        (goes_on, if goes_on { waiting.start() } else { None })
    }

    /// Answers which writer has to start, if one has.
    fn push(&self, job: Job) -> Result<Option<usize>> {
        let mut waiting = self.lock();
        let starts = waiting.push(job)?;
        if waiting.completes() {
            self.complete.notify_all();
        }
        Ok(starts)
    }

    /// A writer's next batch. If it `gathers`, it waits for those who are expected, as [`Gathering`] has it; meanwhile this
    /// thread sleeps.
    fn take(&self, writer: usize, gathers: bool) -> Vec<Job> {
        let mut waiting = self.lock();
        let mut gathering = Gathering::new(waiting.share());
        while gathers && gathering.goes_on(waiting.free()) {
            waiting.gather(true);
            let paused = self.complete.wait_timeout(waiting, PAUSE);
            waiting = paused.unwrap_or_else(PoisonError::into_inner).0;
            waiting.gather(false);
        }
        waiting.take(writer)
    }

    /// Everything that waited is done.
    pub async fn drained(&self) {
        loop {
            let idle = self.idle.notified();
            if self.lock().is_idle() {
                return;
            }
            idle.await;
        }
    }
}

fn tell(written: Result<(), JoinError>) {
    if let Err(error) = written {
        tracing::error!(%error, "a batch of requests ended without an answer");
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
        let job = Job { account, asked: Asked { request, key, id: Uuid::nil() }, reply };
        let starts = self.usage.push(job)?;
        self.start_writer(starts, &Handle::current());
        let lost = |_| Error::Internal("a batch of requests ended without an answer".to_owned());
        answer.await.map_err(lost)?
    }

    /// Whoever asks waits on the runtime of `askers`.
    fn start_writer(&self, starts: Option<usize>, askers: &Handle) {
        if let Some(writer) = starts {
            let (billing, askers) = (self.clone(), askers.clone());
            self.usage.writers[writer].spawn(async move { billing.write_batches(writer, askers).await });
        }
    }

    async fn write_batches(&self, writer: usize, askers: Handle) {
        let gathers = self.db.dialect() == Dialect::Postgres;
        loop {
            let (billing, answered) = (self.clone(), askers.clone());
            // In a task of its own: a panic must not leave those behind it waiting.
            let mut written = tokio::spawn(async move {
                // Who asks while it begins comes along.
                let begun = billing.db.begin_batch().await;
                let jobs = billing.usage.take(writer, gathers);
                billing.write_batch(begun, jobs, &answered).await;
            });
            if let Ok(ended) = tokio::time::timeout(SLOW, &mut written).await {
                tell(ended);
            } else {
                let other = self.usage.lock().is_slow(writer);
                self.start_writer(other, &askers);
                tell(written.await);
            }
            let (goes_on, other) = self.usage.goes_on(writer);
            self.start_writer(other, &askers);
            if !goes_on {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn drained_waits_for_who_writes() {
        let queue = Queue::start(Dialect::Sqlite, USUAL_BATCH).unwrap();
        queue.drained().await;
        let account = AccountId::from_stored("acc_1");
        let request = Request::Expire(domain::ids::HoldId::from_stored("hold_1"));
        let asked = Asked { request, key: None, id: Uuid::nil() };
        let writer = queue.lock().push(Job { account, asked, reply: oneshot::channel().0 }).unwrap().unwrap();
        let drained = queue.drained();
        tokio::pin!(drained);
        assert!(futures_util::poll!(&mut drained).is_pending());
        assert_eq!(queue.take(writer, false).len(), 1);
        assert!(futures_util::poll!(&mut drained).is_pending());
        assert_eq!(queue.goes_on(writer), (false, None));
        tokio::time::timeout(Duration::from_secs(10), drained).await.unwrap();
    }
}
