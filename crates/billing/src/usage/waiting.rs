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
mod tests {
    use super::super::queue::LARGEST_BATCH;
    use super::*;
    use domain::ids::HoldId;
    use domain::usage::Label;
    use ledger::Tokens;
    use proptest::prelude::*;
    use std::ops::Range;
    use uuid::Uuid;

    fn asking(account: &str, request: Request) -> Job {
        let asked = Asked { request, key: None, id: Uuid::nil() };
        Job { account: AccountId::from_stored(account), asked, reply: oneshot::channel().0 }
    }

    /// Which writer was started, if one was.
    fn ask(waiting: &mut Waiting, account: &str) -> Option<usize> {
        try_to_ask(waiting, account).unwrap()
    }

    fn try_to_ask(waiting: &mut Waiting, account: &str) -> Result<Option<usize>> {
        let label = Label { feature: "chat".to_owned(), model: None };
        waiting.push(asking(account, Request::Consume { cost: Tokens::default(), label }))
    }

    fn settle(waiting: &mut Waiting, account: &str) {
        waiting.push(asking(account, Request::Expire(HoldId::from_stored("hold_1")))).unwrap();
    }

    /// Which writer the last one of these accounts has started.
    fn ask_all(waiting: &mut Waiting, accounts: Range<usize>) -> Option<usize> {
        accounts.map(|number| ask(waiting, &format!("acc_{number}"))).last().flatten()
    }

    /// Whose requests it takes, once what it has taken before is done.
    fn take(waiting: &mut Waiting, writer: usize) -> Vec<String> {
        assert!(waiting.writers[writer].requests == 0 || waiting.goes_on(writer));
        waiting.take(writer).iter().map(|job| job.account.as_str().to_owned()).collect()
    }

    #[test]
    fn the_first_one_starts_to_write_and_who_finds_nothing_ends() {
        let mut waiting = Waiting::new(1, LARGEST_BATCH);
        assert_eq!(ask(&mut waiting, "acc_1"), Some(0));
        assert_eq!(ask(&mut waiting, "acc_2"), None, "somebody writes");
        assert_eq!(take(&mut waiting, 0), ["acc_1", "acc_2"]);
        assert_eq!(ask(&mut waiting, "acc_1"), None, "the batch is still written");
        assert_eq!(take(&mut waiting, 0), ["acc_1"]);
        assert!(!waiting.is_idle());
        assert!(!waiting.goes_on(0));
        assert!(waiting.is_idle());
        assert_eq!(ask(&mut waiting, "acc_1"), Some(0));
    }

    #[test]
    fn many_accounts_have_two_writers_with_half_of_them_each() {
        let mut waiting = Waiting::new(2, LARGEST_BATCH);
        assert_eq!(ask(&mut waiting, "acc_0"), Some(0));
        assert_eq!(take(&mut waiting, 0), ["acc_0"]);
        assert_eq!(ask_all(&mut waiting, 1..WORTH_SEVERAL - 1), None);
        assert_eq!(ask_all(&mut waiting, WORTH_SEVERAL - 1..WORTH_SEVERAL), Some(1));
        assert_eq!(ask_all(&mut waiting, WORTH_SEVERAL..16), None, "both write");
        assert_eq!((take(&mut waiting, 1).len(), take(&mut waiting, 0).len()), (8, 7));
        assert!(!waiting.goes_on(1), "nobody is there");
        assert_eq!(ask_all(&mut waiting, 100..107), None, "not half of them");
        assert_eq!(ask(&mut waiting, "acc_107"), Some(1));
    }

    #[test]
    fn with_fewer_accounts_one_writer_has_everything() {
        let mut waiting = Waiting::new(2, LARGEST_BATCH);
        assert_eq!(ask_all(&mut waiting, 0..WORTH_SEVERAL), Some(1));
        take(&mut waiting, 0);
        take(&mut waiting, 1);
        assert!(!waiting.goes_on(1));
        ask(&mut waiting, "acc_0");
        assert_eq!(take(&mut waiting, 0), ["acc_0"]);
        for _ in 0..100 {
            assert_eq!(ask(&mut waiting, "acc_hot"), None);
        }
        assert_eq!(ask_all(&mut waiting, 1..WORTH_SEVERAL - 2), None);
        assert_eq!(take(&mut waiting, 0).len(), 100 + WORTH_SEVERAL - 3);
    }

    #[test]
    fn what_an_account_asks_while_it_is_written_waits_and_comes_after_the_others() {
        let mut waiting = Waiting::new(2, 2);
        for account in ["acc_1", "acc_1", "acc_1", "acc_2"] {
            ask(&mut waiting, account);
        }
        assert_eq!(take(&mut waiting, 0), ["acc_1", "acc_1"]);
        assert_eq!((waiting.free(), waiting.all), (1, 2));
        ask_all(&mut waiting, 10..10 + WORTH_SEVERAL);
        assert_eq!(take(&mut waiting, 1), ["acc_2", "acc_10"]);
        assert_eq!(waiting.free(), WORTH_SEVERAL - 1);
        assert!(waiting.goes_on(0));
        assert_eq!(waiting.turns.back().map(AccountId::as_str), Some("acc_1"));
    }

    #[test]
    fn as_many_are_expected_as_asked_lately() {
        let mut waiting = Waiting::new(2, LARGEST_BATCH);
        for account in ["acc_1", "acc_2", "acc_3"] {
            ask(&mut waiting, account);
        }
        assert_eq!(take(&mut waiting, 0).len(), 3);
        ask(&mut waiting, "acc_4");
        assert_eq!(waiting.share(), 4);
        for expected in [4, 3, 2, 2] {
            assert_eq!(take(&mut waiting, 0), ["acc_4"]);
            assert_eq!(waiting.share(), expected);
            ask(&mut waiting, "acc_4");
        }
        ask_all(&mut waiting, 10..10 + WORTH_SEVERAL);
        assert_eq!(waiting.share(), WORTH_SEVERAL / 2 + 1, "two have them");
        let mut waiting = Waiting::new(1, 2);
        ask_all(&mut waiting, 0..3);
        assert_eq!(waiting.share(), 2, "a batch has no room for more");
    }

    #[test]
    fn one_account_does_not_take_everybodys_place() {
        let mut waiting = Waiting::new(1, LARGEST_BATCH);
        for _ in 0..MOST_OF_ONE {
            ask(&mut waiting, "acc_1");
        }
        assert!(matches!(try_to_ask(&mut waiting, "acc_1"), Err(Error::Overloaded)));
        settle(&mut waiting, "acc_1");
        ask(&mut waiting, "acc_2");
        assert_eq!(take(&mut waiting, 0).len(), usize::try_from(LARGEST_BATCH).unwrap());
        ask(&mut waiting, "acc_1");
        assert_eq!(take(&mut waiting, 0)[0], "acc_2");
    }

    #[test]
    fn when_too_much_waits_nobody_more_is_let_in() {
        let mut waiting = Waiting::new(1, LARGEST_BATCH);
        ask_all(&mut waiting, 0..MOST_WAITING);
        assert!(matches!(try_to_ask(&mut waiting, "acc_new"), Err(Error::Overloaded)));
        settle(&mut waiting, "acc_new");
    }

    #[test]
    fn who_waits_for_its_share_is_told_when_it_is_there() {
        let mut waiting = Waiting::new(2, LARGEST_BATCH);
        ask_all(&mut waiting, 0..3);
        assert_eq!(take(&mut waiting, 0).len(), 3);
        assert!(!waiting.goes_on(0));
        ask_all(&mut waiting, 0..2);
        waiting.gather(true);
        assert!(!waiting.completes(), "a third one is expected");
        ask(&mut waiting, "acc_2");
        assert!(waiting.completes());
        waiting.gather(false);
        assert!(!waiting.completes(), "nobody waits for it");
    }

    #[test]
    fn where_one_takes_too_long_another_one_has_what_waits_behind_it() {
        let mut waiting = Waiting::new(2, LARGEST_BATCH);
        ask(&mut waiting, "acc_1");
        assert_eq!(take(&mut waiting, 0), ["acc_1"]);
        ask(&mut waiting, "acc_1");
        assert_eq!(waiting.is_slow(0), None, "its account is written");
        assert_eq!(ask(&mut waiting, "acc_2"), Some(1));
        assert_eq!(ask(&mut waiting, "acc_3"), None, "there is no third");
        assert_eq!(take(&mut waiting, 1), ["acc_2", "acc_3"]);
        ask(&mut waiting, "acc_2");
        assert_eq!(take(&mut waiting, 1), ["acc_2"], "as if the slow one were not there");
        assert!(!waiting.goes_on(1));
        assert!(waiting.goes_on(0));
        ask(&mut waiting, "acc_2");
        assert_eq!(take(&mut waiting, 0), ["acc_1", "acc_2"]);
        assert_eq!(ask(&mut waiting, "acc_3"), None, "it is fast again");
        assert_eq!(waiting.is_slow(0), Some(1));
    }

    #[test]
    fn what_is_about_to_be_taken_is_nobody_elses_work() {
        let mut waiting = Waiting::new(2, LARGEST_BATCH);
        assert_eq!(ask_all(&mut waiting, 0..1), Some(0));
        for number in 1..WORTH_SEVERAL {
            let started = ask(&mut waiting, &format!("acc_{number}"));
            assert_eq!(started.is_some(), number == WORTH_SEVERAL - 1, "{number}");
        }
        assert_eq!(waiting.take(1).len(), WORTH_SEVERAL / 2);
        assert!(!waiting.goes_on(1), "the other one has begun");
        assert_eq!(waiting.take(0).len(), WORTH_SEVERAL / 2);
    }

    /// As the thread of a writer has it.
    enum Writer {
        Idle,
        Begun,
        Has(Vec<Job>),
    }

    proptest! {
        /// Each request is taken once, in the order of its account's; no account by two at a time; and whoever writes ends only
        /// when somebody else will take what is left.
        #[test]
        fn nothing_is_left_or_taken_twice(
            count in 1..=3_usize,
            largest in 1..=8_u32,
            steps in prop::collection::vec((0..5_u32, 0..20_u32, 0..3_usize), 0..400),
        ) {
            let mut waiting = Waiting::new(count, largest);
            let (mut asked, mut written) = (HashMap::new(), HashMap::new());
            let mut writers: Vec<_> = (0..count).map(|_| Writer::Idle).collect();
            for (kind, account, writer) in steps {
                if kind < 2 {
                    let order = asked.entry(account).or_insert(0_u128);
                    let mut job = asking(&account.to_string(), Request::Expire(HoldId::from_stored("hold_1")));
                    job.asked.id = Uuid::from_u128(*order);
                    *order += 1;
                    let started = waiting.push(job).unwrap();
                    start(&mut writers, started);
                } else if kind < 3 {
                    let started = writers
                        .iter()
                        .position(|writer| matches!(writer, Writer::Has(_)))
                        .and_then(|slow| waiting.is_slow(slow));
                    start(&mut writers, started);
                } else if writer < count {
                    step(&mut waiting, &mut writers, writer, &mut written);
                }
                let somebody_writes = writers.iter().any(|writer| !matches!(writer, Writer::Idle));
                prop_assert!(waiting.all == 0 || somebody_writes);
                prop_assert_eq!(waiting.is_idle(), !somebody_writes);
            }
            for _ in 0..1_000 {
                for writer in 0..count {
                    step(&mut waiting, &mut writers, writer, &mut written);
                }
            }
            prop_assert!(waiting.is_idle());
            prop_assert_eq!(asked, written);
            prop_assert_eq!((waiting.all, waiting.free(), waiting.accounts.len()), (0, 0, 0));
        }
    }

    fn start(writers: &mut [Writer], started: Option<usize>) {
        let Some(started) = started else { return };
        assert!(matches!(writers[started], Writer::Idle), "it writes already");
        writers[started] = Writer::Begun;
    }

    /// A writer that has begun takes its batch; one that has a batch ends it.
    fn step(waiting: &mut Waiting, writers: &mut [Writer], at: usize, written: &mut HashMap<u32, u128>) {
        match std::mem::replace(&mut writers[at], Writer::Idle) {
            Writer::Idle => {}
            Writer::Begun => {
                let next = waiting.take(at);
                assert!(next.len() <= waiting.largest_batch);
                for other in writers.iter() {
                    let Writer::Has(others) = other else { continue };
                    assert!(!others.iter().any(|other| next.iter().any(|job| job.account == other.account)));
                }
                writers[at] = Writer::Has(next);
            }
            Writer::Has(done) => {
                for job in done {
                    let order = written.entry(job.account.as_str().parse().unwrap()).or_insert(0);
                    assert_eq!(job.asked.id, Uuid::from_u128(*order));
                    *order += 1;
                }
                if waiting.goes_on(at) {
                    writers[at] = Writer::Begun;
                    start(writers, waiting.start());
                }
            }
        }
    }
}
