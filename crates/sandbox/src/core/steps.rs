//! Time in any steps ends where it ends in one, by the business clock and on test clocks.

use std::collections::HashMap;

use crate::core::value::Value;
use proptest::prelude::*;

use super::agenda::TEST_CLOCK;
use super::json::Json;
use super::state::Account;
use super::story::Story;

const START: i64 = 1_800_000_000;
const DAY: i64 = 86_400;

/// A subscription to begin with.
#[derive(Clone, Debug)]
struct Life {
    card: &'static str,
    interval: &'static str,
    count: i64,
    trial_days: i64,
    amount: i64,
    more: &'static str,
}

fn life() -> impl Strategy<Value = Life> {
    (
        prop::sample::select(vec![
            "pm_card_visa",
            "pm_card_chargeCustomerFail",
            "pm_card_authenticationRequired",
            "pm_card_pendingRefund",
        ]),
        prop::sample::select(vec![("day", 5), ("week", 1), ("month", 1), ("month", 3), ("year", 1)]),
        prop::sample::select(vec![0, 0, 1, 4, 14]),
        0..5000_i64,
        prop::sample::select(vec![
            "",
            "&payment_behavior=default_incomplete",
            "&cancel_at_period_end=true",
            "&trial_settings[end_behavior][missing_payment_method]=pause",
        ]),
    )
        .prop_map(|(card, (interval, count), trial_days, amount, more)| Life {
            card,
            interval,
            count,
            trial_days,
            amount,
            more,
        })
}

/// Begins these lives, on a test clock or not.
fn live(story: &mut Story, lives: &[Life], on_clock: &str) {
    story.post("products", "id=p&name=Pro");
    for life in lives {
        let card = life.card;
        let customer = story.post(
            "customers",
            &format!("payment_method={card}&invoice_settings[default_payment_method]={card}{on_clock}"),
        );
        let trial = match life.trial_days {
            0 => String::new(),
            days => format!("&trial_period_days={days}"),
        };
        let body = format!(
            "customer={}&items[0][price_data][product]=p&items[0][price_data][currency]=usd\
                 &items[0][price_data][unit_amount]={}&items[0][price_data][recurring][interval]={}\
                 &items[0][price_data][recurring][interval_count]={}{trial}{}",
            customer.id(),
            life.amount,
            life.interval,
            life.count,
            life.more
        );
        let made = story.post("subscriptions", &body);
        assert!(made.is("object", "subscription"), "{made}");
        story.later(0);
    }
}

/// Everything that is there, in the order in which it came.
fn everything(story: &Story) -> Vec<Value> {
    let all = story.state.accounts.values().flat_map(Account::all);
    let mut all: Vec<Value> = all.map(|object| (**object).clone()).collect();
    all.sort_by_key(|object| object.at("_seq").as_u64());
    all
}

/// The same without what tells how often a test clock was advanced: its events, the keys of the requests, and so all ids
/// and places.
fn everything_but_the_steps(story: &Story) -> Vec<String> {
    let mut names = HashMap::new();
    let told = |object: &Value| {
        object.is("object", "_key") || object.text("type").is_some_and(|kind| kind.starts_with(TEST_CLOCK))
    };
    let all = everything(story).into_iter().filter(|object| !told(object));
    all.map(|mut object| {
        object.set("_seq", Value::Null);
        rename(&mut object, &mut names);
        object.to_string()
    })
    .collect()
}

/// Numbers in place of what was drawn (ids, secrets, the network's numbers), in the order in which it is met.
fn rename(value: &mut Value, names: &mut HashMap<String, usize>) {
    match value {
        Value::Object(members) => {
            for network in ["authorization_code", "network_transaction_id"] {
                members.remove(network);
            }
            members.values_mut().for_each(|member| rename(member, names));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| rename(item, names)),
        Value::String(text) => *text = renamed(text, names).into(),
        _ => {}
    }
}

fn renamed(text: &str, names: &mut HashMap<String, usize>) -> String {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let words = text.split_inclusive(|c| !is_word(c)).map(|word| {
        let (word, rest) = word.split_at(word.find(|c| !is_word(c)).unwrap_or(word.len()));
        if word.len() <= 14 || word.bytes().all(|b| b.is_ascii_lowercase() || b == b'_') {
            return format!("{word}{rest}");
        }
        let next = names.len();
        let number = *names.entry(word.to_owned()).or_insert(next);
        format!("#{number}{rest}")
    });
    words.collect()
}

/// The first object in which two states differ: whole states are too long to be read.
fn difference<T: PartialEq + Clone>(one: &[T], other: &[T]) -> Option<(Option<T>, Option<T>)> {
    let at = (0..one.len().max(other.len())).find(|at| one.get(*at) != other.get(*at))?;
    Some((one.get(at).cloned(), other.get(at).cloned()))
}

/// The seconds of `total` in shares, cut at these thousandths and so that none is longer than `most`.
fn shares(total: i64, cuts: &[i64], most: i64) -> Vec<i64> {
    let mut at: Vec<i64> = cuts.iter().map(|cut| total * cut / 1000).collect();
    at.extend((1..).map(|number| number * most).take_while(|at| *at < total));
    at.push(total);
    at.sort_unstable();
    at.dedup();
    let mut last = 0;
    at.into_iter().map(|at| at - std::mem::replace(&mut last, at)).filter(|share| *share > 0).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn the_business_clock_in_any_steps_ends_in_the_same_state_as_in_one(
        lives in prop::collection::vec(life(), 1..4),
        total in 1..400 * DAY,
        cuts in prop::collection::vec(0..1000_i64, 0..12),
    ) {
        let play = |steps: &[i64]| {
            let mut story = Story::seeded(7, START);
            live(&mut story, &lives, "");
            for step in steps {
                story.later(*step);
            }
            let random = story.state.accounts["test"].random;
            (everything(&story), random)
        };
        let ((stepped, its_random), (whole, random)) = (play(&shares(total, &cuts, i64::MAX / 2)), play(&[total]));
        prop_assert_eq!(difference(&stepped, &whole), None);
        prop_assert_eq!(its_random, random);
    }

    #[test]
    fn a_test_clock_in_any_steps_ends_in_the_same_state_as_in_the_fewest(
        lives in prop::collection::vec(life(), 1..4),
        total in 1..200 * DAY,
        cuts in prop::collection::vec(0..1000_i64, 0..12),
    ) {
        // Two intervals of the shortest subscription: no clock goes further at once.
        let days = |life: &Life| match life.interval { "day" => 1, "week" => 7, "month" => 28, _ => 365 } * life.count;
        let most = 2 * DAY * lives.iter().map(days).min().unwrap_or(1);
        let play = |steps: &[i64]| {
            let mut story = Story::seeded(7, START);
            let frozen = START - 900 * DAY;
            let clock = story.post("test_helpers/test_clocks", &format!("frozen_time={frozen}"));
            let clock = clock.id();
            live(&mut story, &lives, &format!("&test_clock={clock}"));
            let mut time = frozen;
            for step in steps {
                time += step;
                let path = format!("test_helpers/test_clocks/{clock}/advance");
                let answer = story.post(&path, &format!("frozen_time={time}"));
                assert_eq!(answer["status"], "advancing", "{answer}");
                story.later(0);
                let account = &story.state.accounts["test"];
                assert_eq!(account.get(&clock).unwrap()["status"], "ready");
                assert_eq!(account.get(&clock).unwrap()["frozen_time"], time);
            }
            everything_but_the_steps(&story)
        };
        let (stepped, whole) = (play(&shares(total, &cuts, most)), play(&shares(total, &[], most)));
        prop_assert_eq!(difference(&stepped, &whole), None);
    }
}
