//! Events in any order, at the same time, and about the same thing: an event is only a trigger.

use super::flaky_stripe::{Fault, FlakyStripe};
use super::support::{
    at, available, books_agree, count, deliver, event, list, order, overview, paid_now, quarterly, settled,
    subscribe, wait_for_tokens,
};
use axum::http::Method;
use futures_util::future::join_all;
use serde_json::{Value, json};
use testkit::{App, Client, Database, wait_until};

testkit::on_both_databases!(
    trap_01_updated_before_created_believes_what_stripe_says_now,
    trap_02_parallel_deliveries_leave_what_stripe_says_now,
    trap_03_a_webhook_before_the_answer_of_the_call_makes_no_second_row,
    trap_06_one_payment_under_several_event_ids_grants_once,
    trap_07_concurrent_deliveries_of_one_payment_grant_once,
    trap_08_the_answer_and_the_webhook_grant_under_one_key,
    deleted_then_a_late_updated_stays_canceled,
    trap_01_six_concurrent_deliveries_of_a_hundred_payments_grant_each_once,
);

/// Every event of the type, oldest first.
async fn events(app: &App, kind: &str) -> Vec<Value> {
    let mut events = list(app, &format!("/v1/events?limit=100&type={kind}")).await;
    events.reverse();
    events
}

/// The same event, but what it carries is of long ago.
fn outdated(mut event: Value, id: &str, status: &str) -> Value {
    event["id"] = json!(id);
    event["data"]["object"]["status"] = json!(status);
    event
}

async fn subscriber(stripe: &FlakyStripe, database: Database) -> (App, Client, Value) {
    let app = stripe.quiet_shop(database).await;
    let member = app.register().await;
    let made = subscribe(&member, paid_now("pro-learn", "pm_card_visa")).await;
    (app, member, made)
}

async fn trap_01_updated_before_created_believes_what_stripe_says_now(database: Database) {
    let stripe = FlakyStripe::start().await;
    let (app, member, made) = subscriber(&stripe, database).await;
    let created = &events(&app, "customer.subscription.created").await[0];
    let mut updated = outdated(created.clone(), "evt_first", "incomplete");
    updated["type"] = json!("customer.subscription.updated");
    deliver(&app, &updated).await.expect(200);
    settled(&app).await;
    assert_eq!(overview(&member).await["subscription"]["status"], "active");
    deliver(&app, &outdated(created.clone(), "evt_second", "incomplete")).await.expect(200);
    settled(&app).await;
    let seen = overview(&member).await;
    assert_eq!((&seen["subscription"], &seen["tier"]["slug"]), (&made, &json!("pro-learn")));
    assert_eq!(count(&app, "SELECT COUNT(*) FROM user_subscriptions").await, 1);
}

async fn trap_02_parallel_deliveries_leave_what_stripe_says_now(database: Database) {
    let stripe = FlakyStripe::start().await;
    let (app, member, made) = subscriber(&stripe, database).await;
    let created = events(&app, "customer.subscription.created").await.remove(0);
    let id = made["stripe_subscription_id"].as_str().unwrap();
    let deliveries = (0..24).map(|number| {
        let status = ["incomplete", "active", "past_due", "canceled"][number % 4];
        let old = outdated(created.clone(), &format!("evt_{number}"), status);
        let app = &app;
        async move { deliver(app, &old).await.expect(200) }
    });
    let change = [("cancel_at_period_end", "true")];
    let path = format!("/v1/subscriptions/{id}");
    let at_stripe = app.stripe();
    let (_, changed) = tokio::join!(join_all(deliveries), at_stripe.post_form(&path, &change));
    changed.expect(200);
    deliver(&app, &outdated(created, "evt_last", "canceled")).await.expect(200);
    settled(&app).await;
    let seen = overview(&member).await;
    assert_eq!(seen["subscription"]["status"], "active");
    assert_eq!(seen["subscription"]["cancel_at"], made["current_period_end"]);
    assert_eq!(
        count(&app, "SELECT COUNT(*) FROM subscription_changes").await,
        2,
        "started, and the wish to end"
    );
}

async fn trap_03_a_webhook_before_the_answer_of_the_call_makes_no_second_row(database: Database) {
    let stripe = FlakyStripe::start().await;
    let app = stripe.shop(database).await;
    let member = app.register().await;
    stripe.set(Method::POST, "/v1/subscriptions", Fault::HoldAnswer);
    let calling = tokio::spawn({
        let member = member.clone();
        async move { member.post(&at("subscribe/"), quarterly("community-pro", "pm_card_visa")).await }
    });
    stripe.met(1).await;
    let arrived = async || {
        let sql = "SELECT COUNT(*) FROM stripe_events WHERE type = 'customer.subscription.created'";
        (count(&app, sql).await == 1).then_some(())
    };
    wait_until("its event is here before its answer", arrived).await;
    assert_eq!(overview(&member).await["subscription"], json!(null), "it waits for our own call");
    stripe.release();
    let answer = calling.await.unwrap().expect(201);
    assert_eq!(answer["subscription"]["status"], "trialing");
    settled(&app).await;
    assert_eq!(overview(&member).await["subscription"], answer["subscription"]);
    assert_eq!(count(&app, "SELECT COUNT(*) FROM user_subscriptions").await, 1);
    assert_eq!(count(&app, "SELECT COUNT(*) FROM subscription_changes").await, 1);
}

/// A purchase that the browser has paid, and nobody has told the application.
async fn paid_in_the_browser(app: &App, member: &Client) -> Value {
    let answer = order(member, "starter", None).await.expect(201);
    let intent = answer["purchase"]["stripe_payment_intent_id"].as_str().unwrap();
    let card = [("payment_method", "pm_card_visa"), ("return_url", "https://example.com/")];
    app.stripe().post_form(&format!("/v1/payment_intents/{intent}/confirm"), &card).await.expect(200)
}

async fn trap_06_one_payment_under_several_event_ids_grants_once(database: Database) {
    let stripe = FlakyStripe::start().await;
    let app = stripe.quiet_shop(database).await;
    let member = app.register().await;
    let intent = paid_in_the_browser(&app, &member).await;
    for number in 0..5 {
        let told = event(&format!("evt_{number}"), "payment_intent.succeeded", &intent);
        deliver(&app, &told).await.expect(200);
        settled(&app).await;
        assert_eq!(available(&member).await, 100_000);
    }
    assert_eq!(count(&app, "SELECT COUNT(*) FROM token_transactions").await, 1);
    books_agree(&app).await;
}

async fn trap_07_concurrent_deliveries_of_one_payment_grant_once(database: Database) {
    let stripe = FlakyStripe::start().await;
    let app = stripe.quiet_shop(database).await;
    let member = app.register().await;
    let intent = paid_in_the_browser(&app, &member).await;
    let deliveries = (0..32).map(|number| {
        let told = event(&format!("evt_{number}"), "payment_intent.succeeded", &intent);
        let app = &app;
        async move { deliver(app, &told).await.expect(200) }
    });
    join_all(deliveries).await;
    settled(&app).await;
    assert_eq!(available(&member).await, 100_000);
    assert_eq!(count(&app, "SELECT COUNT(*) FROM stripe_events WHERE state = 'processed'").await, 32);
    assert_eq!(count(&app, "SELECT COUNT(*) FROM token_transactions").await, 1);
}

async fn trap_08_the_answer_and_the_webhook_grant_under_one_key(database: Database) {
    let stripe = FlakyStripe::start().await;
    let app = stripe.quiet_shop(database).await;
    let member = app.register().await;
    // The answer of the call has granted already.
    let bought = order(&member, "starter", Some("pm_card_visa")).await.expect(201);
    assert_eq!(available(&member).await, 100_000);
    let succeeded = events(&app, "payment_intent.succeeded").await;
    deliver(&app, &succeeded[0]).await.expect(200);
    settled(&app).await;
    assert_eq!(available(&member).await, 100_000);
    let sources = "SELECT COUNT(*) FROM token_transactions t JOIN token_purchases p
         ON p.id = t.purchase_id AND p.stripe_payment_intent_id = t.source WHERE t.kind = 'purchase'";
    assert_eq!(count(&app, sources).await, 1, "{:#}", bought["purchase"]);
}

async fn deleted_then_a_late_updated_stays_canceled(database: Database) {
    let stripe = FlakyStripe::start().await;
    let (app, member, made) = subscriber(&stripe, database).await;
    let id = made["stripe_subscription_id"].as_str().unwrap();
    let canceled = app.stripe().delete(&format!("/v1/subscriptions/{id}")).await.expect(200);
    let deleted = &events(&app, "customer.subscription.deleted").await[0];
    deliver(&app, deleted).await.expect(200);
    settled(&app).await;
    assert_eq!(overview(&member).await["subscription"], json!(null));
    let late = event("evt_late", "customer.subscription.updated", &canceled);
    deliver(&app, &outdated(late, "evt_late", "active")).await.expect(200);
    settled(&app).await;
    let seen = overview(&member).await;
    assert_eq!((&seen["subscription"], &seen["tier"]["slug"]), (&json!(null), &json!("free")));
    let status = "SELECT COUNT(*) FROM user_subscriptions WHERE status = 'canceled' AND ended_at IS NOT NULL";
    assert_eq!(count(&app, status).await, 1);
}

async fn trap_01_six_concurrent_deliveries_of_a_hundred_payments_grant_each_once(database: Database) {
    let stripe = FlakyStripe::start().await;
    let app = stripe.quiet_shop(database).await;
    let members = join_all((0..10).map(|_| app.register())).await;
    join_all(members.iter().map(async |member| {
        for _ in 0..10 {
            paid_in_the_browser(&app, member).await;
        }
    }))
    .await;
    let paid = events(&app, "payment_intent.succeeded").await;
    assert_eq!(paid.len(), 100);
    let deliveries = (0..6).map(|_| join_all(paid.iter().map(|paid| deliver(&app, paid))));
    for reply in join_all(deliveries).await.into_iter().flatten() {
        reply.expect(200);
    }
    settled(&app).await;
    for member in &members {
        wait_for_tokens(member, 1_000_000).await;
    }
    assert_eq!(count(&app, "SELECT COUNT(*) FROM token_transactions").await, 100);
    assert_eq!(count(&app, "SELECT COUNT(*) FROM token_purchases WHERE status = 'completed'").await, 100);
    books_agree(&app).await;
}
