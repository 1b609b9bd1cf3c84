//! Over real HTTP: what arrives at the other end.

use crate::samples;
use crate::support::{payment_intent, subscription};
use secrecy::SecretString;
use serde_json::json;
use std::time::Duration;
use stripe::requests::{self, Confirmation, Created, Start};
use stripe::{Config, Error, Gateway, Key, Transport};
use wiremock::matchers::{body_string, header, method, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

fn gateway(address: &str) -> Gateway {
    let key = SecretString::from("sk_test_hidden");
    let mut config = Config::new(address, key, Transport::http().unwrap());
    config.retries.base = Duration::from_millis(1);
    Gateway::new(config).unwrap()
}

#[tokio::test]
async fn a_post_carries_key_version_authorization_and_the_stored_form() {
    let request = samples::new_subscription(Start::BrowserConfirms);
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path("/v1/subscriptions"))
        .and(header("authorization", "Bearer sk_test_hidden"))
        .and(header("stripe-version", "2026-05-27.dahlia"))
        .and(header("content-type", "application/x-www-form-urlencoded"))
        .and(header("idempotency-key", "int_1:sub:1"))
        .and(body_string(&request.body))
        .respond_with(ResponseTemplate::new(200).set_body_json(subscription("sub_1", "incomplete")))
        .expect(1)
        .mount(&server)
        .await;
    let made = gateway(&server.uri()).send_create_subscription(&request).await.unwrap();
    assert_eq!(made.subscription.id.as_str(), "sub_1");
}

#[tokio::test]
async fn the_parameters_of_a_get_and_of_a_delete_are_in_the_query() {
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .and(path("/v1/customers"))
        .and(query_param("created[gte]", "1700000000"))
        .and(query_param("limit", "100"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"data": [], "has_more": false})))
        .mount(&server)
        .await;
    Mock::given(method("DELETE"))
        .and(path("/v1/subscriptions/sub_1"))
        .and(query_param("invoice_now", "false"))
        .and(query_param("prorate", "false"))
        .respond_with(ResponseTemplate::new(200).set_body_json(subscription("sub_1", "canceled")))
        .mount(&server)
        .await;
    let gateway = gateway(&server.uri());
    let since = Created::since(domain::time::Timestamp::from_seconds(1_700_000_000));
    assert!(gateway.list_customers(since, None).await.unwrap().items.is_empty());
    assert!(!gateway.cancel_subscription_now(&"sub_1".into()).await.unwrap().status.is_live());
    for request in server.received_requests().await.unwrap() {
        assert!(request.body.is_empty());
        assert!(!request.headers.contains_key("idempotency-key"));
    }
}

#[tokio::test]
async fn every_try_of_a_failing_post_has_the_same_key_and_the_same_bytes() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .respond_with(ResponseTemplate::new(503))
        .up_to_n_times(2)
        .mount(&server)
        .await;
    Mock::given(method("POST"))
        .respond_with(ResponseTemplate::new(200).set_body_json(payment_intent("pi_1", "succeeded")))
        .mount(&server)
        .await;
    let request = samples::new_payment_intent(Confirmation::Browser, false);
    let paid = gateway(&server.uri()).send_create_payment_intent(&request).await.unwrap();
    assert_eq!(paid.id.as_str(), "pi_1");
    let tries = server.received_requests().await.unwrap();
    assert_eq!(tries.len(), 3);
    for one in tries {
        assert_eq!(one.body, request.body.as_bytes());
        assert_eq!(one.headers["idempotency-key"], "int_1:pi:1");
    }
}

#[tokio::test]
async fn a_slow_answer_is_unclear_for_a_post_and_plain_for_a_get() {
    let server = MockServer::start().await;
    let slow = ResponseTemplate::new(200).set_delay(Duration::from_secs(5)).set_body_json(json!({}));
    Mock::given(wiremock::matchers::any()).respond_with(slow).mount(&server).await;
    let key = SecretString::from("sk_test_hidden");
    let mut config = Config::new(server.uri(), key, Transport::http().unwrap());
    (config.timeout, config.retries.tries) = (Duration::from_millis(50), 1);
    let gateway = Gateway::new(config).unwrap();
    let post = gateway.void_invoice(&"in_1".into(), &Key::of("k")).await.unwrap_err();
    assert!(matches!(post, Error::Unavailable { unclear: true, .. }), "{post:?}");
    let get = gateway.ping().await.unwrap_err();
    assert!(matches!(get, Error::Unavailable { unclear: false, .. }), "{get:?}");
}

#[tokio::test]
async fn nobody_listening_means_nothing_was_done() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let request = requests::pay_invoice(&"in_1".into(), None, &Key::of("k"));
    let refused = gateway(&format!("http://{free}")).send_pay_invoice(&request).await.unwrap_err();
    assert!(matches!(refused, Error::Unavailable { unclear: false, .. }), "{refused:?}");
}

#[tokio::test]
async fn a_redirect_is_not_followed_with_our_key() {
    let (server, other) = (MockServer::start().await, MockServer::start().await);
    let redirect = ResponseTemplate::new(302).insert_header("location", other.uri());
    Mock::given(method("GET")).respond_with(redirect).mount(&server).await;
    let error = gateway(&server.uri()).ping().await.unwrap_err();
    assert!(matches!(error, Error::Invalid { status: 302, .. }), "{error:?}");
    assert!(other.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn an_axum_router_serves_as_stripe_in_this_process() {
    let router = axum::Router::new().route("/v1/balance", axum::routing::get(|| async { "{}" }));
    let key = SecretString::from("sk_test_x");
    let transport = Transport::in_process::<_, axum::body::Body, _>(router);
    let config = Config::new("http://stripe.test", key, transport);
    Gateway::new(config).unwrap().ping().await.unwrap();
}
