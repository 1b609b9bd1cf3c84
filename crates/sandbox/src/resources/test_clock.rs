//! Test clocks: customers, and what is theirs, that live in a time of their own.
//!
//! `core::apply` takes a request to the time of the clock that its objects live on, `core::agenda` knows what is due there.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::core::value::{Value, json};

use super::shapes::NONE;
use super::{customer, subscription};
use crate::core::agenda::TEST_CLOCK;
use crate::core::error::{ApiError, Result};
use crate::core::json::Json;
use crate::core::list::{AFTER, BEFORE, LIMIT, list};
use crate::core::routes::{Route, route};
use crate::core::work::{Work, is_shared};
use crate::life::calendar::next_period_end;
use crate::params::args::Args;
use crate::params::shape::{Kind, Shape};

pub(crate) const ROUTES: &[Route] = &[
    route("POST", "test_helpers/test_clocks", CREATE, create),
    route("GET", "test_helpers/test_clocks", LIST, all),
    route("GET", "test_helpers/test_clocks/*", NONE, retrieve),
    route("DELETE", "test_helpers/test_clocks/*", NONE, delete),
    route("POST", "test_helpers/test_clocks/*/advance", ADVANCE, advance),
];

const CREATE: Shape = &[("customer", Kind::Text), ("frozen_time", Kind::Time(&[])), ("name", Kind::Text)];
const ADVANCE: Shape = &[("frozen_time", Kind::Time(&[]))];
const LIST: Shape = &[AFTER, BEFORE, LIMIT];

const DAY: i64 = 86_400;
/// Seen in an answer of the real Stripe (stripe-python#789): `deletes_after` is 30 days after `created`.
const KEPT: i64 = 30 * DAY;
/// The end of the year 9999: no clock goes further.
const FARTHEST: i64 = 253_402_300_799;
/// Of customers on a clock, and of subscriptions of one of them ([doc] test clocks: limits; the words are the sandbox's).
const MOST: usize = 3;

fn create(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let frozen = moment(args)?;
    let joining = match args.text("customer") {
        Some(named) => Some(may_join(work, named, frozen)?),
        None => None,
    };
    let id = format!("clock_1{}", work.random.text(23));
    let (created, deletes_after) = (work.now, work.now + KEPT);
    work.create(json!({
        "id": id,
        "object": TEST_CLOCK,
        "created": created,
        "deletes_after": deletes_after,
        "frozen_time": frozen,
        "livemode": false,
        "name": args.text("name"),
        "status": "ready",
        "status_details": {},
        "_due": deletes_after,
    }));
    work.tell("test_helpers.test_clock.created", &id);
    if let Some(customer) = joining {
        join(work, &id, &customer);
    }
    Ok((*work.see(&id)).clone())
}

fn moment(args: &Args) -> Result<i64> {
    let at = args.need_int("frozen_time")?;
    if (0..=FARTHEST).contains(&at) {
        return Ok(at);
    }
    Err(ApiError::invalid("Invalid timestamp: can be no more than the year 9999.").param("frozen_time"))
}

fn retrieve(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    Ok((*work.path(TEST_CLOCK, args.id())?).clone())
}

fn all(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    list(work, args, TEST_CLOCK, "/v1/test_helpers/test_clocks", None, |_| true)
}

/// Answers at once; what is due on the way happens next, each thing at its own time, and then the clock is ready.
fn advance(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let clock = work.path(TEST_CLOCK, args.id())?;
    let target = moment(args)?;
    if target <= clock.num("frozen_time") {
        let message = "The frozen_time must be after the test clock's current frozen_time.";
        return Err(ApiError::invalid(message).param("frozen_time"));
    }
    let (farthest, message) = farthest(work, &clock);
    if target > farthest {
        return Err(ApiError::invalid(message).param("frozen_time"));
    }
    let id = clock.id();
    work.edit(&id, |clock| {
        clock.set("status", "advancing");
        clock.set("status_details", json!({ "advancing": { "target_frozen_time": target } }));
    });
    work.tell("test_helpers.test_clock.advancing", &id);
    Ok((*work.see(&id)).clone())
}

/// How far a clock may go at once, and what is said of going further ([spec]).
fn farthest(work: &Work<'_>, clock: &Value) -> (i64, &'static str) {
    let from = clock.num("frozen_time");
    let two_of = |price: &Value| next_period_end(from, next_period_end(from, from, price), price);
    let live = work.matching("subscription", "_clock", &clock.id());
    let shortest = live
        .iter()
        .filter(|subscription| subscription::is_live(subscription))
        .flat_map(|subscription| subscription.list("items.data"))
        .map(|item| two_of(item.at("price")))
        .min();
    let two_years = json!({ "recurring": { "interval": "year", "interval_count": 1 } });
    match shortest {
        Some(farthest) => (
            farthest,
            "The frozen_time cannot be more than two intervals in the future from the shortest subscription in this \
             test clock.",
        ),
        None => (two_of(&two_years), "The frozen_time cannot be more than two years in the future."),
    }
}

fn delete(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let id = work.path(TEST_CLOCK, args.id())?.id();
    remove(work, &id);
    Ok(json!({ "id": id, "object": TEST_CLOCK, "deleted": true }))
}

/// A clock goes, and its customers with it: their subscriptions are canceled.
fn remove(work: &mut Work<'_>, id: &str) {
    for customer in work.matching("customer", "_clock", id) {
        customer::erase(work, &customer.id());
    }
    work.tell("test_helpers.test_clock.deleted", id);
    work.remove(id);
}

/// A clock on its way has arrived, or one has been there for long enough.
pub(crate) fn fall_due(work: &mut Work<'_>, id: &str) {
    if !work.see(id).is("status", "advancing") {
        work.enter_time_of(id);
        remove(work, id);
        return;
    }
    let arrived = work.now;
    work.edit(id, |clock| {
        clock.set("frozen_time", arrived);
        clock.set("status", "ready");
        clock.set("status_details", json!({}));
    });
    work.tell("test_helpers.test_clock.ready", id);
}

/// Whether a new customer may live on the clock that is asked for.
pub(crate) fn admit_customer(work: &Work<'_>, args: &Args) -> Result<()> {
    let Some(named) = args.text("test_clock") else { return Ok(()) };
    let clock = work.named(TEST_CLOCK, named, "test_clock")?;
    if work.matching("customer", "_clock", &clock.id()).len() < MOST {
        return Ok(());
    }
    let message = "Cannot add customer to a test clock that has already reached its customer limit.";
    Err(ApiError::invalid(message).param("test_clock"))
}

/// Whether a customer, if on a clock, may have one more subscription.
pub(crate) fn admit_subscription(work: &Work<'_>, customer: &Value) -> Result<()> {
    if !customer.has("test_clock") || live_subscriptions(work, &customer.id()) < MOST {
        return Ok(());
    }
    let message = "A customer on a test clock can have at most 3 subscriptions.";
    Err(ApiError::invalid(message).param("customer"))
}

fn live_subscriptions(work: &Work<'_>, customer: &str) -> usize {
    let all = work.matching("subscription", "customer", customer);
    all.iter().filter(|subscription| subscription::is_live(subscription)).count()
}

/// A list's `test_clock` must name a clock.
pub(crate) fn check_filter(work: &Work<'_>, args: &Args) -> Result<()> {
    match args.text("test_clock") {
        Some(named) => work.named(TEST_CLOCK, named, "test_clock").map(|_| ()),
        None => Ok(()),
    }
}

/// Whether a list shows an object: those on clocks only by `test_clock`, or by `customer` ([spec]).
pub(crate) fn lists(args: &Args, object: &Value) -> bool {
    match args.text("test_clock") {
        Some(clock) => object.is("test_clock", clock),
        None => args.sent("customer") || !object.has("test_clock"),
    }
}

/// A customer that exists and may be put on a new clock.
fn may_join(work: &Work<'_>, named: &str, frozen: i64) -> Result<String> {
    let customer = work.named("customer", named, "customer")?;
    let refuse = |message: &str, param: &str| Err(ApiError::invalid(message).param(param));
    if customer.has("test_clock") {
        return refuse("This customer is already attached to a test clock.", "customer");
    }
    if live_subscriptions(work, named) > MOST {
        return refuse("A customer on a test clock can have at most 3 subscriptions.", "customer");
    }
    if frozen < work.now {
        return refuse("The time of a customer that exists can only go forward.", "frozen_time");
    }
    Ok(customer.id())
}

/// Members by which what belongs to a customer names it, or something else of the same customer.
const OWNERS: &[&str] =
    &["customer", "invoice", "subscription", "charge", "payment_intent", "setup_intent", "source"];

/// Puts a customer that exists, and all that is its own, on a clock.
fn join(work: &mut Work<'_>, clock: &str, customer: &str) {
    let mut own = BTreeSet::from([customer.to_owned()]);
    loop {
        let belongs = |object: &&Arc<Value>| {
            !is_shared(object.text("object").unwrap_or_default())
                && OWNERS.iter().any(|name| object.text(name).is_some_and(|id| own.contains(id)))
        };
        let found: BTreeSet<String> = work.account.all().filter(belongs).map(|object| object.id()).collect();
        let before = own.len();
        own.extend(found);
        if own.len() == before {
            break;
        }
    }
    work.enter_time_of(clock);
    for id in own {
        work.edit(&id, |object| {
            object.set("_clock", clock);
            if object.get("test_clock").is_some() {
                object.set("test_clock", clock);
            }
        });
        let event = match work.see(&id).text("object") {
            Some("customer") => "customer.updated",
            Some("invoice") => "invoice.updated",
            Some("subscription") => "customer.subscription.updated",
            Some("subscription_schedule") => "subscription_schedule.updated",
            _ => continue,
        };
        work.tell_if_changed(event, &id);
    }
}
