//! An end takes several calls to Stripe. Whichever of them fails, nobody is charged for what has ended, and nothing lives
//! on unpaid.

use super::flaky_stripe::{Fault, FlakyStripe};
use super::support::{
    DAY, answer_3ds, at, count, deliver, event, list, overview, paid_now, quarterly, run_sql, settled, shop,
    subscribe,
};
use axum::http::Method;
use serde_json::{Value, json};
use testkit::{App, Client, Database, wait_until};

testkit::on_both_databases!(
    an_end_that_stripe_does_not_take_leaves_what_is_owed,
    what_an_end_has_left_open_is_voided_by_whoever_sees_the_end,
    a_declined_first_payment_whose_cleaning_up_breaks_off_is_told_by_the_retry,
    what_is_paid_while_it_is_cancelled_goes_back_although_the_refund_fails,
);

const EMPTY: &str = "pm_card_chargeCustomerFail";

/// Requests of this method whose path begins so fail at once, before or after they took effect.
fn fails(when: &str, method: &str, path: &str) -> Value {
    json!({"target": "request", "share": 1, "when": when, "method": method, "path": path, "status": 500, "should_retry": false})
}

async fn faults(app: &App, rules: Value) {
    app.stripe().post("/_sandbox/faults", json!({"rules": rules})).await.expect(200);
}

/// Whose renewal was refused: Stripe's id of the subscription.
async fn past_due(app: &App, member: &Client) -> String {
    let made = subscribe(member, quarterly("community-pro", EMPTY)).await;
    app.advance(7 * DAY + 2 * 3_600).await;
    made["stripe_subscription_id"].as_str().unwrap().to_owned()
}

/// At Stripe: the status, and how many of its invoices are open.
async fn stands(app: &App, subscription: &str) -> (String, usize) {
    let seen = app.stripe().get(&format!("/v1/subscriptions/{subscription}")).await.expect(200);
    let open = list(app, &format!("/v1/invoices?subscription={subscription}&status=open")).await;
    (seen["status"].as_str().unwrap().to_owned(), open.len())
}

async fn an_end_that_stripe_does_not_take_leaves_what_is_owed(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    let subscription = past_due(&app, &member).await;
    settled(&app).await;
    faults(&app, json!([fails("before", "DELETE", "/v1/subscriptions/")])).await;
    member.post(&at("cancel/"), json!({"at": "now"})).await.problem(503, "stripe_unavailable");
    faults(&app, json!([])).await;
    // Void, it would be active, and renew.
    assert_eq!(stands(&app, &subscription).await, ("past_due".to_owned(), 1));
    settled(&app).await;
    assert_eq!(overview(&member).await["subscription"]["status"], "past_due");
    let ended = member.post(&at("cancel/"), json!({"at": "now"})).await.expect(200);
    assert_eq!(ended["subscription"], json!(null));
    assert_eq!(stands(&app, &subscription).await, ("canceled".to_owned(), 0));
}

async fn what_an_end_has_left_open_is_voided_by_whoever_sees_the_end(database: Database) {
    let stripe = FlakyStripe::start().await;
    let app = stripe.quiet_shop(database).await;
    let member = app.register().await;
    let subscription = past_due(&app, &member).await;
    faults(&app, json!([fails("before", "POST", "/v1/invoices/in_")])).await;
    member.post(&at("cancel/"), json!({"at": "now"})).await.problem(503, "stripe_unavailable");
    faults(&app, json!([])).await;
    assert_eq!(stands(&app, &subscription).await, ("canceled".to_owned(), 1));
    let ended = app.stripe().get(&format!("/v1/subscriptions/{subscription}")).await.expect(200);
    deliver(&app, &event("evt_ended", "customer.subscription.deleted", &ended)).await.expect(200);
    let voided = async || (stands(&app, &subscription).await.1 == 0).then_some(());
    wait_until("it is void", voided).await;
    assert_eq!(overview(&member).await["subscription"], json!(null));
}

async fn a_declined_first_payment_whose_cleaning_up_breaks_off_is_told_by_the_retry(database: Database) {
    let app = shop(database).await;
    let member = app.register().await.key("mine");
    let wish = paid_now("pro-learn", EMPTY);
    // Ended and void, and with it the payment canceled: then Stripe does not answer any more.
    faults(&app, json!([fails("before", "GET", "/v1/invoices")])).await;
    member.post(&at("subscribe/"), wish.clone()).await.problem(503, "stripe_unavailable");
    faults(&app, json!([])).await;
    let payment = list(&app, "/v1/payment_intents").await.remove(0);
    assert_eq!(payment["status"], "canceled");
    let refused = member.post(&at("subscribe/"), wish).await.problem(402, "card_declined");
    assert_eq!(refused["decline_code"], payment["last_payment_error"]["decline_code"]);
    settled(&app).await;
    assert_eq!(overview(&member).await["subscription"], json!(null));
    assert_eq!(list(&app, "/v1/subscriptions?status=all").await.len(), 1);
    let another = member.key("another").post(&at("subscribe/"), paid_now("pro-learn", "pm_card_visa")).await;
    assert_eq!(another.expect(201)["subscription"]["status"], "active");
}

async fn what_is_paid_while_it_is_cancelled_goes_back_although_the_refund_fails(database: Database) {
    let stripe = FlakyStripe::start().await;
    let app = stripe.shop(database).await;
    let member = app.register().await;
    let wish = paid_now("pro-learn", "pm_card_authenticationRequired");
    let asked = member.post(&at("subscribe/"), wish).await.expect(201);
    settled(&app).await;
    stripe.set(Method::GET, "/v1/subscriptions/", Fault::HoldAnswer);
    let leaver = member.clone();
    let leaver = tokio::spawn(async move { leaver.post(&at("cancel/"), json!({})).await });
    // The application has seen it incomplete; now the browser confirms it.
    stripe.met(1).await;
    answer_3ds(&app, &asked["confirm"], "succeeded").await;
    faults(&app, json!([fails("before", "POST", "/v1/refunds")])).await;
    stripe.heal();
    stripe.release();
    leaver.await.unwrap().problem(503, "stripe_unavailable");
    faults(&app, json!([])).await;
    assert_eq!(list(&app, "/v1/subscriptions").await.len(), 0, "it has ended");
    run_sql(&app, "UPDATE promised_refunds SET next_attempt_at = 0").await;
    app.billing().keep_promised_refunds().await.unwrap();
    let refunds = list(&app, "/v1/refunds").await;
    assert_eq!((refunds.len(), &refunds[0]["amount"]), (1, &json!(10_500)));
    settled(&app).await;
    assert_eq!(count(&app, "SELECT COUNT(*) FROM promised_refunds WHERE done_at IS NULL").await, 0);
    assert_eq!(overview(&member).await["subscription"], json!(null));
    // It was not the one refund that the member may ask for.
    subscribe(&member, paid_now("pro-learn", "pm_card_visa")).await;
    member.post(&at("cancel/"), json!({"at": "now", "refund": true})).await.expect(200);
    assert_eq!(list(&app, "/v1/refunds").await.len(), 2);
}
