//! Phase 11: the plan's scenarios that are not told elsewhere.

use crate::billing::flaky_stripe::{Fault, FlakyStripe};
use crate::billing::support::{
    DAY, at, available, books_agree, count, list, order, overview, paid_now, quarterly, settled, shop,
    subscribe,
};
use axum::http::Method;
use futures_util::future::{join, join_all};
use serde_json::json;
use std::collections::BTreeSet;
use testkit::{Database, wait_until};

testkit::on_both_databases!(
    failed_payment_user_gets_clear_error_message_subscription_not_created,
    multiple_users_buying_tokens_simultaneously_no_duplicate_charges,
    cancel_during_trial_period_and_it_is_never_charged,
    expired_card_and_other_declines_are_told_apart,
    webhook_failures_timeout_retry_and_duplicates_apply_once,
    webhook_before_the_apis_answer_makes_no_duplicate,
    two_tabs_subscribing_at_once_make_one_subscription,
    token_balance_updates_atomically_while_it_is_bought_and_spent,
    change_payment_method_mid_cycle_and_the_next_renewal_takes_it,
);

async fn failed_payment_user_gets_clear_error_message_subscription_not_created(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    let card = "pm_card_chargeDeclinedInsufficientFunds";
    let refused =
        member.post(&at("subscribe/"), paid_now("pro-learn", card)).await.problem(402, "card_declined");
    assert_eq!(refused["decline_code"], "insufficient_funds");
    assert_eq!(refused["detail"], "Your card has insufficient funds.");
    assert_eq!(overview(&member).await["subscription"], json!(null));
    assert_eq!(list(&app, "/v1/subscriptions").await.len(), 0);
}

async fn multiple_users_buying_tokens_simultaneously_no_duplicate_charges(database: Database) {
    let app = shop(database).await;
    let members = join_all((0..12).map(|_| app.register())).await;
    // Each of them clicks twice: the page sends the same key.
    let orders = members.iter().enumerate().flat_map(|(number, member)| {
        let member = member.key(&format!("order-{number}"));
        [member.clone(), member]
            .map(|member| async move { order(&member, "starter", Some("pm_card_visa")).await })
    });
    for reply in join_all(orders).await {
        assert!(reply.status == 201 || reply.body["code"] == "idempotency_key_in_use", "{:#}", reply.body);
    }
    for member in &members {
        assert_eq!(available(member).await, 100_000);
    }
    assert_eq!(list(&app, "/v1/charges?limit=100").await.len(), 12);
    books_agree(&app).await;
}

async fn cancel_during_trial_period_and_it_is_never_charged(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    subscribe(&member, quarterly("community-pro", "pm_card_visa")).await;
    member.post(&at("cancel/"), json!({})).await.expect(200);
    app.advance(6 * DAY).await;
    assert_eq!(overview(&member).await["tier"]["slug"], "community-pro");
    app.advance(2 * DAY).await;
    assert_eq!(overview(&member).await["tier"]["slug"], "free");
    assert_eq!(list(&app, "/v1/charges").await.len(), 0);
    let gone = async || overview(&member).await["subscription"].is_null().then_some(());
    wait_until("its end is mirrored", gone).await;
    let again = member.post(&at("subscribe/"), quarterly("community-pro", "pm_card_visa")).await;
    assert_eq!(again.problem(409, "trial_used")["preview"]["due_today"], 5400);
}

async fn expired_card_and_other_declines_are_told_apart(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    for (card, decline, message) in [
        ("pm_card_chargeDeclinedExpiredCard", "expired_card", "expired"),
        ("pm_card_chargeDeclinedIncorrectCvc", "incorrect_cvc", "security code"),
        ("pm_card_chargeDeclinedProcessingError", "processing_error", "processing"),
    ] {
        let refused = order(&member, "starter", Some(card)).await.problem(402, "card_declined");
        assert_eq!(refused["decline_code"], decline);
        assert!(refused["message"].as_str().unwrap().contains(message), "{}", refused["message"]);
    }
    assert_eq!(available(&member).await, 0);
}

async fn webhook_failures_timeout_retry_and_duplicates_apply_once(database: Database) {
    let stripe = FlakyStripe::start().await;
    let app = stripe.shop(database).await;
    let member = app.register().await;
    // Every delivery comes twice, late and in another order.
    let rules = json!({"seed": 11, "rules": [
        {"target": "webhook", "share": 1, "duplicate": true},
        {"target": "webhook", "share": 1, "shuffle": true, "delay_ms": 300},
    ]});
    app.stripe().post("/_sandbox/faults", rules).await.expect(200);
    subscribe(&member, paid_now("pro-learn", "pm_card_visa")).await;
    order(&member, "starter", None).await.expect(201);
    // While Stripe cannot be asked, what was delivered waits, and is tried again.
    stripe.set(Method::GET, "/v1/subscriptions/", Fault::Refuse);
    app.advance(93 * DAY).await;
    stripe.met(1).await;
    stripe.heal();
    let renewed = async || (count(&app, RENEWALS).await == 1).then_some(());
    wait_until("the renewal is applied", renewed).await;
    settled(&app).await;
    let grants = "SELECT CAST(COUNT(*) AS BIGINT) FROM token_transactions WHERE kind = 'purchase'";
    assert_eq!((count(&app, grants).await, count(&app, RENEWALS).await), (1, 1));
    assert_eq!(available(&member).await, 100_000);
    books_agree(&app).await;
}

const RENEWALS: &str = "SELECT CAST(COUNT(*) AS BIGINT) FROM subscription_changes WHERE kind = 'renewed'";

async fn webhook_before_the_apis_answer_makes_no_duplicate(database: Database) {
    let stripe = FlakyStripe::start().await;
    let app = stripe.shop(database).await;
    let member = app.register().await;
    stripe.set(Method::POST, "/v1/payment_intents", Fault::HoldAnswer);
    let (ordered, ()) = join(order(&member, "starter", Some("pm_card_visa")), async {
        stripe.met(1).await;
        // Its events are here before Stripe's answer is.
        let told =
            "SELECT CAST(COUNT(*) AS BIGINT) FROM stripe_events WHERE type = 'payment_intent.succeeded'";
        let come = async || (count(&app, told).await == 1).then_some(());
        wait_until("the event has come", come).await;
        stripe.release();
    })
    .await;
    assert_eq!(ordered.expect(201)["purchase"]["status"], "completed");
    settled(&app).await;
    assert_eq!(available(&member).await, 100_000);
    assert_eq!(list(&app, "/v1/charges").await.len(), 1);
    books_agree(&app).await;
}

async fn two_tabs_subscribing_at_once_make_one_subscription(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    let tabs = (0..4).map(|tab| {
        let member = member.key(&format!("tab-{tab}"));
        async move { member.post(&at("subscribe/"), paid_now("pro-learn", "pm_card_visa")).await }
    });
    let replies = join_all(tabs).await;
    // A tab that comes while the first payment is under way goes on with the same subscription.
    for reply in &replies {
        assert!(matches!(reply.status, 201 | 409), "{:#}", reply.body);
    }
    let made = replies.iter().filter(|reply| reply.status == 201);
    let ids: BTreeSet<_> = made.map(|reply| reply.body["subscription"]["id"].to_string()).collect();
    assert_eq!(ids.len(), 1, "{ids:?}");
    settled(&app).await;
    assert_eq!(list(&app, "/v1/subscriptions?status=all").await.len(), 1);
    assert_eq!(list(&app, "/v1/charges").await.len(), 1);
}

async fn token_balance_updates_atomically_while_it_is_bought_and_spent(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    order(&member, "starter", Some("pm_card_visa")).await.expect(201);
    for _ in 0..3 {
        member.post(&at("usage/consume/"), json!({})).await.expect(200);
    }
    let path = at("usage/consume/");
    let spend = (0..10).map(|_| member.post(&path, json!({"tokens": 30_000})));
    let buy = (0..2).map(|_| order(&member, "starter", Some("pm_card_visa")));
    let (spent, bought) = join(join_all(spend), join_all(buy)).await;
    let bought = bought.iter().filter(|reply| reply.status == 201).count();
    let spent = spent.iter().filter(|reply| reply.status == 200).count();
    let (bought, spent) = (i64::try_from(bought).unwrap(), i64::try_from(spent).unwrap());
    assert_eq!(available(&member).await, 100_000 * (1 + bought) - 30_000 * spent);
    books_agree(&app).await;
}

async fn change_payment_method_mid_cycle_and_the_next_renewal_takes_it(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    let made = subscribe(&member, paid_now("pro-learn", "pm_card_visa")).await;
    app.advance(40 * DAY).await;
    let card = json!({"payment_method_id": "pm_card_mastercard"});
    let set_up = member.post(&at("payment-methods/setup/"), card).await.expect(200);
    let id = set_up["payment_method"]["id"].as_str().unwrap();
    let path = at(&format!("payment-methods/{id}/default/"));
    let changed = member.post(&path, json!({})).await.expect(200);
    assert_eq!(changed["subscription"]["current_period_end"], made["current_period_end"]);
    assert_eq!(list(&app, "/v1/charges").await.len(), 1, "nothing is charged for it");
    app.advance(53 * DAY).await;
    let charges = list(&app, "/v1/charges").await;
    assert_eq!((charges.len(), &charges[0]["payment_method"]), (2, &json!(id)));
}
