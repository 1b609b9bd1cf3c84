//! Phase 11: the plan's scenarios that are not told elsewhere.

use crate::billing::support::{
    DAY, at, available, books_agree, list, order, overview, paid_now, quarterly, shop, subscribe,
};
use futures_util::future::join_all;
use serde_json::json;
use testkit::Database;

testkit::on_both_databases!(
    failed_payment_user_gets_clear_error_message_subscription_not_created,
    multiple_users_buying_tokens_simultaneously_no_duplicate_charges,
    cancel_during_trial_period_and_it_is_never_charged,
    expired_card_and_other_declines_are_told_apart,
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
    testkit::wait_until("its end is mirrored", gone).await;
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
