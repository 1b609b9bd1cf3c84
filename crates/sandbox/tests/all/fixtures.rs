//! The fixtures of Stripe's command line tool, all that concern billing: those that come to their event, and those that
//! do not, with the reason.

use futures_util::stream::{self, StreamExt};

use crate::harness::World;
use crate::oracles::{outcome, run, stripe_cli};

/// Fixtures that come to the event that they are named after.
#[rustfmt::skip]
const COME: &[&str] = &[
    "billing_portal.configuration.created", "billing_portal.configuration.updated", "billing_portal.session.created",
    "charge.captured", "charge.dispute.closed", "charge.dispute.created", "charge.dispute.updated", "charge.failed",
    "charge.refund.updated", "charge.refunded", "charge.succeeded", "checkout.session.completed",
    "checkout.session.expired", "coupon.created", "coupon.deleted", "coupon.updated", "customer.created",
    "customer.deleted", "customer.subscription.created", "customer.subscription.deleted",
    "customer.subscription.paused", "customer.subscription.trial_will_end", "customer.subscription.updated",
    "customer.updated", "invoice.created", "invoice.deleted", "invoice.finalized", "invoice.marked_uncollectible",
    "invoice.paid", "invoice.payment_action_required", "invoice.payment_failed", "invoice.payment_succeeded",
    "invoice.sent", "invoice.updated", "invoice.voided", "invoiceitem.created", "invoiceitem.deleted",
    "payment_intent.amount_capturable_updated", "payment_intent.canceled", "payment_intent.created",
    "payment_intent.payment_failed", "payment_intent.requires_action", "payment_intent.succeeded",
    "payment_method.attached", "payment_method.detached", "plan.created", "plan.deleted", "plan.updated",
    "price.created", "price.updated", "product.created", "product.deleted", "product.updated", "setup_intent.canceled",
    "setup_intent.created", "setup_intent.setup_failed", "setup_intent.succeeded", "test_helpers.test_clock.advancing",
    "test_helpers.test_clock.created", "test_helpers.test_clock.deleted", "test_helpers.test_clock.ready",
];

/// Fixtures that are named after no event, and the event that they come to.
const COME_TO: &[(&str, &str)] = &[
    ("subscription.payment_failed", "invoice.payment_failed"),
    ("subscription.payment_succeeded", "invoice.payment_succeeded"),
];

const CREDIT_NOTES: &str = "credit notes are not built";
const GONE: &str = "the fixture sends `coupon`, which this version of Stripe's does not take either";
const ITERATIONS: &str =
    "the fixture sends `iterations`, which this version of Stripe's does not take either";
const LINKS: &str = "payment links are not built";
const METERS: &str = "meters are not built";
const PAYOUTS: &str = "payouts are not built";
const QUOTES: &str = "quotes are not built";
const REDIRECTS: &str = "the fixture confirms without a return_url, which Stripe asks for since automatic payment methods \
                         are on by default";
const SEPA: &str = "there are cards only: no direct debits";
const SOURCES: &str = "cards are payment methods here, never sources";
const TAX: &str = "tax is not built";

/// Fixtures that do not come to their event, and why.
const DO_NOT_COME: &[(&str, &str)] = &[
    ("balance.available", "money becomes available without a word"),
    ("checkout.session.async_payment_failed", SEPA),
    ("checkout.session.async_payment_succeeded", SEPA),
    ("credit_note.created", CREDIT_NOTES),
    ("credit_note.updated", CREDIT_NOTES),
    ("credit_note.voided", CREDIT_NOTES),
    ("customer.discount.created", GONE),
    ("customer.discount.deleted", GONE),
    ("customer.discount.updated", GONE),
    ("customer.source.created", SOURCES),
    ("customer.source.updated", SOURCES),
    ("payment_intent.partially_funded", "there are cards only: no bank transfers"),
    ("payment_intent.processing", SEPA),
    ("payment_link.created", LINKS),
    ("payment_link.updated", LINKS),
    ("payment_method.updated", REDIRECTS),
    ("payout.created", PAYOUTS),
    ("payout.updated", PAYOUTS),
    ("promotion_code.created", GONE),
    ("promotion_code.updated", GONE),
    ("quote.accepted", QUOTES),
    ("quote.canceled", QUOTES),
    ("quote.created", QUOTES),
    ("quote.finalized", QUOTES),
    ("setup_intent.requires_action", REDIRECTS),
    (
        "subscription_schedule.aborted",
        "the fixture cancels the schedule, which is told as canceled; aborted is one whose subscription was not paid",
    ),
    ("subscription_schedule.canceled", ITERATIONS),
    ("subscription_schedule.completed", ITERATIONS),
    ("subscription_schedule.created", ITERATIONS),
    (
        "subscription_schedule.expiring",
        "the fixture's clock stops nine days before the end; it is told seven before",
    ),
    ("subscription_schedule.released", ITERATIONS),
    ("subscription_schedule.updated", ITERATIONS),
    ("tax_rate.created", TAX),
    ("tax_rate.updated", TAX),
    ("v1.billing.meter.error_report_triggered", METERS),
    ("v1.billing.meter.no_meter_found", METERS),
];

/// What the other fixtures are about: Connect, Identity, Issuing, Treasury, reports.
const ELSEWHERE: &[&str] = &[
    "account.",
    "cash_balance.",
    "customer_cash_balance_transaction.",
    "identity.",
    "issuing_",
    "reporting.",
    "topup.",
    "transfer.",
];

/// So many at once: each has an account of its own.
const AT_ONCE: usize = 4;

/// Runs a fixture; answers whether its event came, and what the tool said.
async fn trigger(world: &World, fixture: &str, event: &str) -> (bool, bool, String) {
    let home = tempfile::tempdir().unwrap();
    let account: String = fixture.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    let key = format!("sk_test_{account}");
    let mut command = stripe_cli(&["trigger", fixture, "--api-base", &world.base], home.path());
    command.env("STRIPE_API_KEY", &key);
    let (good, said) = outcome(command).await;
    let request = world.client.get(format!("{}/v1/events?type={event}", world.base)).bearer_auth(&key);
    let seen = world.call(request).await.body;
    (good, seen["data"].as_array().is_some_and(|events| !events.is_empty()), said)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_official_command_line_tool_comes_to_the_events_of_its_fixtures() {
    let world = World::start().await;
    let named = COME.iter().map(|event| (*event, *event));
    let results: Vec<_> = stream::iter(named.chain(COME_TO.iter().copied()))
        .map(|(fixture, event)| {
            let world = &world;
            async move { (fixture, trigger(world, fixture, event).await) }
        })
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    for (fixture, (good, came, said)) in results {
        assert!(good && came, "{fixture}:\n{said}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_official_command_line_tool_has_fixtures_that_cannot_come_to_their_event_here() {
    let world = World::start().await;
    let results: Vec<_> = stream::iter(DO_NOT_COME)
        .map(|(fixture, reason)| {
            let world = &world;
            async move { (fixture, reason, trigger(world, fixture, fixture).await) }
        })
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    for (fixture, reason, (_, came, said)) in results {
        assert!(!came, "{fixture} comes to its event now; no longer true: {reason}\n{said}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_official_command_line_tool_has_no_fixture_that_is_not_listed_here() {
    let home = tempfile::tempdir().unwrap();
    let said = run(stripe_cli(&["trigger", "--help"], home.path())).await;
    let listed = said.split("Supported events:").nth(1).and_then(|rest| rest.split("Usage:").next()).unwrap();
    let known = |fixture: &str| {
        COME.contains(&fixture)
            || COME_TO.iter().chain(DO_NOT_COME).any(|(known, _)| *known == fixture)
            || ELSEWHERE.iter().any(|prefix| fixture.starts_with(prefix))
    };
    let all: Vec<&str> = listed.split_whitespace().collect();
    assert!(all.len() > 100, "{said}");
    let unknown: Vec<_> = all.iter().filter(|fixture| !known(fixture)).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
    for fixture in COME.iter().chain(COME_TO.iter().chain(DO_NOT_COME).map(|(fixture, _)| fixture)) {
        assert!(all.contains(fixture), "there is no fixture {fixture}");
    }
}
