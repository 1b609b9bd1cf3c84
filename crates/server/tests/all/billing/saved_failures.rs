//! A failure that Stripe has saved under its idempotency key is answered again for a day: whoever repeats a call that is
//! the same however often it is made takes another key.

use super::flaky_stripe::{Fault, FlakyStripe};
use super::support::{
    DAY, at, count, customer_of, list, order, overview, paid_now, quarterly, settled, subscribe,
    wait_for_subscription,
};
use axum::http::Method;
use serde_json::json;
use testkit::{App, Client, Database, wait_until};

testkit::on_both_databases!(
    an_invoice_that_could_not_be_voided_is_voided_by_the_next_sync,
    an_unclear_purchase_that_could_not_be_canceled_is_canceled_at_the_next_try,
    an_abandoned_purchase_that_could_not_be_canceled_is_canceled_at_the_next_try,
    somebody_whose_payments_could_not_be_canceled_leaves_at_the_next_try,
    a_card_that_could_not_be_detached_is_detached_at_the_next_try,
    a_setup_that_could_not_be_canceled_is_in_no_other_cards_way,
    a_schedule_that_could_not_be_released_is_released_by_the_next_sync,
    a_change_that_could_not_release_a_schedule_goes_on_at_the_next_try,
    money_that_could_not_be_given_back_goes_back_at_the_next_try,
);

/// From now on Stripe fails at this, until it has done so once: that failure stays.
async fn once_failed(stripe: &FlakyStripe, path: &'static str, what: impl AsyncFnOnce()) {
    stripe.set(Method::POST, path, Fault::Fail);
    what().await;
    wait_until("it has failed", async || (stripe.times_met() > 0).then_some(())).await;
    stripe.heal();
}

/// Something about the member changes at Stripe, and so there is a sync.
async fn touch(app: &App, member: &Client) {
    let path = format!("/v1/customers/{}", customer_of(app, member).await);
    app.stripe().post_form(&path, &[("description", "touched")]).await.expect(200);
}

async fn an_invoice_that_could_not_be_voided_is_voided_by_the_next_sync(database: Database) {
    let stripe = FlakyStripe::start().await;
    let app = stripe.shop(database).await;
    let member = app.register().await;
    subscribe(&member, quarterly("community-pro", "pm_card_chargeCustomerFail")).await;
    app.advance(7 * DAY + 2 * 3_600).await;
    let late = wait_for_subscription(&member, "status", json!("past_due")).await;
    let id = late["subscription"]["stripe_subscription_id"].as_str().unwrap();
    once_failed(&stripe, "/v1/invoices/", async || {
        app.stripe().delete(&format!("/v1/subscriptions/{id}")).await.expect(200);
    })
    .await;
    settled(&app).await;
    touch(&app, &member).await;
    let voided = async || (list(&app, "/v1/invoices?status=void").await.len() == 1).then_some(());
    wait_until("it is voided", voided).await;
}

async fn wait_until_canceled(app: &App, member: &Client) {
    let canceled = async || {
        let canceled = "SELECT COUNT(*) FROM token_purchases WHERE status = 'canceled'";
        (count(app, canceled).await == 1).then_some(())
    };
    wait_until("the purchase is canceled", canceled).await;
    let payment = list(app, "/v1/payment_intents").await.remove(0);
    assert_eq!(payment["status"], "canceled");
    order(member, "starter", Some("pm_card_visa")).await.expect(201);
}

async fn an_unclear_purchase_that_could_not_be_canceled_is_canceled_at_the_next_try(database: Database) {
    let stripe = FlakyStripe::start().await;
    let app = stripe.shop(database).await;
    let member = app.register().await;
    stripe.set(Method::POST, "/v1/payment_intents", Fault::LoseAnswer);
    order(&member, "starter", None).await.problem(503, "stripe_unavailable");
    once_failed(&stripe, "/v1/payment_intents/", async || app.advance(601).await).await;
    app.advance(601).await;
    app.billing().void_stuck_purchases().await.unwrap();
    wait_until_canceled(&app, &member).await;
}

async fn an_abandoned_purchase_that_could_not_be_canceled_is_canceled_at_the_next_try(database: Database) {
    let stripe = FlakyStripe::start().await;
    let app = stripe.shop(database).await;
    let member = app.register().await;
    order(&member, "starter", None).await.expect(201);
    once_failed(&stripe, "/v1/payment_intents/", async || app.advance(DAY + 60).await).await;
    app.billing().void_abandoned_purchases().await.unwrap();
    wait_until_canceled(&app, &member).await;
}

async fn somebody_whose_payments_could_not_be_canceled_leaves_at_the_next_try(database: Database) {
    let stripe = FlakyStripe::start().await;
    let app = stripe.shop(database).await;
    let member = app.register().await;
    order(&member, "starter", None).await.expect(201);
    // A card that is being set up for a trial.
    let wish = json!({"tier_slug": "community-pro", "billing_period": "monthly"});
    member.post(&at("subscribe/"), wish).await.expect(201);
    let leave = async || {
        let body = json!({"password": "correct horse"});
        member.send(member.request(Method::DELETE, "/api/v1/auth/me/").json(&body)).await
    };
    for path in ["/v1/payment_intents/", "/v1/setup_intents/"] {
        once_failed(&stripe, path, async || {
            leave().await.problem(503, "stripe_unavailable");
        })
        .await;
    }
    leave().await.expect(204);
}

async fn set_up(member: &Client, card: &str) -> String {
    let body = json!({"payment_method_id": card});
    let answer = member.post(&at("payment-methods/setup/"), body).await.expect(200);
    answer["payment_method"]["id"].as_str().unwrap().to_owned()
}

async fn a_card_that_could_not_be_detached_is_detached_at_the_next_try(database: Database) {
    let stripe = FlakyStripe::start().await;
    let app = stripe.shop(database).await;
    let member = app.register().await;
    let cards = [set_up(&member, "pm_card_visa").await, set_up(&member, "pm_card_mastercard").await];
    let default = at(&format!("payment-methods/{}/default/", cards[1]));
    let replace = async || member.post(&default, json!({"replaces": cards[0]})).await;
    once_failed(&stripe, "/v1/payment_methods/", async || {
        replace().await.problem(503, "stripe_unavailable");
    })
    .await;
    replace().await.expect(200);
    let remove = async || member.delete(&at(&format!("payment-methods/{}/", cards[1]))).await;
    once_failed(&stripe, "/v1/payment_methods/", async || {
        remove().await.problem(503, "stripe_unavailable");
    })
    .await;
    assert_eq!(remove().await.status, 204);
    let left = member.get(&at("payment-methods/")).await.expect(200);
    assert_eq!(left["data"], json!([]));
}

async fn a_setup_that_could_not_be_canceled_is_in_no_other_cards_way(database: Database) {
    let stripe = FlakyStripe::start().await;
    let app = stripe.shop(database).await;
    let member = app.register().await;
    let wish = json!({"tier_slug": "community-pro", "billing_period": "quarterly"});
    let asked = member.post(&at("subscribe/"), wish).await.expect(201);
    assert_eq!(asked["confirm"]["action"], "collect");
    let with_a_card =
        async || member.post(&at("subscribe/"), quarterly("community-pro", "pm_card_visa")).await;
    once_failed(&stripe, "/v1/setup_intents/", async || {
        with_a_card().await.problem(503, "stripe_unavailable");
    })
    .await;
    assert_eq!(with_a_card().await.expect(201)["subscription"]["status"], "trialing");
}

async fn a_schedule_that_could_not_be_released_is_released_by_the_next_sync(database: Database) {
    let stripe = FlakyStripe::start().await;
    let app = stripe.shop(database).await;
    let member = app.register().await;
    subscribe(&member, paid_now("pro-learn", "pm_card_visa")).await;
    member.post(&at("update/"), json!({"tier_slug": "community-pro"})).await.expect(200);
    once_failed(&stripe, "/v1/subscription_schedules/", async || app.advance(93 * DAY).await).await;
    settled(&app).await;
    touch(&app, &member).await;
    let released = async || {
        let schedule = list(&app, "/v1/subscription_schedules").await.remove(0);
        (schedule["status"] == "released").then_some(())
    };
    wait_until("it is released", released).await;
    assert_eq!(overview(&member).await["tier"]["slug"], "community-pro");
}

async fn a_change_that_could_not_release_a_schedule_goes_on_at_the_next_try(database: Database) {
    let stripe = FlakyStripe::start().await;
    let app = stripe.shop(database).await;
    let member = app.register().await.key("mine");
    subscribe(&member, paid_now("pro-learn", "pm_card_visa")).await;
    member.key("first").post(&at("update/"), json!({"tier_slug": "community-pro"})).await.expect(200);
    let wish = json!({"tier_slug": "community-pro", "billing_period": "monthly"});
    let update = async || member.key("second").post(&at("update/"), wish.clone()).await;
    once_failed(&stripe, "/v1/subscription_schedules/", async || {
        update().await.problem(503, "stripe_unavailable");
    })
    .await;
    let subscription = update().await.expect(200)["subscription"].clone();
    assert_eq!(subscription["scheduled_change"]["billing_period"], "monthly", "{subscription:#}");
}

async fn money_that_could_not_be_given_back_goes_back_at_the_next_try(database: Database) {
    let stripe = FlakyStripe::start().await;
    let app = stripe.shop(database).await;
    let member = app.register().await;
    subscribe(&member, paid_now("pro-learn", "pm_card_visa")).await;
    let leave = async || member.post(&at("cancel/"), json!({"at": "now", "refund": true})).await;
    once_failed(&stripe, "/v1/refunds", async || {
        leave().await.problem(503, "stripe_unavailable");
    })
    .await;
    leave().await.expect(200);
    let refunds = list(&app, "/v1/refunds").await;
    assert_eq!((refunds.len(), &refunds[0]["amount"]), (1, &json!(10_500)));
    assert_eq!(count(&app, "SELECT refunded FROM promised_refunds").await, 10_500);
    assert_eq!(overview(&member).await["subscription"], json!(null));
}
