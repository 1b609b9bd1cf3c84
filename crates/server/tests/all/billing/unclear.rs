//! Calls whose answer is lost: the person sees an error, and what Stripe did all the same neither charges them
//! twice nor surprises them.

use super::flaky_stripe::{Fault, FlakyStripe};
use super::support::{at, available, books_agree, list, order, overview, paid_now, settled, wait_for_tokens};
use axum::http::Method;
use serde_json::json;
use testkit::{App, Client, Database, wait_until};

testkit::on_both_databases!(
    a_purchase_whose_answer_was_lost_is_finished_under_its_key_with_one_charge,
    a_purchase_that_nobody_finishes_is_refunded_after_ten_minutes,
    a_subscription_whose_answer_was_lost_is_finished_under_its_key_with_one_payment,
    a_subscription_that_nobody_finishes_is_ended_and_refunded_after_ten_minutes,
    while_stripe_is_down_nothing_is_sold_and_everything_else_goes_on,
    trap_35_no_transaction_is_open_while_stripe_is_asked,
);

const TEN_MINUTES: i64 = 601;

/// A member whose purchase Stripe has made and charged, and who saw an error.
async fn lost_purchase(stripe: &FlakyStripe, database: Database) -> (App, Client) {
    let app = stripe.shop(database).await;
    let member = app.register().await;
    stripe.set(Method::POST, "/v1/payment_intents", Fault::LoseAnswer);
    let unclear = order(&member.key("mine"), "starter", Some("pm_card_visa")).await;
    unclear.problem(503, "stripe_unavailable");
    let another = order(&member.key("another"), "starter", Some("pm_card_visa")).await;
    another.problem(409, "idempotency_key_in_use");
    assert_eq!(available(&member).await, 0, "nothing is granted while it is unclear");
    stripe.heal();
    (app, member)
}

async fn a_purchase_whose_answer_was_lost_is_finished_under_its_key_with_one_charge(database: Database) {
    let stripe = FlakyStripe::start().await;
    let (app, member) = lost_purchase(&stripe, database).await;
    let finished = order(&member.key("mine"), "starter", Some("pm_card_visa")).await.expect(201);
    assert_eq!(finished["purchase"]["status"], "completed");
    let again = order(&member.key("mine"), "starter", Some("pm_card_visa")).await;
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(available(&member).await, 100_000);
    settled(&app).await;
    assert_eq!(list(&app, "/v1/charges").await.len(), 1);
    assert_eq!(available(&member).await, 100_000);
    books_agree(&app).await;
}

async fn a_purchase_that_nobody_finishes_is_refunded_after_ten_minutes(database: Database) {
    let stripe = FlakyStripe::start().await;
    let (app, member) = lost_purchase(&stripe, database).await;
    app.advance(TEN_MINUTES).await;
    let refunded = async || {
        let refunds = list(&app, "/v1/refunds").await;
        (!refunds.is_empty()).then_some(refunds)
    };
    let refunds = wait_until("it is refunded", refunded).await;
    assert_eq!((refunds.len(), &refunds[0]["amount"]), (1, &json!(500)));
    settled(&app).await;
    assert_eq!(available(&member).await, 0);
    // The key has had its chance; a new one buys.
    let late = order(&member.key("mine"), "starter", Some("pm_card_visa")).await.expect(201);
    assert_eq!(late["purchase"]["status"], "canceled");
    order(&member.key("another"), "starter", Some("pm_card_visa")).await.expect(201);
    wait_for_tokens(&member, 100_000).await;
    assert_eq!(list(&app, "/v1/charges").await.len(), 2);
    books_agree(&app).await;
}

async fn lost_subscription(stripe: &FlakyStripe, database: Database) -> (App, Client) {
    let app = stripe.shop(database).await;
    let member = app.register().await;
    stripe.set(Method::POST, "/v1/subscriptions", Fault::LoseAnswer);
    let wish = paid_now("pro-learn", "pm_card_visa");
    let unclear = member.key("mine").post(&at("subscribe/"), wish.clone()).await;
    unclear.problem(503, "stripe_unavailable");
    let another = member.key("another").post(&at("subscribe/"), wish).await;
    another.problem(409, "idempotency_key_in_use");
    assert_eq!(overview(&member).await["tier"]["slug"], "free");
    stripe.heal();
    (app, member)
}

async fn a_subscription_whose_answer_was_lost_is_finished_under_its_key_with_one_payment(database: Database) {
    let stripe = FlakyStripe::start().await;
    let (app, member) = lost_subscription(&stripe, database).await;
    let wish = paid_now("pro-learn", "pm_card_visa");
    let finished = member.key("mine").post(&at("subscribe/"), wish).await.expect(201);
    assert_eq!(finished["subscription"]["status"], "active");
    assert_eq!(overview(&member).await["tier"]["slug"], "pro-learn");
    assert_eq!(list(&app, "/v1/subscriptions?status=all").await.len(), 1);
    assert_eq!(list(&app, "/v1/charges").await.len(), 1);
}

async fn a_subscription_that_nobody_finishes_is_ended_and_refunded_after_ten_minutes(database: Database) {
    let stripe = FlakyStripe::start().await;
    let (app, member) = lost_subscription(&stripe, database).await;
    app.advance(TEN_MINUTES).await;
    let refunded = async || (!list(&app, "/v1/refunds").await.is_empty()).then_some(());
    wait_until("it is refunded", refunded).await;
    settled(&app).await;
    assert_eq!(list(&app, "/v1/subscriptions").await.len(), 0, "none is live");
    assert_eq!(list(&app, "/v1/refunds").await[0]["amount"], 10_500);
    let seen = overview(&member).await;
    assert_eq!((&seen["tier"]["slug"], &seen["subscription"]), (&json!("free"), &json!(null)));
    let anew = async || {
        let wish = paid_now("pro-learn", "pm_card_visa");
        (member.key("another").post(&at("subscribe/"), wish).await.status == 201).then_some(())
    };
    wait_until("a new key subscribes", anew).await;
}

async fn while_stripe_is_down_nothing_is_sold_and_everything_else_goes_on(database: Database) {
    let stripe = FlakyStripe::start().await;
    let app = stripe.shop(database).await;
    let member = app.register().await;
    stripe.set(Method::POST, "/v1/", Fault::Refuse);
    let refused = order(&member.key("mine"), "starter", Some("pm_card_visa")).await;
    assert!(refused.header("retry-after").is_some());
    refused.problem(503, "stripe_unavailable");
    member.post(&at("usage/consume/"), json!({})).await.expect(200);
    overview(&member).await;
    stripe.heal();
    // Nothing was sent that could have cost anything: the same key may try again, when the breaker lets it.
    let bought = async || {
        let tried = order(&member.key("mine"), "starter", Some("pm_card_visa")).await;
        (tried.status == 201).then_some(())
    };
    wait_until("the same key buys", bought).await;
    assert_eq!(list(&app, "/v1/charges").await.len(), 1);
}

async fn trap_35_no_transaction_is_open_while_stripe_is_asked(database: Database) {
    let stripe = FlakyStripe::start().await;
    let app = stripe.shop(database).await;
    let member = app.register().await;
    stripe.set(Method::POST, "/v1/payment_intents", Fault::HoldAnswer);
    let waiting = tokio::spawn({
        let member = member.clone();
        async move { order(&member, "starter", Some("pm_card_visa")).await }
    });
    stripe.met(1).await;
    // The same account, whose row a transaction would have locked; and SQLite has one writer.
    member.post(&at("usage/consume/"), json!({})).await.expect(200);
    app.register().await.post(&at("usage/consume/"), json!({})).await.expect(200);
    assert!(!waiting.is_finished());
    stripe.release();
    waiting.await.unwrap().expect(201);
    assert_eq!(available(&member).await, 100_000);
}
