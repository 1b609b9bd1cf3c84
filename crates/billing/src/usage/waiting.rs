//! Requests that wait until they are written, and who writes. With many accounts several batches are written at a time; an
//! account is in one of them at most, as the others would only wait for its lock.

use crate::{Error, Result};
use domain::ids::AccountId;
use domain::usage::{Answer, Asked, Request};
use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap, VecDeque};
use tokio::sync::oneshot;

/// Requests that may wait: a second or so of work. More would be answered too late to be of use.
const MOST_WAITING: usize = 8_192;
/// And of one account, so that it does not take everybody's place.
const MOST_OF_ONE: usize = 1_024;
/// Accounts at the same time from which on several batches are faster, each with a part of them. With fewer, what a batch
/// costs by itself counts more than that several are worked on.
const WORTH_SEVERAL: usize = 6;

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
pub(super) struct Waiting {
    largest_batch: usize,
    /// Those that have requests which wait, or are written.
    accounts: HashMap<AccountId, Requests>,
    /// Accounts with requests that may be taken, by whose turn it is.
    turns: VecDeque<AccountId>,
    /// Requests that wait, and those of them that may be taken.
    all: usize,
    free: usize,
    writers: Vec<Batch>,
    /// Writers that wait until their share is there.
    gathering: usize,
    /// How many asked at the same time, and for how many accounts.
    requests_at_once: Lately,
    accounts_at_once: Lately,
}

/// Of one account.
#[derive(Debug, Default)]
struct Requests {
    /// In the order in which they were asked.
    waiting: Vec<Job>,
    /// Others of it are: these have to wait.
    are_written: bool,
}

/// What a writer has taken.
#[derive(Debug, Default)]
struct Batch {
    /// It writes, or is about to.
    is_written: bool,
    /// It waits for somebody's lock, or for the database.
    is_slow: bool,
    requests: usize,
    accounts: Vec<AccountId>,
}

/// The most there were at the same time, not long ago: who was answered a moment ago is about to ask again.
#[derive(Debug, Default)]
struct Lately(usize);

impl Lately {
    fn seen(&mut self, now: usize) {
        self.0 = self.0.max(now);
    }

    /// A batch is over.
    fn fade(&mut self, now: usize) {
        self.0 = now.max(self.0 - self.0.div_ceil(8));
    }
}

impl Waiting {
    /// At least one request has a batch.
    pub(super) fn new(writers: usize, largest_batch: u32) -> Self {
        Self {
            largest_batch: usize::try_from(largest_batch.max(1)).unwrap_or(usize::MAX),
            accounts: HashMap::new(),
            turns: VecDeque::new(),
            all: 0,
            free: 0,
            writers: (0..writers).map(|_| Batch::default()).collect(),
            gathering: 0,
            requests_at_once: Lately::default(),
            accounts_at_once: Lately::default(),
        }
    }

    /// Answers which writer has to start, if one has.
    pub(super) fn push(&mut self, job: Job) -> Result<Option<usize>> {
        let of_one = self.accounts.get(&job.account).map_or(0, |requests| requests.waiting.len());
        // What was admitted is always settled: there is no more of it than there are holds.
        let is_new = matches!(job.asked.request, Request::Consume { .. } | Request::Authorize { .. });
        if is_new && (self.all >= MOST_WAITING || of_one >= MOST_OF_ONE) {
            return Err(Error::Overloaded);
        }
        self.all += 1;
        match self.accounts.entry(job.account.clone()) {
            Entry::Occupied(requests) => {
                let requests = requests.into_mut();
                self.free += usize::from(!requests.are_written);
                requests.waiting.push(job);
            }
            Entry::Vacant(none) => {
                self.free += 1;
                self.turns.push_back(job.account.clone());
                none.insert(Requests { waiting: vec![job], are_written: false });
            }
        }
        self.requests_at_once.seen(self.asked());
        self.accounts_at_once.seen(self.accounts.len());
        Ok(self.start())
    }

    /// The first one at once, another one when there is a share for it beside those of who is about to take one. Its first batch
    /// is [`Self::take`]n then.
    pub(super) fn start(&mut self) -> Option<usize> {
        let left = self.free.saturating_sub(self.about_to_be_taken());
        let is_wanted = self.is_nobody_fast() || (self.is_worth_several() && left >= self.share());
        let writer =
            self.writers.iter().position(|writer| is_wanted && self.free > 0 && !writer.is_written)?;
        self.writers[writer].is_written = true;
        Some(writer)
    }

    /// A batch takes long: until it is over, the other writers go on as if it were not there. As [`Self::push`] it answers who
    /// has to start.
    pub(super) fn is_slow(&mut self, writer: usize) -> Option<usize> {
        self.writers[writer].is_slow = true;
        self.start()
    }

    fn is_nobody_fast(&self) -> bool {
        !self.writers.iter().any(|writer| writer.is_written && !writer.is_slow)
    }

    /// By those who have begun and have taken nothing yet.
    fn about_to_be_taken(&self) -> usize {
        let about_to = |writer: &&Batch| writer.is_written && !writer.is_slow && writer.requests == 0;
        self.writers.iter().filter(about_to).count() * self.share()
    }

    /// What it had taken is done. False ends its writing.
    pub(super) fn goes_on(&mut self, writer: usize) -> bool {
        let (asked, accounts) = (self.asked(), self.accounts.len());
        let done = std::mem::take(&mut self.writers[writer]);
        if done.requests > 0 {
            self.requests_at_once.fade(asked);
            self.accounts_at_once.fade(accounts);
        }
        for account in done.accounts {
            self.let_go(account);
        }
        let is_wanted = self.is_nobody_fast() || self.is_worth_several();
        self.writers[writer].is_written = is_wanted && self.free > self.about_to_be_taken();
        self.writers[writer].is_written
    }

    /// Its next ones may be taken, after everybody else's.
    fn let_go(&mut self, account: AccountId) {
        let Entry::Occupied(mut requests) = self.accounts.entry(account) else { return };
        if requests.get().waiting.is_empty() {
            requests.remove();
            return;
        }
        self.free += requests.get().waiting.len();
        requests.get_mut().are_written = false;
        self.turns.push_back(requests.key().clone());
    }

    /// Requests that are not answered yet.
    fn asked(&self) -> usize {
        self.all + self.writers.iter().map(|writer| writer.requests).sum::<usize>()
    }

    fn is_worth_several(&self) -> bool {
        self.writers.len() > 1 && self.accounts_at_once.0 >= WORTH_SEVERAL
    }

    /// How many a writer's next batch has, when everybody is there who asks now and then.
    pub(super) fn share(&self) -> usize {
        let batches = if self.is_worth_several() { self.writers.len() } else { 1 };
        self.requests_at_once.0.div_ceil(batches).clamp(1, self.largest_batch)
    }

    /// Requests that may be taken.
    pub(super) fn free(&self) -> usize {
        self.free
    }

    /// A writer begins, or ends, to wait until its share may be taken.
    pub(super) fn gather(&mut self, begins: bool) {
        self.gathering = if begins { self.gathering + 1 } else { self.gathering - 1 };
    }

    /// Whether those who wait for their share can have it.
    pub(super) fn completes(&self) -> bool {
        self.gathering > 0 && self.free >= self.share()
    }

    /// A writer's next batch. Another one has left nothing, when it is empty.
    pub(super) fn take(&mut self, writer: usize) -> Vec<Job> {
        let most = if self.is_worth_several() { self.share() } else { self.largest_batch };
        let (mut jobs, mut accounts) = (Vec::with_capacity(most.min(self.free)), Vec::new());
        while jobs.len() < most
            && let Some(account) = self.turns.pop_front()
        {
            let Some(requests) = self.accounts.get_mut(&account) else { continue };
            self.free -= requests.waiting.len();
            requests.are_written = true;
            // All of them: nobody else may take what would be left.
            let count = requests.waiting.len().min(self.largest_batch - jobs.len());
            if count == requests.waiting.len() {
                jobs.append(&mut std::mem::take(&mut requests.waiting));
            } else {
                jobs.extend(requests.waiting.drain(..count));
            }
            accounts.push(account);
        }
        self.all -= jobs.len();
        let mine = &mut self.writers[writer];
        (mine.requests, mine.accounts) = (jobs.len(), accounts);
        jobs
    }

    /// Nobody writes.
    pub(super) fn is_idle(&self) -> bool {
        !self.writers.iter().any(|writer| writer.is_written)
    }
}

#[cfg(test)]
mod tests;
