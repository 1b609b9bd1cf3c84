//! Where requests wait whose batches are written one after the other. Whoever finds nobody writing starts to; while one batch
//! commits, the next fills.

use super::gathering::{Gathering, PAUSE};
use super::writer::Writer;
use crate::{Error, Result};
use domain::ids::AccountId;
use domain::usage::{Answer, Asked, Request};
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::{Notify, oneshot};

/// Requests that may wait: a second or so of work. More would be answered too late to be of use.
const MOST_WAITING: usize = 8_192;
/// And of one account, so that it does not take everybody's place.
const MOST_OF_ONE: usize = 1_024;

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
pub(super) struct Lane {
    largest_batch: usize,
    pub writer: Writer,
    waiting: Mutex<Waiting>,
    /// Nobody writes any more.
    idle: Notify,
}

#[derive(Debug, Default)]
struct Waiting {
    jobs: VecDeque<Job>,
    of_account: HashMap<AccountId, usize>,
    is_written: bool,
    /// Requests of the batch that is written.
    taken: usize,
    /// How many asked at the same time, lately.
    expected: usize,
}

impl Lane {
    /// At least one request has a transaction. An error when the system gives no thread.
    pub(super) fn start(largest_batch: u32) -> std::io::Result<Self> {
        Ok(Self {
            largest_batch: usize::try_from(largest_batch.max(1)).unwrap_or(usize::MAX),
            writer: Writer::start()?,
            waiting: Mutex::default(),
            idle: Notify::new(),
        })
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        // What it guards is whole between two statements.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// True when the caller has to start writing.
    pub(super) fn push(&self, job: Job) -> Result<bool> {
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
    pub(super) fn has_work(&self) -> bool {
        let mut waiting = self.lock();
        let taken = std::mem::take(&mut waiting.taken);
        if taken > 0 {
            waiting.expected = (taken + waiting.jobs.len()).min(self.largest_batch);
        }
        waiting.is_written = !waiting.jobs.is_empty();
        if !waiting.is_written {
            self.idle.notify_waiters();
        }
        waiting.is_written
    }

    /// Waits for those who are expected, as [`Gathering`] has it. Meanwhile this thread sleeps.
    pub(super) fn gather(&self) {
        let mut gathering = Gathering::new(self.lock().expected);
        while gathering.goes_on(self.lock().jobs.len()) {
            std::thread::sleep(PAUSE);
        }
    }

    /// The oldest ones.
    pub(super) fn take(&self) -> Vec<Job> {
        let mut waiting = self.lock();
        let count = waiting.jobs.len().min(self.largest_batch);
        let jobs: Vec<_> = waiting.jobs.drain(..count).collect();
        waiting.taken = count;
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

    pub(super) fn is_idle(&self) -> bool {
        !self.lock().is_written
    }

    /// Everything that waited is done.
    pub(super) async fn drained(&self) {
        loop {
            let idle = self.idle.notified();
            if self.is_idle() {
                return;
            }
            idle.await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::queue::LARGEST_BATCH;
    use super::*;
    use domain::ids::HoldId;
    use domain::usage::Label;
    use ledger::Tokens;
    use uuid::Uuid;

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
        let lane = Lane::start(LARGEST_BATCH).unwrap();
        assert!(lane.push(job("acc_1")).unwrap());
        assert!(!lane.push(job("acc_2")).unwrap(), "somebody writes");
        let accounts: Vec<_> = lane.take().into_iter().map(|job| job.account).collect();
        assert_eq!(accounts.iter().map(AccountId::as_str).collect::<Vec<_>>(), ["acc_1", "acc_2"]);
        assert!(!lane.push(job("acc_1")).unwrap(), "the batch is still written");
        assert!(lane.has_work());
        assert_eq!(lane.take().len(), 1);
        assert!(!lane.has_work());
        assert!(lane.push(job("acc_1")).unwrap());
    }

    #[test]
    fn as_many_are_expected_as_asked_while_a_batch_was_written() {
        let lane = Lane::start(LARGEST_BATCH).unwrap();
        let expected = || lane.lock().expected;
        for account in ["acc_1", "acc_2", "acc_3"] {
            lane.push(job(account)).unwrap();
        }
        assert_eq!((lane.take().len(), expected()), (3, 0));
        lane.push(job("acc_4")).unwrap();
        assert!(lane.has_work());
        assert_eq!(expected(), 4);
        assert_eq!(lane.take().len(), 1);
        assert!(!lane.has_work());
        assert_eq!(expected(), 1);
        lane.push(job("acc_1")).unwrap();
        assert!(lane.has_work());
        assert_eq!(expected(), 1, "what was not written tells nothing");
    }

    #[test]
    fn nobody_is_expected_who_has_no_room_in_the_next_batch() {
        let lane = Lane::start(2).unwrap();
        for account in ["acc_1", "acc_2", "acc_3", "acc_4"] {
            lane.push(job(account)).unwrap();
        }
        assert_eq!(lane.take().len(), 2);
        assert!(lane.has_work());
        assert_eq!(lane.lock().expected, 2);
    }

    #[test]
    fn one_account_does_not_take_everybodys_place() {
        let lane = Lane::start(LARGEST_BATCH).unwrap();
        for _ in 0..MOST_OF_ONE {
            lane.push(job("acc_1")).unwrap();
        }
        assert!(matches!(lane.push(job("acc_1")), Err(Error::Overloaded)));
        lane.push(settling("acc_1")).unwrap();
        lane.push(job("acc_2")).unwrap();
        assert_eq!(lane.take().len(), usize::try_from(LARGEST_BATCH).unwrap());
        lane.push(job("acc_1")).unwrap();
    }

    #[test]
    fn when_too_much_waits_nobody_more_is_let_in() {
        let lane = Lane::start(LARGEST_BATCH).unwrap();
        for number in 0..MOST_WAITING {
            lane.push(job(&format!("acc_{number}"))).unwrap();
        }
        assert!(matches!(lane.push(job("acc_new")), Err(Error::Overloaded)));
        lane.push(settling("acc_new")).unwrap();
    }

    #[tokio::test]
    async fn drained_waits_for_who_writes() {
        let lane = Lane::start(LARGEST_BATCH).unwrap();
        lane.drained().await;
        lane.push(job("acc_1")).unwrap();
        let drained = lane.drained();
        tokio::pin!(drained);
        assert!(futures_util::poll!(&mut drained).is_pending());
        drop(lane.take());
        assert!(!lane.has_work());
        drained.await;
    }
}
