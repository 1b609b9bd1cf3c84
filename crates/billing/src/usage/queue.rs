//! The one place where AI requests wait. Whoever finds nobody writing starts to; while one batch commits, the next fills.
//! Nobody lingers: waiting for more only costs time.

use super::writer::Writer;
use crate::{Billing, Error, Result};
use domain::ids::AccountId;
use domain::usage::{Answer, Asked, Keyed, Request};
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::runtime::Handle;
use tokio::sync::{Notify, oneshot};
use uuid::Uuid;

/// Requests of one transaction at most, unless fewer are wanted.
pub const LARGEST_BATCH: u32 = 512;
/// Requests that may wait: a second or so of work. More would be answered too late to be of use.
const MOST_WAITING: usize = 8_192;
/// And of one account, so that it does not take everybody's place.
const MOST_OF_ONE: usize = 1_024;

/// So many batches look at keys before they decide, once one has met a key that it should have looked at: who repeats a
/// request is seldom alone.
const BATCHES_THAT_LOOK: u32 = 256;

/// A request that waits, and whom to answer. It is done also when nobody waits for the answer any more.
#[derive(Debug)]
pub(super) struct Job {
    pub account: AccountId,
    pub asked: Asked,
    pub reply: oneshot::Sender<Result<Answer>>,
}

/// Each account once, in order.
pub(super) fn accounts_of(jobs: &[Job]) -> Vec<&AccountId> {
    let accounts: BTreeSet<_> = jobs.iter().map(|job| &job.account).collect();
    accounts.into_iter().collect()
}

#[derive(Debug)]
pub struct Queue {
    largest_batch: usize,
    writer: Writer,
    waiting: Mutex<Waiting>,
    /// Batches that look at keys first.
    looks: AtomicU32,
    /// Nobody writes any more.
    idle: Notify,
}

#[derive(Debug, Default)]
struct Waiting {
    jobs: VecDeque<Job>,
    of_account: HashMap<AccountId, usize>,
    is_written: bool,
}

impl Queue {
    /// So many requests share a transaction at most; at least one has it. An error when the system gives no thread.
    pub fn start(largest_batch: u32) -> std::io::Result<Self> {
        let largest_batch = usize::try_from(largest_batch.max(1)).unwrap_or(usize::MAX);
        Ok(Self {
            largest_batch,
            writer: Writer::start()?,
            waiting: Mutex::default(),
            looks: AtomicU32::new(0),
            idle: Notify::new(),
        })
    }

    /// Whether this batch looks at its keys before it decides.
    pub(super) fn looks_at_keys(&self) -> bool {
        self.looks.try_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok()
    }

    /// The next ones do.
    pub(super) fn look_at_keys(&self) {
        self.looks.store(BATCHES_THAT_LOOK, Ordering::Relaxed);
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        // What it guards is whole between two statements.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// True when the caller has to start writing.
    fn push(&self, job: Job) -> Result<bool> {
        let mut waiting = self.lock();
        let of_one = waiting.of_account.get(&job.account).copied().unwrap_or_default();
        // What was admitted is always settled: there is no more of it than there are holds.
        let is_new = matches!(job.asked.request, Request::Consume { .. } | Request::Authorize { .. });
        if is_new && (waiting.jobs.len() >= MOST_WAITING || of_one >= MOST_OF_ONE) {
            return Err(Error::Overloaded);
        }
        waiting.of_account.insert(job.account.clone(), of_one + 1);
        waiting.jobs.push_back(job);
        Ok(!std::mem::replace(&mut waiting.is_written, true))
    }

    /// False ends the writing.
    fn has_work(&self) -> bool {
        let mut waiting = self.lock();
        waiting.is_written = !waiting.jobs.is_empty();
        if !waiting.is_written {
            self.idle.notify_waiters();
        }
        waiting.is_written
    }

    /// The oldest ones.
    fn take(&self) -> Vec<Job> {
        let mut waiting = self.lock();
        let count = waiting.jobs.len().min(self.largest_batch);
        let jobs: Vec<_> = waiting.jobs.drain(..count).collect();
        for job in &jobs {
            if let Some(of_one) = waiting.of_account.get_mut(&job.account) {
                *of_one -= 1;
                if *of_one == 0 {
                    waiting.of_account.remove(&job.account);
                }
            }
        }
        jobs
    }

    /// Everything that waited is done.
    pub async fn drained(&self) {
        loop {
            let idle = self.idle.notified();
            if !self.lock().is_written {
                return;
            }
            idle.await;
        }
    }
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
        if self.usage.push(job)? {
            let (billing, askers) = (self.clone(), Handle::current());
            self.usage.writer.spawn(async move { billing.write_batches(askers).await });
        }
        let lost = |_| Error::Internal("a batch of requests ended without an answer".to_owned());
        answer.await.map_err(lost)?
    }

    /// Whoever asks waits on the runtime of `askers`.
    async fn write_batches(&self, askers: Handle) {
        while self.usage.has_work() {
            // Who asks while it begins comes along.
            let begun = self.db.begin_batch().await;
            let (billing, jobs, askers) = (self.clone(), self.usage.take(), askers.clone());
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
    use domain::ids::HoldId;
    use domain::usage::Label;
    use ledger::Tokens;

    fn job(account: &str) -> Job {
        let label = Label { feature: "chat".to_owned(), model: None };
        asking(account, Request::Consume { cost: Tokens::default(), label })
    }

    fn settling(account: &str) -> Job {
        asking(account, Request::Expire(HoldId::from_stored("hold_1")))
    }

    fn asking(account: &str, request: Request) -> Job {
        let asked = Asked { request, key: None, id: Uuid::nil() };
        Job { account: AccountId::from_stored(account), asked, reply: oneshot::channel().0 }
    }

    #[test]
    fn the_first_one_starts_to_write_and_who_finds_nothing_ends() {
        let queue = Queue::start(LARGEST_BATCH).unwrap();
        assert!(queue.push(job("acc_1")).unwrap());
        assert!(!queue.push(job("acc_2")).unwrap(), "somebody writes");
        let accounts: Vec<_> = queue.take().into_iter().map(|job| job.account).collect();
        assert_eq!(accounts.iter().map(AccountId::as_str).collect::<Vec<_>>(), ["acc_1", "acc_2"]);
        assert!(!queue.push(job("acc_1")).unwrap(), "the batch is still written");
        assert!(queue.has_work());
        assert_eq!(queue.take().len(), 1);
        assert!(!queue.has_work());
        assert!(queue.push(job("acc_1")).unwrap());
    }

    #[test]
    fn one_account_does_not_take_everybodys_place() {
        let queue = Queue::start(LARGEST_BATCH).unwrap();
        for _ in 0..MOST_OF_ONE {
            queue.push(job("acc_1")).unwrap();
        }
        assert!(matches!(queue.push(job("acc_1")), Err(Error::Overloaded)));
        queue.push(settling("acc_1")).unwrap();
        queue.push(job("acc_2")).unwrap();
        assert_eq!(queue.take().len(), usize::try_from(LARGEST_BATCH).unwrap());
        queue.push(job("acc_1")).unwrap();
    }

    #[test]
    fn when_too_much_waits_nobody_more_is_let_in() {
        let queue = Queue::start(LARGEST_BATCH).unwrap();
        for number in 0..MOST_WAITING {
            queue.push(job(&format!("acc_{number}"))).unwrap();
        }
        assert!(matches!(queue.push(job("acc_new")), Err(Error::Overloaded)));
        queue.push(settling("acc_new")).unwrap();
    }

    #[tokio::test]
    async fn drained_waits_for_who_writes() {
        let queue = Queue::start(LARGEST_BATCH).unwrap();
        queue.drained().await;
        queue.push(job("acc_1")).unwrap();
        let drained = queue.drained();
        tokio::pin!(drained);
        assert!(futures_util::poll!(&mut drained).is_pending());
        drop(queue.take());
        assert!(!queue.has_work());
        drained.await;
    }
}
