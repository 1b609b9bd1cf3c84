//! `apply(state, command, now) -> changes`: one request, or the next thing that is due.

use crate::core::value::Value;

use super::change::Changes;
use super::error::{ApiError, Result};
use super::idempotency::{self, Known};
use super::routes::Route;
use super::state::{Account, State};
use super::work::{Asked, Work};
use super::{expand, render, routes};
use crate::life;
use crate::params::args::Args;
use crate::params::{form, shape};

/// A request to Stripe's API, as it came.
#[derive(Clone, Debug, Default)]
pub(crate) struct Command {
    /// The account: what follows `sk_test_` in the key.
    pub(crate) account: String,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) body: String,
    pub(crate) request_id: String,
    pub(crate) idempotency_key: Option<String>,
    pub(crate) publishable: bool,
    /// The sandbox's own address as the request reached it: `http://HOST`.
    pub(crate) address: String,
}

/// When a command happens.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    /// Business time in seconds since the Unix epoch.
    pub(crate) now: i64,
    /// Wall time in milliseconds since the Unix epoch.
    pub(crate) wall_ms: i64,
}

/// What is answered to a command.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
    pub(crate) began: bool,
    pub(crate) original_request: Option<String>,
    pub(crate) replayed: bool,
}

/// A request as it was read: what needs no state, and so nobody has to wait for.
#[derive(Debug)]
pub(crate) struct Prepared {
    route: &'static Route,
    args: Args,
}

/// Reads a request.
///
/// # Errors
/// For an unknown address, or parameters that its endpoint does not take.
pub(crate) fn prepare(command: &Command) -> Result<Prepared> {
    let (route, ids) = routes::find(&command.method, &command.path, command.publishable)?;
    // GET and DELETE carry their parameters in the query string; a body there is read as well.
    let mut tree = form::decode(&command.query)?;
    tree.extend(form::decode(&command.body)?);
    let secret = command.publishable.then(|| tree.remove("key")).flatten();
    drop(secret);
    let params = shape::check(route.shape, &tree)?;
    Ok(Prepared { route, args: Args { ids, params, publishable: command.publishable } })
}

/// Applies a request that was prepared. Pure: the state is only read; same state, command and moment, same result.
pub(crate) fn apply(
    state: &State,
    command: &Command,
    prepared: Result<Prepared>,
    at: Moment,
) -> (Changes, Answer) {
    let fresh;
    let account = if let Some(account) = state.accounts.get(&command.account) {
        account
    } else {
        fresh = state.fresh_account(&command.account);
        &fresh
    };
    let key = command.idempotency_key.as_deref().filter(|_| command.method == "POST");
    let asked = Asked {
        request_id: Some(command.request_id.clone()),
        idempotency_key: key.map(str::to_owned),
        address: command.address.clone(),
    };
    let mut work = Work::new(account, at.now, at.wall_ms, asked);
    if let Some(key) = key {
        match idempotency::look_up(&work, command, key) {
            Known::New => {}
            Known::Replay(answer) => return (Changes::default(), answer),
            Known::Refused(error) => return (Changes::default(), refused(&error, command, at)),
        }
    }
    let answer = match prepared.and_then(|prepared| handle(&mut work, &prepared)) {
        Ok(body) => Answer {
            status: 200,
            body,
            began: true,
            original_request: Some(command.request_id.clone()),
            replayed: false,
        },
        Err(error) => {
            if !error.keep_changes {
                // Work that was refused leaves nothing behind, not even a drawn id.
                let asked = work.asked.clone();
                work = Work::new(account, at.now, at.wall_ms, asked);
            }
            refused(&error, command, at)
        }
    };
    if let (Some(key), true) = (key, answer.began) {
        idempotency::save(&mut work, command, key, &answer);
    }
    (work.into_changes(), answer)
}

fn refused(error: &ApiError, command: &Command, at: Moment) -> Answer {
    Answer {
        status: error.status,
        body: error.render(&command.request_id, at.now),
        began: error.began,
        original_request: Some(command.request_id.clone()),
        replayed: false,
    }
}

fn handle(work: &mut Work<'_>, Prepared { route, args }: &Prepared) -> Result<Value> {
    enter_time(work, args);
    let answer = (route.handler)(work, args);
    let mut body = render::public(&answer?);
    expand::expand(work, &mut body, &args.expand())?;
    Ok(body)
}

/// Parameters that name an object whose time a request happens in.
const NAMES: &[&str] = &[
    "customer",
    "subscription",
    "invoice",
    "schedule",
    "from_subscription",
    "payment_intent",
    "charge",
    "payment_method",
    "test_clock",
];

/// A request about something that lives on a test clock happens in that clock's time.
fn enter_time(work: &mut Work<'_>, args: &Args) {
    let named = NAMES.iter().filter_map(|name| args.text(name));
    for id in args.ids.iter().map(String::as_str).chain(named) {
        if work.enter_time_of(id) {
            return;
        }
    }
}

/// Does what is due first for an object, at its own time.
pub(crate) fn fall_due(account: &Account, id: &str, at: Moment) -> Changes {
    let mut work = Work::new(account, at.now, at.wall_ms, Asked::default());
    work.enter_clock_of(id);
    life::fall_due(&mut work, id);
    work.into_changes()
}

#[cfg(test)]
mod tests {
    use super::super::story::Story;
    use super::*;
    use proptest::prelude::*;

    /// One step of a story: a request, or time that passes (seconds).
    #[derive(Clone, Debug)]
    enum Step {
        Post(&'static str, String),
        Later(i64),
    }

    /// Some of the coupons that every story begins with.
    fn discounts() -> impl Strategy<Value = String> {
        let names = prop::sample::subsequence(vec!["third", "once", "months"], 0..=3).prop_shuffle();
        (names, any::<bool>()).prop_map(|(names, of_item)| {
            let owner = if of_item { "items[0][discounts]" } else { "discounts" };
            let entries = names.iter().enumerate();
            entries.fold(String::new(), |all, (i, name)| format!("{all}&{owner}[{i}][coupon]={name}"))
        })
    }

    fn step() -> impl Strategy<Value = Step> {
        let card = prop::sample::select(vec![
            "pm_card_visa",
            "pm_card_chargeCustomerFail",
            "pm_card_authenticationRequired",
            "pm_card_chargeDeclined",
            "nonsense",
        ]);
        prop_oneof![
            (any::<u8>(), card.clone()).prop_map(|(name, card)| {
                let body =
                    format!("name=n{name}&payment_method={card}&invoice_settings[default_payment_method]={card}");
                Step::Post("customers", body)
            }),
            (any::<prop::sample::Index>(), 1..3_u8, discounts()).prop_map(|(who, count, discounts)| {
                let body = format!(
                    "customer=@{}&items[0][price_data][product]=p&items[0][price_data][currency]=usd\
                     &items[0][price_data][unit_amount]=2000&items[0][price_data][recurring][interval]=month\
                     &items[0][price_data][recurring][interval_count]={count}{discounts}",
                    who.index(1000)
                );
                Step::Post("subscriptions", body)
            }),
            (1..9999_u32, card).prop_map(|(amount, card)| {
                let body = format!(
                    "amount={amount}&currency=usd&payment_method={card}&confirm=true&return_url=https://example.com"
                );
                Step::Post("payment_intents", body)
            }),
            (0..40_i64 * 86_400).prop_map(Step::Later),
        ]
    }

    /// Plays the steps; answers everything that was answered, and the state as text.
    fn play(steps: &[Step], seed: u64) -> (Vec<String>, Vec<String>) {
        let mut story = Story::seeded(seed, 1_800_000_000);
        let (mut answers, mut customers) = (Vec::new(), Vec::<String>::new());
        story.post("products", "id=p&name=Pro");
        story.post("coupons", "id=third&percent_off=33.33&duration=forever");
        story.post("coupons", "id=once&amount_off=1999&currency=usd");
        story.post("coupons", "id=months&percent_off=55&duration=repeating&duration_in_months=2");
        for step in steps {
            match step {
                Step::Later(seconds) => story.later(*seconds),
                Step::Post(path, body) => {
                    let who = body.split(['@', '&']).nth(1).and_then(|index| index.parse::<usize>().ok());
                    let body = match who {
                        Some(index) if !customers.is_empty() => {
                            body.replace(&format!("@{index}"), &customers[index % customers.len()])
                        }
                        _ => body.clone(),
                    };
                    let (status, answer) = story.ask("POST", path, &body);
                    if *path == "customers" && status == 200 {
                        customers.push(answer["id"].as_str().unwrap().to_owned());
                    }
                    assert!(status < 500);
                    answers.push(answer.to_string());
                }
            }
        }
        let mut objects: Vec<String> = story.objects().into_iter().map(ToString::to_string).collect();
        objects.sort();
        (answers, objects)
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]
        #[test]
        fn the_same_seed_and_commands_give_the_same_answers_and_state(
            steps in prop::collection::vec(step(), 0..14), seed in any::<u64>()
        ) {
            prop_assert_eq!(play(&steps, seed), play(&steps, seed));
        }

        #[test]
        fn an_invoice_is_the_sum_of_its_lines_less_discounts_and_a_paid_one_was_paid_once(
            steps in prop::collection::vec(step(), 0..20)
        ) {
            let (_, objects) = play(&steps, 1);
            let objects: Vec<Value> = objects.iter().map(|text| serde_json::from_str(text).unwrap()).collect();
            for invoice in objects.iter().filter(|object| object["object"] == "invoice") {
                let lines = invoice["lines"]["data"].as_array().unwrap();
                let amounts = |list: &Value| -> i64 {
                    list.as_array().unwrap().iter().map(|one| one["amount"].as_i64().unwrap()).sum()
                };
                let sum = amounts(&invoice["lines"]["data"]);
                let off: i64 = lines.iter().map(|line| amounts(&line["discount_amounts"])).sum();
                prop_assert_eq!(invoice["total"].as_i64(), Some(sum - off));
                prop_assert_eq!(amounts(&invoice["total_discount_amounts"]), off);
                prop_assert_eq!(amounts(&invoice["total_pretax_credit_amounts"]), off);
                prop_assert!((0..=sum).contains(&off));
                let paid: i64 = objects
                    .iter()
                    .filter(|charge| charge["object"] == "charge" && charge["paid"] == true)
                    .filter(|charge| charge["payment_intent"] == invoice["_pi"] && invoice["_pi"].is_string())
                    .map(|charge| charge["amount_captured"].as_i64().unwrap())
                    .sum();
                prop_assert_eq!(invoice["amount_paid"].as_i64(), Some(paid));
            }
        }
    }
}
