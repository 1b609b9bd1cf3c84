//! Trying again: when, after which pause, and what is said at the end. On paused time.

use crate::samples;
use crate::support::{Asked, FakeStripe, Reply, SECOND, failing, ok, payment_intent};
use serde_json::json;
use std::time::Duration;
use stripe::requests::Confirmation;
use stripe::{Error, Key, Request};
use tokio::time::Instant;

fn buying() -> Request {
    samples::new_payment_intent(Confirmation::Browser, false)
}

fn told(status: u16, headers: Vec<(&'static str, &'static str)>) -> Reply {
    Reply::Json(status, headers, json!({"error": {"type": "api_error"}}))
}

fn pauses(asked: &[Asked]) -> Vec<Duration> {
    asked.windows(2).map(|pair| pair[1].at - pair[0].at).collect()
}

#[tokio::test(start_paused = true)]
async fn a_failure_of_the_server_is_tried_again_with_growing_pauses() {
    let stripe = FakeStripe::saying([
        failing(500),
        failing(503),
        failing(409),
        ok(payment_intent("pi_1", "succeeded")),
    ]);
    stripe.gateway().send_create_payment_intent(&buying()).await.unwrap();
    let asked = stripe.asked();
    assert_eq!(pauses(&asked), [SECOND / 2, SECOND, SECOND * 2]);
    for one in &asked {
        assert_eq!(
            (one.body.as_str(), &one.headers["idempotency-key"]),
            (buying().body.as_str(), &"int_1:pi:1".parse().unwrap())
        );
    }
}

#[tokio::test(start_paused = true)]
async fn tries_are_bounded_and_the_end_is_unclear() {
    let stripe = FakeStripe::saying((0..9).map(|_| failing(500)));
    let error = stripe.gateway().send_create_payment_intent(&buying()).await.unwrap_err();
    assert_eq!(stripe.asked().len(), 4);
    assert!(error.is_unclear() && error.is_temporary());
    assert_eq!(error.request_id(), Some("req_bad"));
}

#[tokio::test(start_paused = true)]
async fn stripe_says_whether_to_try_again() {
    let stripe = FakeStripe::saying([told(500, vec![("stripe-should-retry", "false")])]);
    let error = stripe.gateway().send_create_payment_intent(&buying()).await.unwrap_err();
    assert_eq!((stripe.asked().len(), error.is_unclear()), (1, true), "a saved 500 stays unclear");

    let stripe = FakeStripe::saying([
        told(400, vec![("stripe-should-retry", "true")]),
        ok(payment_intent("pi_1", "succeeded")),
    ]);
    stripe.gateway().send_create_payment_intent(&buying()).await.unwrap();
    assert_eq!(stripe.asked().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn retry_after_is_waited_for() {
    let stripe = FakeStripe::saying([told(429, vec![("retry-after", "3")]), ok(json!({}))]);
    stripe.gateway().ping().await.unwrap();
    assert_eq!(pauses(&stripe.asked()), [SECOND * 3]);
}

#[tokio::test(start_paused = true)]
async fn a_retry_after_beyond_the_deadline_is_handed_to_the_caller_at_once() {
    let stripe = FakeStripe::saying([told(429, vec![("retry-after", "20")])]);
    let started = Instant::now();
    let error = stripe.gateway().ping().await.unwrap_err();
    assert!(matches!(error, Error::RateLimited { .. }));
    assert_eq!((error.retry_after(), started.elapsed()), (Some(SECOND * 20), Duration::ZERO));

    let stripe = FakeStripe::saying([told(429, vec![("retry-after", "20")]), ok(json!({}))]);
    stripe.gateway().for_workers().ping().await.unwrap();
    assert_eq!(stripe.asked().len(), 2, "a worker has the time");

    let stripe = FakeStripe::saying([told(429, vec![("retry-after", "90")])]);
    let error = stripe.gateway().for_workers().ping().await.unwrap_err();
    assert_eq!((stripe.asked().len(), error.retry_after()), (1, Some(SECOND * 90)), "and not that much");
}

#[tokio::test(start_paused = true)]
async fn a_refused_rate_without_a_word_is_not_tried_again_and_a_lock_is() {
    let stripe = FakeStripe::saying([told(429, vec![])]);
    assert!(matches!(stripe.gateway().ping().await, Err(Error::RateLimited { .. })));
    assert_eq!(stripe.asked().len(), 1);

    let locked =
        Reply::Json(429, vec![], json!({"error": {"code": "lock_timeout", "type": "invalid_request_error"}}));
    let stripe = FakeStripe::saying([locked, ok(json!({}))]);
    stripe.gateway().ping().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_person_waits_ten_seconds_and_a_worker_thirty() {
    let stripe = FakeStripe::saying((0..9).map(|_| Reply::Silence));
    let started = Instant::now();
    let error = stripe.gateway().send_create_payment_intent(&buying()).await.unwrap_err();
    assert_eq!(started.elapsed(), SECOND * 10);
    assert!(error.is_unclear());
    let started = Instant::now();
    let error = stripe.gateway().for_workers().send_create_payment_intent(&buying()).await.unwrap_err();
    assert_eq!(started.elapsed(), SECOND * 30);
    assert!(error.is_unclear());
}

#[tokio::test(start_paused = true)]
async fn a_refused_connection_did_nothing() {
    let stripe = FakeStripe::saying((0..4).map(|_| Reply::Refused));
    let error = stripe.gateway().send_create_payment_intent(&buying()).await.unwrap_err();
    assert!(matches!(error, Error::Unavailable { unclear: false, .. }), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn once_unclear_a_later_refusal_of_another_kind_does_not_make_it_clear() {
    let stripe = FakeStripe::saying([Reply::Lost, Reply::Refused, Reply::Refused, Reply::Refused]);
    assert!(stripe.gateway().send_create_payment_intent(&buying()).await.unwrap_err().is_unclear());

    let stripe = FakeStripe::saying([Reply::Lost, told(429, vec![])]);
    let error = stripe.gateway().send_create_payment_intent(&buying()).await.unwrap_err();
    assert!(matches!(error, Error::Unavailable { unclear: true, .. }), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn a_final_answer_after_an_unclear_try_is_the_answer() {
    let declined =
        Reply::Json(402, vec![], json!({"error": {"type": "card_error", "code": "card_declined"}}));
    let stripe = FakeStripe::saying([Reply::Lost, declined]);
    let error = stripe.gateway().send_create_payment_intent(&buying()).await.unwrap_err();
    assert!(matches!(error, Error::Declined { .. }), "the key replays the first answer: {error:?}");
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_to_a_get_is_never_unclear() {
    let stripe = FakeStripe::saying((0..4).map(|_| Reply::Lost));
    let error = stripe.gateway().ping().await.unwrap_err();
    assert!(matches!(error, Error::Unavailable { unclear: false, .. }), "{error:?}");
    assert_eq!(stripe.asked().len(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_not_tried_again() {
    for status in [400, 401, 402, 403, 404] {
        let stripe = FakeStripe::saying([failing(status)]);
        stripe.gateway().void_invoice(&"in_1".into(), &Key::of("k")).await.unwrap_err();
        assert_eq!(stripe.asked().len(), 1, "{status}");
    }
}
