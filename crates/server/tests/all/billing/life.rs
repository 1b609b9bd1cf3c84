//! Whole lives of subscriptions, each told as one story.

use super::story::Story;
use super::support::{DAY, books_agree, quarterly};
use serde_json::json;
use testkit::Database;

testkit::on_both_databases!(a_trial_is_paid_renewed_cancelled_and_ends, tokens_are_bought_spent_and_refunded);

async fn a_trial_is_paid_renewed_cancelled_and_ends(database: Database) {
    let mut story = Story::begin(database).await;
    let ada = story.app.register().await;
    story.did(&ada, "subscribe/", quarterly("community-pro", "pm_card_visa"), 201).await;
    story.advance(7 * DAY + 2 * 3_600, "the trial is over").await;
    story.get(&ada, "subscription/").await;
    story.advance(91 * DAY, "a quarter later").await;
    story.get(&ada, "subscription/").await;
    let why = json!({"reason": "too_expensive", "comment": "for a student"});
    story.did(&ada, "cancel/", why, 200).await;
    story.advance(92 * DAY, "another quarter later").await;
    let seen = story.get(&ada, "subscription/").await;
    assert_eq!((&seen["subscription"], &seen["tier"]["slug"]), (&json!(null), &json!("free")));
    story.end("a_trial_is_paid_renewed_cancelled_and_ends").await;
}

async fn tokens_are_bought_spent_and_refunded(database: Database) {
    let mut story = Story::begin(database).await;
    let ada = story.app.register().await;
    let order = json!({"package_slug": "starter", "payment_method_id": "pm_card_visa"});
    let bought = story.did(&ada, "tokens/purchase/", order, 201).await;
    for _ in 0..3 {
        story.did(&ada, "usage/consume/", json!({}), 200).await;
    }
    story.did(&ada, "usage/consume/", json!({"tokens": 60_000}), 200).await;
    let payment = bought["purchase"]["stripe_payment_intent_id"].as_str().unwrap();
    story.at_stripe("/v1/refunds", &[("payment_intent", payment), ("amount", "125")]).await;
    story.get(&ada, "tokens/balance/").await;
    story.at_stripe("/v1/refunds", &[("payment_intent", payment)]).await;
    let balance = story.get(&ada, "tokens/balance/").await;
    assert_eq!((&balance["available"], &balance["debt"]), (&json!(0), &json!(60_000)));
    let app = story.end("tokens_are_bought_spent_and_refunded").await;
    books_agree(&app).await;
}
