//! Never more than Stripe allows, and the important first. On paused time.

use crate::support::{Asked, FakeStripe, Reply, SECOND, ok};
use futures_util::future::join_all;
use serde_json::json;
use stripe::{Error, Gateway, Limits, Priority, Retries};
use tokio::time::Instant;

fn gateway(stripe: &FakeStripe, per_second: u32, per_endpoint: u32) -> Gateway {
    let mut config = stripe.config();
    config.limits = Some(Limits { per_second, per_endpoint });
    config.retries = Retries { interactive: SECOND * 1000, workers: SECOND * 1000, ..Retries::default() };
    Gateway::new(config).unwrap()
}

/// The most requests in any window of one second.
fn busiest_second(asked: &[Asked]) -> usize {
    asked
        .iter()
        .map(|one| asked.iter().filter(|other| other.at >= one.at && other.at < one.at + SECOND).count())
        .max()
        .unwrap()
}

#[test]
fn the_limits_are_those_of_the_keys_kind() {
    assert_eq!(Limits::for_key("sk_live_1"), Limits::LIVE);
    assert_eq!(Limits::for_key("rk_live_1"), Limits::LIVE);
    assert_eq!(Limits::for_key("sk_test_1"), Limits::TEST);
}

#[tokio::test(start_paused = true)]
async fn no_second_holds_more_than_the_limit_and_the_limit_is_used() {
    let stripe = FakeStripe::default();
    let gateway = gateway(&stripe, 25, 25);
    let started = Instant::now();
    join_all((0..500).map(|_| gateway.ping())).await;
    let took = started.elapsed();
    assert!(busiest_second(&stripe.asked()) <= 25);
    assert!(took < SECOND * 28, "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn one_endpoint_has_a_limit_of_its_own_and_does_not_hold_up_the_others() {
    let stripe = FakeStripe::default();
    let gateway = gateway(&stripe, 100, 25);
    let busy = join_all((0..100).map(|_| gateway.ping()));
    let event = "evt_1".into();
    let other = async {
        // Behind the hundred in the queue, and of another endpoint.
        tokio::task::yield_now().await;
        let started = Instant::now();
        let _ = gateway.retrieve_event(&event).await;
        started.elapsed()
    };
    let (_, waited) = tokio::join!(busy, other);
    assert!(waited < SECOND, "{waited:?}");
    let asked = stripe.asked();
    let pings: Vec<Asked> = asked.into_iter().filter(|one| one.target == "/v1/balance").collect();
    assert!(busiest_second(&pings) <= 25);
}

#[tokio::test(start_paused = true)]
async fn people_go_before_events_and_events_before_reconciliation() {
    let stripe = FakeStripe::default();
    let gateway = gateway(&stripe, 10, 100);
    let call = |priority, id: &'static str| {
        let gateway = gateway.with_priority(priority);
        async move {
            let _ = gateway.retrieve_event(&id.into()).await;
        }
    };
    let mut calls: Vec<std::pin::Pin<Box<dyn Future<Output = ()>>>> = Vec::new();
    for _ in 0..10 {
        calls.push(Box::pin(call(Priority::Reconcile, "evt_reconcile")));
    }
    for _ in 0..10 {
        calls.push(Box::pin(call(Priority::Webhooks, "evt_webhook")));
    }
    for _ in 0..10 {
        calls.push(Box::pin(call(Priority::Interactive, "evt_person")));
    }
    join_all(calls).await;
    let order: Vec<String> =
        stripe.asked().into_iter().map(|one| one.target.replace("/v1/events/evt_", "")).collect();
    // Two of reconciliation were let go before anybody else came.
    let queued: Vec<&str> = order[2..].iter().map(String::as_str).collect();
    let mut expected = queued.clone();
    expected.sort_by_key(|name| ["person", "webhook", "reconcile"].iter().position(|one| one == name));
    assert_eq!(queued, expected);
}

#[tokio::test(start_paused = true)]
async fn a_turn_that_does_not_come_in_time_is_an_error_and_nothing_is_sent() {
    let stripe = FakeStripe::default();
    let mut config = stripe.config();
    config.limits = Some(Limits { per_second: 2, per_endpoint: 2 });
    let gateway = Gateway::new(config).unwrap();
    let results = join_all((0..40).map(|_| gateway.ping())).await;
    let refused = results.iter().filter(|result| matches!(result, Err(Error::RateLimited { .. }))).count();
    assert_eq!(refused + stripe.asked().len(), 40);
    assert!((8..=12).contains(&stripe.asked().len()), "about one a second for ten seconds");
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_goes_away_gives_its_turn_up() {
    let stripe = FakeStripe::default();
    let gateway = gateway(&stripe, 2, 2);
    gateway.ping().await.unwrap();
    for _ in 0..50 {
        let _ = tokio::time::timeout(SECOND / 1000, gateway.ping()).await;
    }
    let started = Instant::now();
    gateway.ping().await.unwrap();
    assert!(started.elapsed() <= SECOND * 2);
}

#[tokio::test(start_paused = true)]
async fn a_refused_rate_slows_everybody_down() {
    let refused = Reply::Json(
        429,
        vec![("retry-after", "2"), ("stripe-rate-limited-reason", "global-rate")],
        json!({"error": {"code": "rate_limit"}}),
    );
    let stripe = FakeStripe::saying([refused, ok(json!({})), ok(json!({}))]);
    let gateway = gateway(&stripe, 25, 25);
    let first = gateway.ping();
    let second = async {
        tokio::time::sleep(SECOND / 10).await;
        gateway.retrieve_customer(&"cus_1".into()).await
    };
    let (first, _) = tokio::join!(first, second);
    first.unwrap();
    let asked = stripe.asked();
    assert!(asked[1].at - asked[0].at >= SECOND * 2, "{asked:?}");
}

#[tokio::test(start_paused = true)]
async fn a_rest_saves_nothing_up_and_the_queue_moves_again_after_it() {
    let stripe = FakeStripe::default();
    let gateway = gateway(&stripe, 25, 25);
    join_all((0..60).map(|_| gateway.ping())).await;
    tokio::time::sleep(SECOND * 100).await;
    let started = Instant::now();
    join_all((0..60).map(|_| gateway.ping())).await;
    assert!(started.elapsed() < SECOND * 4, "{:?}", started.elapsed());
    assert!(busiest_second(&stripe.asked()) <= 25);
}

#[tokio::test(start_paused = true)]
async fn a_refused_rate_of_one_endpoint_slows_that_endpoint_down_and_a_lock_nothing() {
    for (reason, code, waits) in
        [("endpoint-rate", "rate_limit", true), ("global-rate", "lock_timeout", false)]
    {
        let headers = vec![("retry-after", "2"), ("stripe-rate-limited-reason", reason)];
        let refused = Reply::Json(429, headers, json!({"error": {"code": code}}));
        let stripe = FakeStripe::saying([refused]);
        let gateway = gateway(&stripe, 25, 25);
        let again = async {
            tokio::time::sleep(SECOND / 10).await;
            let _ = gateway.retrieve_event(&"evt_1".into()).await;
            gateway.ping().await.unwrap();
        };
        let _ = tokio::join!(gateway.ping(), again);
        let asked = stripe.asked();
        let after = |n: usize| asked[n].at - asked[0].at;
        assert_eq!(asked[1].target, "/v1/events/evt_1");
        assert!(after(1) < SECOND, "another endpoint goes on");
        assert_eq!(after(2) >= SECOND * 2, waits, "{reason} {code}: {:?}", after(2));
    }
}
