//! Whatever is asked of an account, in whatever order, whatever comes between, and however it is cut into batches.

use super::{
    Answer, Asked, Ends, Found, Keyed, Label, Made, Refused, Request, Rules, Sheet, Told, WindowUse,
};
use crate::allowance::Window;
use crate::catalog::{AiRequests, Alerts, TierSlug, WindowKind};
use crate::hold::{Hold, Over, Source, State, Usage};
use crate::ids::{AccountId, HoldId, ServiceKeyId};
use crate::time::{HOUR, Timestamp};
use ledger::{Balance, Kind, Tokens};
use proptest::prelude::*;
use std::collections::HashMap;
use uuid::Uuid;

const LIMIT: i64 = 4;
const COVERS: i64 = 50;

#[derive(Debug, Clone)]
enum Step {
    Ask(Move, Option<u8>),
    /// A purchase is paid, or a person gives tokens.
    Credit(i64),
    /// A refund.
    TakeBack(i64),
    /// In hours.
    Pass(i64),
}

#[derive(Debug, Clone)]
enum Move {
    Consume(i64),
    Authorize(i64),
    /// Which of the holds that there are, and what was used.
    Capture(usize, Option<i64>),
    Void(usize),
    Expire(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let asked = prop_oneof![
        4 => (1..80i64).prop_map(Move::Consume),
        4 => (1..80i64).prop_map(Move::Authorize),
        4 => (0..6usize, proptest::option::of(1..150i64)).prop_map(|(hold, used)| Move::Capture(hold, used)),
        2 => (0..6usize).prop_map(Move::Void),
        2 => (0..6usize).prop_map(Move::Expire),
    ];
    prop_oneof![
        8 => (asked, proptest::option::weighted(0.4, 0..6u8)).prop_map(|(asked, key)| Step::Ask(asked, key)),
        1 => (1..200i64).prop_map(Step::Credit),
        1 => (1..200i64).prop_map(Step::TakeBack),
        2 => (1..30i64).prop_map(Step::Pass),
    ]
}

/// What a database keeps, by the simplest of means.
#[derive(Debug, Default)]
struct Stored {
    now: i64,
    balance: Balance,
    windows: Vec<(Window, i64)>,
    holds: Vec<Hold>,
    /// By scope and key.
    kept: Vec<(Keyed, Answer)>,
    postings: Vec<i64>,
    requests: i64,
    paid: i64,
    told: Vec<Told>,
    /// Requests that a unit has paid at once, by the start of its window.
    by_units: HashMap<i64, i64>,
    asked: u128,
    authorized: usize,
}

/// Of the hold that the n-th request for one makes, if it is admitted.
fn hold_number(n: usize) -> Uuid {
    Uuid::from_u128(u128::MAX - u128::try_from(n).unwrap())
}

fn tokens(count: i64) -> Tokens {
    Tokens::new(count).unwrap()
}

fn account() -> AccountId {
    AccountId::from_stored("acc_1")
}

fn label() -> Label {
    Label { feature: "chat".to_owned(), model: None }
}

fn alerts() -> Alerts {
    Alerts { balance_low: 20, allowance_percent: vec![50, 100], by_mail: true, mailed_from: 1 }
}

impl Stored {
    fn window(&self) -> Window {
        Window::at(WindowKind::Day, Timestamp(self.now), None)
    }

    fn sheet(&self) -> Sheet {
        let open = |window: &Window| {
            let is_open = |hold: &&Hold| {
                hold.state == State::Held
                    && matches!(&hold.source, Source::Allowance { window: of, .. } if of.is(window))
            };
            i64::try_from(self.holds.iter().filter(is_open).count()).unwrap()
        };
        let uses = self.windows.iter().map(|(window, used)| WindowUse {
            window: window.clone(),
            used: *used,
            open: open(window),
        });
        Sheet::new(Found {
            is_gone: false,
            tier: TierSlug::free(),
            terms: AiRequests { limit: LIMIT, window: WindowKind::Day, largest_request: tokens(COVERS) },
            window: self.window(),
            balance: self.balance,
            windows: uses.collect(),
            holds: self.holds.clone(),
            kept: self.kept.clone(),
            replaced: vec![],
        })
    }

    fn write(&mut self, made: Made) {
        for (window, used) in made.windows {
            self.windows.retain(|(known, _)| !known.is(&window));
            self.windows.push((window, used));
        }
        self.balance = made.balance.unwrap_or(self.balance);
        self.told.extend(made.told);
        self.postings.extend(made.spent.iter().map(|spent| spent.posting.delta));
        for (requests, paid) in made.days.into_values() {
            self.requests += requests;
            self.paid += paid;
        }
        self.holds.extend(made.held);
        for (before, ended) in made.ended {
            let known = self.holds.iter_mut().find(|known| known.id == ended.id).unwrap();
            assert_eq!(known.state, before, "it is written over what was read");
            *known = ended;
        }
        for (at, (key, _)) in made.kept.iter().enumerate() {
            assert!(
                made.kept[..at].iter().all(|(other, _)| !other.is_same_key(key)),
                "a key is written once"
            );
        }
        for (key, answer) in made.kept {
            self.kept.retain(|(known, _)| !known.is_same_key(&key));
            self.kept.push((key, answer));
        }
        self.kept.sort_by(|(one, _), (other, _)| (&one.scope, &one.key).cmp(&(&other.scope, &other.key)));
        self.holds.sort_by(|a, b| a.id.cmp(&b.id));
    }

    fn asked(&mut self, asked: &Move, key: Option<u8>) -> Asked {
        let ends = |hold: usize| Ends { hold: HoldId::new(hold_number(hold)), owner: None };
        self.asked += 1;
        let id = if matches!(asked, Move::Authorize(_)) {
            self.authorized += 1;
            hold_number(self.authorized - 1)
        } else {
            Uuid::from_u128(self.asked)
        };
        let request = match *asked {
            Move::Consume(cost) => Request::Consume { cost: tokens(cost), label: label() },
            Move::Authorize(cost) => Request::Authorize {
                cost: tokens(cost),
                expires_in: 5 * HOUR,
                label: label(),
                owner: None::<ServiceKeyId>,
            },
            Move::Capture(hold, used) => {
                let usage = used.map_or(Usage::Unreported, |used| Usage::Reported(tokens(used)));
                Request::Capture { ends: ends(hold), usage }
            }
            Move::Void(hold) => Request::Void(ends(hold)),
            Move::Expire(hold) => Request::Expire(ends(hold).hold),
        };
        let scope = match request {
            Request::Consume { .. } => "consume",
            Request::Authorize { .. } => "holds",
            _ => "end",
        };
        // Every hash is another, except that of a request that is really the same.
        let key = key.map(|key| Keyed {
            scope: scope.to_owned(),
            key: key.to_string(),
            request_hash: format!("{asked:?}"),
        });
        Asked { request, key, id }
    }

    /// What must hold whenever something was written.
    fn check(&self, credited: i64) {
        assert_eq!(self.balance.net(), credited + self.postings.iter().sum::<i64>(), "the books");
        let held: i64 = self
            .holds
            .iter()
            .filter(|hold| hold.state == State::Held)
            .map(|hold| hold.reserved().get())
            .sum();
        assert_eq!(self.balance.held.get(), held, "what waits is what holds reserve");
        assert_eq!(self.balance.spent.get(), self.paid, "what was spent is what requests have paid");
        assert_eq!(self.paid, -self.postings.iter().sum::<i64>());
        for (window, used) in &self.windows {
            assert!((0..=LIMIT).contains(used), "{used} units of {window:?}");
            let has_unit = |hold: &&Hold| {
                matches!(hold.state, State::Held | State::Captured { .. })
                    && matches!(&hold.source, Source::Allowance { window: of, .. } if of.is(window))
            };
            let (late, sure): (Vec<_>, Vec<_>) =
                self.holds.iter().filter(has_unit).partition(|hold| hold.was_late());
            let sure = i64::try_from(sure.len()).unwrap()
                + self.by_units.get(&window.start.0).copied().unwrap_or_default();
            // Late, a hold takes a unit again only if one is left.
            let most = sure + i64::try_from(late.len()).unwrap();
            assert!((sure..=most).contains(used), "{used} units for {sure} to {most} requests");
            self.check_told(window, *used);
        }
    }
}

impl Stored {
    /// Each threshold that is passed for good is told once, while the window is the present one, and no other.
    fn check_told(&self, window: &Window, used: i64) {
        let is_open = |hold: &&Hold| {
            hold.state == State::Held
                && matches!(&hold.source, Source::Allowance { window: of, .. } if of.is(window))
        };
        let for_good = used - i64::try_from(self.holds.iter().filter(is_open).count()).unwrap();
        let told: Vec<_> = self
            .told
            .iter()
            .filter_map(|told| match told {
                Told::Used { percent, allowance } if allowance.window.is(window) => Some(*percent),
                _ => None,
            })
            .collect();
        let passed: Vec<_> = alerts()
            .allowance_percent
            .into_iter()
            .filter(|percent| for_good * 100 >= LIMIT * percent)
            .collect();
        if self.window().is(window) {
            assert_eq!(told, passed, "{for_good} of {LIMIT} are used for good");
        } else {
            assert!(passed.starts_with(&told), "{told:?} of {passed:?}");
        }
    }
}

/// Plays the steps, `size` requests in each batch at most. Answers what each was answered, and what is stored in the end.
fn play(steps: &[Step], over: Over, size: usize) -> (Vec<Result<Answer, Refused>>, Stored) {
    let (alerts, mut stored, mut answers) = (alerts(), Stored::default(), Vec::new());
    let mut credited = 0;
    let mut batch: Vec<Asked> = Vec::new();
    let flush = |stored: &mut Stored, batch: &mut Vec<Asked>, answers: &mut Vec<_>| {
        let mut sheet = stored.sheet();
        let rules = Rules { now: Timestamp(stored.now), over, alerts: &alerts };
        let window = stored.window().start.0;
        for asked in batch.drain(..) {
            let answer = sheet.decide(&account(), &asked, &rules);
            if matches!(&answer, Ok(Answer::Consumed(paid)) if paid.from_allowance && !paid.replayed) {
                *stored.by_units.entry(window).or_default() += 1;
            }
            answers.push(answer);
        }
        stored.write(sheet.close());
    };
    for step in steps {
        if let Step::Ask(asked, key) = step {
            let asked = stored.asked(asked, *key);
            batch.push(asked);
            if batch.len() < size {
                continue;
            }
        }
        flush(&mut stored, &mut batch, &mut answers);
        match step {
            Step::Ask(..) => {}
            Step::Credit(count) => {
                stored.balance = stored.balance.credit(Kind::Purchase, tokens(*count)).unwrap().0;
                credited += count;
            }
            Step::TakeBack(count) => {
                let (after, posting) = stored.balance.take_back(tokens(*count));
                stored.balance = after;
                credited += posting.delta;
            }
            Step::Pass(hours) => stored.now += hours * HOUR,
        }
        stored.check(credited);
    }
    flush(&mut stored, &mut batch, &mut answers);
    stored.check(credited);
    (answers, stored)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn no_order_of_things_loses_or_invents_a_token(
        steps in proptest::collection::vec(step(), 1..60),
        over in prop_oneof![Just(Over::Cap), Just(Over::Balance)],
    ) {
        play(&steps, over, 1);
    }

    #[test]
    fn how_requests_are_cut_into_batches_changes_nothing(
        steps in proptest::collection::vec(step(), 1..60),
        size in 2..20usize,
    ) {
        let (one_by_one, alone) = play(&steps, Over::Balance, 1);
        let (together, batched) = play(&steps, Over::Balance, size);
        prop_assert_eq!(one_by_one, together);
        prop_assert_eq!(alone.balance, batched.balance);
        prop_assert_eq!(&alone.holds, &batched.holds);
        prop_assert_eq!(&alone.kept, &batched.kept);
        prop_assert_eq!(&alone.postings, &batched.postings);
        prop_assert_eq!(&alone.told, &batched.told);
        prop_assert_eq!((alone.requests, alone.paid), (batched.requests, batched.paid));
        let used = |stored: &Stored| -> HashMap<i64, i64> {
            stored.windows.iter().filter(|(_, used)| *used != 0).map(|(window, used)| (window.start.0, *used)).collect()
        };
        prop_assert_eq!(used(&alone), used(&batched));
    }

    #[test]
    fn trap_13_a_key_that_is_used_again_is_answered_the_same_and_moves_nothing(
        steps in proptest::collection::vec(step(), 0..30),
        cost in 1..80i64,
    ) {
        let (_, mut stored) = play(&steps, Over::Balance, 3);
        let rules = Rules { now: Timestamp(stored.now), over: Over::Balance, alerts: &alerts() };
        let mut ask = |cost: i64| {
            let asked = stored.asked(&Move::Consume(cost), Some(99));
            let mut sheet = stored.sheet();
            let answer = sheet.decide(&account(), &asked, &rules);
            let made = sheet.close();
            let moved = made.balance.is_some() || !made.windows.is_empty() || !made.days.is_empty();
            assert_eq!(made.kept.len(), usize::from(moved), "answers that were kept before are not written again");
            stored.write(made);
            (answer, moved)
        };
        let (first, moved) = ask(cost);
        let (again, moved_again) = ask(cost);
        let (other, moved_by_other) = ask(cost + 1);
        if first.is_ok() {
            prop_assert_eq!(other, Err(Refused::KeyReused));
            prop_assert!(!moved_by_other);
        }
        prop_assert_eq!(moved, first.is_ok());
        match (first, again) {
            (Ok(Answer::Consumed(first)), Ok(Answer::Consumed(again))) => {
                prop_assert!(!moved_again && again.replayed && !first.replayed);
                prop_assert_eq!((first.tokens, first.left), (again.tokens, again.left));
            }
            (first, again) => prop_assert_eq!(&first, &again, "a refusal is not remembered, and comes again"),
        }
    }
}
