//! While Stripe is down nobody waits for it. On paused time.

use crate::support::{FakeStripe, Reply, SECOND, failing, ok};
use serde_json::json;
use std::time::Duration;
use stripe::{BreakerSettings, Error, Gateway, Limits};
use tokio::time::Instant;

fn gateway(stripe: &FakeStripe) -> Gateway {
    let mut config = stripe.config();
    config.retries.tries = 1;
    config.breaker = BreakerSettings { failures: 3, open_for: SECOND * 10 };
    Gateway::new(config).unwrap()
}

#[tokio::test(start_paused = true)]
async fn it_opens_after_repeated_failure_and_closes_when_stripe_is_back() {
    let stripe = FakeStripe::saying([failing(500), Reply::Refused, Reply::Silence, failing(502)]);
    let gateway = gateway(&stripe);
    for _ in 0..3 {
        gateway.ping().await.unwrap_err();
    }
    let started = Instant::now();
    let error = gateway.with_priority(stripe::Priority::Reconcile).ping().await.unwrap_err();
    assert!(matches!(error, Error::Unavailable { unclear: false, .. }));
    assert_eq!((error.retry_after(), started.elapsed()), (Some(SECOND * 10), Duration::ZERO));
    assert_eq!(stripe.asked().len(), 3, "nothing was sent");

    tokio::time::advance(SECOND * 10).await;
    gateway.ping().await.unwrap_err();
    assert_eq!(stripe.asked().len(), 4, "one tried");
    gateway.ping().await.unwrap_err();
    assert_eq!(stripe.asked().len(), 4, "and it is open again");

    tokio::time::advance(SECOND * 10).await;
    gateway.ping().await.unwrap();
    gateway.ping().await.unwrap();
    assert_eq!(stripe.asked().len(), 6);
}

#[tokio::test(start_paused = true)]
async fn refusals_are_answers_and_open_nothing() {
    let stripe = FakeStripe::saying((0..10).map(|_| failing(404)));
    let gateway = gateway(&stripe);
    for _ in 0..10 {
        assert!(matches!(gateway.ping().await, Err(Error::NotFound { .. })));
    }
}

#[tokio::test(start_paused = true)]
async fn one_success_in_between_begins_the_count_anew() {
    let reply = |n: i32| if n % 3 == 2 { ok(json!({})) } else { failing(500) };
    let stripe = FakeStripe::saying((0..30).map(reply));
    let gateway = gateway(&stripe);
    for _ in 0..30 {
        let _ = gateway.ping().await;
    }
    assert_eq!(stripe.asked().len(), 30);
}

#[tokio::test(start_paused = true)]
async fn it_can_be_switched_off() {
    let stripe = FakeStripe::saying((0..30).map(|_| failing(500)));
    let mut config = stripe.config();
    (config.retries.tries, config.breaker.failures) = (1, 0);
    let gateway = Gateway::new(config).unwrap();
    for _ in 0..30 {
        gateway.ping().await.unwrap_err();
    }
    assert_eq!(stripe.asked().len(), 30);
}

#[tokio::test(start_paused = true)]
async fn while_it_is_open_nobody_waits_for_a_turn_either() {
    let stripe = FakeStripe::saying([failing(500)]);
    let mut config = stripe.config();
    (config.retries.tries, config.breaker.failures) = (1, 1);
    config.limits = Some(Limits { per_second: 1, per_endpoint: 1 });
    let gateway = Gateway::new(config).unwrap();
    gateway.ping().await.unwrap_err();
    let started = Instant::now();
    gateway.ping().await.unwrap_err();
    assert_eq!(started.elapsed(), Duration::ZERO);
}
