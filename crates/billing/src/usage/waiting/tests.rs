use super::*;
use crate::usage::queue::LARGEST_BATCH;
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
