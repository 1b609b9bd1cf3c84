//! Clients that leave, and clients that would send people elsewhere.

use super::flaky_stripe::{Fault, FlakyStripe};
use super::support::{
    at, available, books_agree, list, order, overview, paid_now, shop, wait_for_subscription, wait_for_tokens,
};
use axum::http::Method;
use serde_json::{Value, json};
use std::time::Duration;
use testkit::{Client, Database};

testkit::on_both_databases!(
    trap_36_no_request_can_name_an_address_to_be_sent_to,
    trap_41_a_buyer_who_leaves_in_mid_request_has_the_tokens_once,
    trap_41_a_subscriber_who_leaves_in_mid_request_has_one_subscription,
);

async fn trap_36_no_request_can_name_an_address_to_be_sent_to(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    for field in ["success_url", "cancel_url", "return_url", "redirect_url"] {
        for path in ["subscribe/", "subscribe/preview/", "tokens/purchase/", "cancel/", "resume/"] {
            let mut body = match path {
                "tokens/purchase/" => json!({"package_slug": "starter"}),
                "cancel/" | "resume/" => json!({}),
                _ => paid_now("pro-learn", "pm_card_visa"),
            };
            body[field] = json!("https://evil.example/");
            let refused = member.post(&at(path), body).await.problem(422, "invalid_request");
            assert_eq!(refused["errors"][0]["field"], field, "{path}");
        }
    }
    let document = serde_json::to_value(server::openapi::document()).unwrap();
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        let fields = schema["properties"].as_object().into_iter().flatten().map(|(field, _)| field);
        let urls: Vec<_> = fields.filter(|field| field.contains("url")).collect();
        // What a caller sends has none: only our own answers name addresses.
        assert!(urls.is_empty() || !name.ends_with("Body"), "{name}: {urls:?}");
    }
}

/// Sends, and is gone before the answer.
async fn leave(member: &Client, path: &str, body: &Value, stripe: &FlakyStripe) {
    let request = member.request(Method::POST, &at(path)).json(body).timeout(Duration::from_secs(20));
    let sent = tokio::spawn(request.send());
    stripe.met(1).await;
    // Dropping the future closes the connection.
    sent.abort();
    assert!(sent.await.unwrap_err().is_cancelled());
    stripe.release();
    stripe.heal();
}

async fn trap_41_a_buyer_who_leaves_in_mid_request_has_the_tokens_once(database: Database) {
    let stripe = FlakyStripe::start().await;
    let app = stripe.shop(database).await;
    let member = app.register().await;
    stripe.set(Method::POST, "/v1/payment_intents", Fault::HoldAnswer);
    let body = json!({"package_slug": "starter", "payment_method_id": "pm_card_visa"});
    leave(&member.key("order"), "tokens/purchase/", &body, &stripe).await;
    wait_for_tokens(&member, 100_000).await;
    let again = async || {
        let reply = order(&member.key("order"), "starter", Some("pm_card_visa")).await;
        (reply.status == 201).then_some(reply)
    };
    let again = testkit::wait_until("the key has its answer", again).await;
    assert_eq!(again.body["purchase"]["status"], "completed");
    assert_eq!((available(&member).await, list(&app, "/v1/charges").await.len()), (100_000, 1));
    books_agree(&app).await;
}

async fn trap_41_a_subscriber_who_leaves_in_mid_request_has_one_subscription(database: Database) {
    let stripe = FlakyStripe::start().await;
    let app = stripe.shop(database).await;
    let member = app.register().await;
    stripe.set(Method::POST, "/v1/subscriptions", Fault::HoldAnswer);
    leave(&member, "subscribe/", &paid_now("pro-learn", "pm_card_visa"), &stripe).await;
    wait_for_subscription(&member, "status", json!("active")).await;
    let again = member.post(&at("subscribe/"), paid_now("pro-learn", "pm_card_visa")).await;
    again.problem(409, "already_subscribed");
    assert_eq!(overview(&member).await["tier"]["slug"], "pro-learn");
    assert_eq!(list(&app, "/v1/subscriptions?status=all").await.len(), 1);
}
