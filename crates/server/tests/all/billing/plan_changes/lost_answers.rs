//! Answers that were lost, calls half made, and two tabs at once: one charge, or none.

use super::super::flaky_stripe::{Fault, FlakyStripe};
use super::super::support::{DAY, at, count, list, overview, settled, shop};
use super::{paid, preview, subscriber, to, update, use_card};
use axum::http::Method;
use serde_json::{Value, json};
use testkit::{App, Client, Database, wait_until};

testkit::on_both_databases!(
    a_lost_answer_is_finished_by_the_retry_with_one_charge,
    a_lost_answer_that_nobody_retries_is_settled_by_the_worker,
    a_lost_answer_of_a_declined_change_is_withdrawn_by_the_worker,
    a_decline_whose_withdrawal_breaks_off_is_told_by_the_retry,
    a_change_that_is_settled_after_a_renewal_gives_nothing_of_the_renewal_back,
    half_a_schedule_is_released_by_the_worker,
    a_schedule_whose_second_step_is_lost_is_finished_by_a_retry,
    two_tabs_at_once_charge_once,
);

async fn a_lost_answer_is_finished_by_the_retry_with_one_charge(database: Database) {
    let stripe = FlakyStripe::start().await;
    let app = stripe.shop(database).await;
    let (member, _) = subscriber(&app, "community-pro", "pm_card_visa").await;
    app.advance(10 * DAY).await;
    let quote = preview(&member, to("pro-learn")).await;
    let body = json!({"tier_slug": "pro-learn", "quote_id": quote["quote_id"]});
    stripe.set(Method::POST, "/v1/subscriptions/", Fault::LoseAnswer);
    update(&member.key("mine"), body.clone()).await.problem(503, "stripe_unavailable");
    update(&member.key("other"), body.clone()).await.problem(409, "idempotency_key_in_use");
    stripe.heal();
    let finished = update(&member.key("mine"), body).await.expect(200);
    assert_eq!(finished["subscription"]["tier_slug"], "pro-learn");
    settled(&app).await;
    assert_eq!(paid(&app).await, [quote["due_today"].as_i64().unwrap(), 5_400]);
}

/// The answer of this call is lost, nobody tries again, and the worker finds out after ten minutes that it is so.
async fn nobody_retries(
    stripe: &FlakyStripe,
    app: &App,
    member: &Client,
    (path, wish): (&'static str, Value),
    settled_as: &'static str,
) {
    stripe.set(Method::POST, path, Fault::LoseAnswer);
    update(&member.key("mine"), wish).await.problem(503, "stripe_unavailable");
    stripe.heal();
    app.advance(601).await;
    wait_until("it is settled", async || (count(app, settled_as).await == 1).then_some(())).await;
    settled(app).await;
}

const DONE: &str = "SELECT COUNT(*) FROM plan_changes WHERE state = 'done'";
const FAILED: &str = "SELECT COUNT(*) FROM plan_changes WHERE state = 'failed'";

async fn a_lost_answer_that_nobody_retries_is_settled_by_the_worker(database: Database) {
    let stripe = FlakyStripe::start().await;
    let app = stripe.shop(database).await;
    let (member, _) = subscriber(&app, "community-pro", "pm_card_visa").await;
    member.post(&at("cancel/"), json!({})).await.expect(200);
    nobody_retries(&stripe, &app, &member, ("/v1/subscriptions/", to("pro-learn")), DONE).await;
    let seen = overview(&member).await;
    assert_eq!(
        (&seen["tier"]["slug"], &seen["subscription"]["cancel_at"]),
        (&json!("pro-learn"), &json!(null))
    );
    assert_eq!(paid(&app).await.len(), 2, "what was charged is what was wished for, once");
    assert_eq!(count(&app, "SELECT COUNT(*) FROM discrepancies").await, 0);
}

async fn a_lost_answer_of_a_declined_change_is_withdrawn_by_the_worker(database: Database) {
    let stripe = FlakyStripe::start().await;
    let app = stripe.shop(database).await;
    let (member, made) = subscriber(&app, "community-pro", "pm_card_visa").await;
    use_card(&app, &made, "pm_card_chargeCustomerFail").await;
    nobody_retries(&stripe, &app, &member, ("/v1/subscriptions/", to("pro-learn")), FAILED).await;
    assert!(list(&app, "/v1/invoices?status=open").await.is_empty());
    let path = format!("/v1/subscriptions/{}", made["stripe_subscription_id"].as_str().unwrap());
    assert_eq!(app.stripe().get(&path).await.expect(200)["pending_update"], json!(null));
}

async fn a_decline_whose_withdrawal_breaks_off_is_told_by_the_retry(database: Database) {
    let app = shop(database).await;
    let (member, made) = subscriber(&app, "community-pro", "pm_card_visa").await;
    use_card(&app, &made, "pm_card_chargeCustomerFail").await;
    // Stripe voids it, says that it could not, and then says nothing.
    let fails = |method: &str, when: &str| json!({"target": "request", "share": 1, "method": method, "when": when, "path": "/v1/invoices/in_", "status": 500, "should_retry": false});
    let rules = json!({"rules": [fails("POST", "after"), fails("GET", "before")]});
    app.stripe().post("/_sandbox/faults", rules).await.expect(200);
    update(&member.key("mine"), to("pro-learn")).await.problem(503, "stripe_unavailable");
    app.stripe().post("/_sandbox/faults", json!({"rules": []})).await.expect(200);
    assert!(list(&app, "/v1/invoices?status=open").await.is_empty());
    update(&member.key("mine"), to("pro-learn")).await.problem(402, "card_declined");
    assert_eq!(overview(&member).await["tier"]["slug"], "community-pro");
    assert_eq!(count(&app, FAILED).await, 1);
}

async fn a_change_that_is_settled_after_a_renewal_gives_nothing_of_the_renewal_back(database: Database) {
    let stripe = FlakyStripe::start().await;
    let app = stripe.shop(database).await;
    let (member, _) = subscriber(&app, "community-pro", "pm_card_visa").await;
    app.advance(80 * DAY).await;
    let quote = preview(&member, to("pro-learn")).await;
    let body = json!({"tier_slug": "pro-learn", "quote_id": quote["quote_id"]});
    stripe.set(Method::POST, "/v1/subscriptions/", Fault::LoseAnswer);
    update(&member, body).await.problem(503, "stripe_unavailable");
    stripe.heal();
    let mut database = app.stop().await;
    let clock = Client::new(&stripe.behind);
    clock.post("/_sandbox/clock/advance", json!({"seconds": 20 * DAY})).await.expect(200);
    database.db = database.open_again().await;
    let app = stripe.shop(database).await;
    wait_until("it is settled", async || (count(&app, DONE).await == 1).then_some(())).await;
    assert_eq!(paid(&app).await, [10_500, quote["due_today"].as_i64().unwrap(), 5_400]);
    assert!(list(&app, "/v1/refunds").await.is_empty());
    assert_eq!(count(&app, "SELECT COUNT(*) FROM discrepancies").await, 0);
}

async fn half_a_schedule_is_released_by_the_worker(database: Database) {
    let stripe = FlakyStripe::start().await;
    let app = stripe.shop(database).await;
    let (member, made) = subscriber(&app, "pro-learn", "pm_card_visa").await;
    let wish = ("/v1/subscription_schedules", to("community-pro"));
    nobody_retries(&stripe, &app, &member, wish, FAILED).await;
    let path = format!("/v1/subscriptions/{}", made["stripe_subscription_id"].as_str().unwrap());
    assert_eq!(app.stripe().get(&path).await.expect(200)["schedule"], json!(null));
    // The same words are a new wish.
    let answer = update(&member.key("mine"), to("community-pro")).await.expect(200);
    assert_eq!(answer["subscription"]["scheduled_change"]["tier_slug"], "community-pro");
}

async fn a_schedule_whose_second_step_is_lost_is_finished_by_a_retry(database: Database) {
    let stripe = FlakyStripe::start().await;
    let app = stripe.shop(database).await;
    let (member, made) = subscriber(&app, "pro-learn", "pm_card_visa").await;
    stripe.set(Method::POST, "/v1/subscription_schedules", Fault::LoseAnswer);
    update(&member.key("mine"), to("community-pro")).await.problem(503, "stripe_unavailable");
    stripe.heal();
    // The retry finds the half that is there, and finishes it.
    let answer = update(&member.key("mine"), to("community-pro")).await.expect(200);
    assert_eq!(answer["subscription"]["scheduled_change"]["at"], made["current_period_end"]);
    assert_eq!(list(&app, "/v1/subscription_schedules").await.len(), 1);
}

async fn two_tabs_at_once_charge_once(database: Database) {
    let app = shop(database).await;
    let (member, _) = subscriber(&app, "community-pro", "pm_card_visa").await;
    app.advance(10 * DAY).await;
    for period in ["quarterly", "annual"] {
        let body = json!({"tier_slug": "pro-learn", "billing_period": period});
        let before = paid(&app).await.len();
        let (one, other) = (member.key(&format!("one {period}")), member.key(&format!("other {period}")));
        let (one, other) = tokio::join!(update(&one, body.clone()), update(&other, body.clone()));
        let mut statuses = [one.status, other.status];
        statuses.sort_unstable();
        assert!(statuses == [200, 409] || statuses == [200, 200], "{statuses:?}");
        settled(&app).await;
        assert_eq!(paid(&app).await.len(), before + 1, "{period}");
        // Whoever was refused finds it done.
        update(&member.key(&format!("other {period}")), body).await.expect(200);
        assert_eq!(paid(&app).await.len(), before + 1, "{period}");
    }
}
