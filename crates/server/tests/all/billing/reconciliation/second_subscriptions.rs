//! A second subscription: it ends, and its payments go back.

use super::super::flaky_stripe::{Fault, FlakyStripe};
use super::super::support::{at, buy, count, deliver, event, list, overview, paid_now, settled, subscribe};
use super::{
    deaf, found_repaired_and_gone, kinds, nothing_is_found, price_of, reconcile, subscribe_at_stripe,
    subscribe_with, text, win_the_dispute,
};
use axum::http::Method;
use serde_json::json;
use testkit::Database;

testkit::on_both_databases!(
    trap_04_a_second_live_subscription_is_ended_and_its_payment_given_back,
    a_second_subscription_that_ended_by_itself_is_given_back_all_the_same,
    one_that_ended_before_it_was_heard_of_is_no_second_one,
    what_ended_makes_room_for_what_came_after_it_when_both_are_heard_of_at_once,
    a_second_subscription_whose_payment_is_disputed_is_given_back_once_the_dispute_is_won,
    while_a_second_subscription_waits_to_be_ended_its_member_cancels_the_first,
);

async fn trap_04_a_second_live_subscription_is_ended_and_its_payment_given_back(database: Database) {
    let stripe = FlakyStripe::start().await;
    let (app, member) = deaf(&stripe, database).await;
    let first = subscribe(&member, paid_now("pro-learn", "pm_card_visa")).await;
    let second = subscribe_at_stripe(&app, &member, "community-pro").await;
    found_repaired_and_gone(&app, &["subscription_missing"]).await;
    let seen = overview(&member).await;
    assert_eq!(seen["subscription"]["stripe_subscription_id"], first["stripe_subscription_id"]);
    let live = list(&app, "/v1/subscriptions").await;
    assert_eq!((live.len(), &live[0]["id"]), (1, &first["stripe_subscription_id"]));
    let refunds = list(&app, "/v1/refunds").await;
    assert_eq!((refunds.len(), &refunds[0]["amount"]), (1, &json!(5_400)));
    let by = "SELECT COUNT(*) FROM promised_refunds WHERE cause = 'reconcile' AND done_at IS NOT NULL";
    assert_eq!(count(&app, by).await, 1);
    assert_ne!(second["id"], first["stripe_subscription_id"]);
}

async fn a_second_subscription_that_ended_by_itself_is_given_back_all_the_same(database: Database) {
    let stripe = FlakyStripe::start().await;
    let (app, member) = deaf(&stripe, database).await;
    subscribe(&member, paid_now("pro-learn", "pm_card_visa")).await;
    let second = subscribe_at_stripe(&app, &member, "community-pro").await;
    deliver(&app, &event("evt_made", "customer.subscription.created", &second)).await.expect(200);
    settled(&app).await;
    let path = format!("/v1/subscriptions/{}", text(&second, "id"));
    let ended = app.stripe().delete(&path).await.expect(200);
    deliver(&app, &event("evt_ended", "customer.subscription.deleted", &ended)).await.expect(200);
    settled(&app).await;
    found_repaired_and_gone(&app, &["extra_subscription"]).await;
    let refunds = list(&app, "/v1/refunds").await;
    assert_eq!((refunds.len(), &refunds[0]["amount"]), (1, &json!(5_400)));
    assert_eq!(overview(&member).await["tier"]["slug"], "pro-learn");
}

async fn one_that_ended_before_it_was_heard_of_is_no_second_one(database: Database) {
    let stripe = FlakyStripe::start().await;
    let (app, member) = deaf(&stripe, database).await;
    buy(&member, "starter").await;
    let first = subscribe_at_stripe(&app, &member, "community-pro").await;
    app.stripe().delete(&format!("/v1/subscriptions/{}", text(&first, "id"))).await.expect(200);
    subscribe(&member, paid_now("pro-learn", "pm_card_visa")).await;
    found_repaired_and_gone(&app, &["subscription_missing"]).await;
    assert_eq!(list(&app, "/v1/refunds").await.len(), 0, "it was wanted, and has had its time");
    assert_eq!(overview(&member).await["tier"]["slug"], "pro-learn");
}

async fn what_ended_makes_room_for_what_came_after_it_when_both_are_heard_of_at_once(database: Database) {
    let stripe = FlakyStripe::start().await;
    let app = stripe.quiet_shop(database).await;
    // In whatever order their ids come.
    for _ in 0..6 {
        let member = app.register().await;
        let first = subscribe(&member, paid_now("pro-learn", "pm_card_visa")).await;
        let path = format!("/v1/subscriptions/{}", text(&first, "stripe_subscription_id"));
        app.stripe().delete(&path).await.expect(200);
        let next = subscribe_at_stripe(&app, &member, "community-pro").await;
        found_repaired_and_gone(&app, &["subscription_missing", "subscription_differs"]).await;
        let seen = overview(&member).await;
        assert_eq!(seen["subscription"]["stripe_subscription_id"], next["id"]);
    }
    assert_eq!(list(&app, "/v1/refunds").await.len(), 0);
}

async fn a_second_subscription_whose_payment_is_disputed_is_given_back_once_the_dispute_is_won(
    database: Database,
) {
    let stripe = FlakyStripe::start().await;
    let (app, member) = deaf(&stripe, database).await;
    subscribe(&member, paid_now("pro-learn", "pm_card_visa")).await;
    let price = price_of(&app, "community-pro").await;
    subscribe_with(&app, &member, &price, "pm_card_createDispute").await;
    found_repaired_and_gone(&app, &["subscription_missing", "dispute_not_applied"]).await;
    assert_eq!(list(&app, "/v1/subscriptions").await.len(), 1, "it has ended");
    assert_eq!(list(&app, "/v1/refunds").await.len(), 0, "the bank has the money");
    let given = "SELECT refunded FROM promised_refunds WHERE done_at IS NOT NULL";
    assert_eq!(count(&app, given).await, 0);
    win_the_dispute(&app).await;
    found_repaired_and_gone(&app, &["extra_subscription", "dispute_not_applied"]).await;
    let refunds = list(&app, "/v1/refunds").await;
    assert_eq!((refunds.len(), &refunds[0]["amount"]), (1, &json!(5_400)));
    assert_eq!(count(&app, given).await, 5_400);
    assert_eq!(overview(&member).await["tier"]["slug"], "pro-learn");
}

async fn while_a_second_subscription_waits_to_be_ended_its_member_cancels_the_first(database: Database) {
    let stripe = FlakyStripe::start().await;
    let (app, member) = deaf(&stripe, database).await;
    let first = subscribe(&member, paid_now("pro-learn", "pm_card_visa")).await;
    subscribe_at_stripe(&app, &member, "community-pro").await;
    stripe.set(Method::DELETE, "/v1/subscriptions/", Fault::Refuse);
    let report = reconcile(&app, true).await;
    assert_eq!(kinds(&report), ["extra_subscription"], "{report}");
    stripe.heal();
    let canceled = async || {
        let answer = member.post(&at("cancel/"), json!({"at": "period_end"})).await;
        (answer.status == 200).then_some(answer.body)
    };
    let canceled = testkit::wait_until("the breaker lets it through", canceled).await;
    assert_eq!(canceled["subscription"]["id"], first["id"]);
    assert_eq!(canceled["subscription"]["cancel_at"], first["current_period_end"]);
    assert_eq!(reconcile(&app, true).await.left, []);
    nothing_is_found(&app).await;
}
