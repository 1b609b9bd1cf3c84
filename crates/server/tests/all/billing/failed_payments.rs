//! Payments that fail: what a member sees, has, and can do about it, to the end.

use super::story::Story;
use super::support::{
    DAY, at, available, buy, list, order, overview, paid_now, quarterly, settled, shop, subscribe,
    wait_for_subscription,
};
use serde_json::json;
use testkit::{Database, wait_until};

testkit::on_both_databases!(
    a_renewal_fails_and_is_mended_by_another_card,
    a_renewal_fails_to_the_end_and_the_tokens_stay,
    a_first_payment_that_nobody_makes_expires_after_23_hours,
    after_the_final_failure_one_can_subscribe_anew,
    without_any_card_paying_hands_the_payment_to_the_browser,
);

/// What a card that is good for setting up, and refused when it is charged, is called.
const EMPTY: &str = "pm_card_chargeCustomerFail";

async fn a_renewal_fails_and_is_mended_by_another_card(database: Database) {
    let mut story = Story::begin(database).await;
    let ada = story.app.register().await;
    story.did(&ada, "subscribe/", paid_now("pro-learn", "pm_card_visa"), 201).await;
    let empty = json!({"payment_method_id": EMPTY});
    let set_up = story.did(&ada, "payment-methods/setup/", empty, 200).await;
    let id = set_up["payment_method"]["id"].as_str().unwrap().to_owned();
    story.did(&ada, &format!("payment-methods/{id}/default/"), json!({}), 200).await;
    story.advance(90 * DAY + 2 * 3_600, "a quarter later").await;
    let seen = story.get(&ada, "subscription/").await;
    assert_eq!(
        (&seen["subscription"]["status"], &seen["tier"]["slug"]),
        (&json!("past_due"), &json!("pro-learn"))
    );
    story.post(&ada, "subscription/pay/", json!({})).await;
    let good = json!({"payment_method_id": "pm_card_mastercard"});
    let set_up = story.did(&ada, "payment-methods/setup/", good, 200).await;
    let id = set_up["payment_method"]["id"].as_str().unwrap().to_owned();
    let mended = story.did(&ada, &format!("payment-methods/{id}/default/"), json!({}), 200).await;
    assert_eq!(mended["subscription"]["status"], "active");
    story.end("a_renewal_fails_and_is_mended_by_another_card").await;
}

async fn a_renewal_fails_to_the_end_and_the_tokens_stay(database: Database) {
    let mut story = Story::begin(database).await;
    let ada = story.app.register().await;
    let tokens = json!({"package_slug": "starter", "payment_method_id": "pm_card_visa"});
    story.did(&ada, "tokens/purchase/", tokens, 201).await;
    story.did(&ada, "subscribe/", quarterly("community-pro", EMPTY), 201).await;
    story.advance(7 * DAY + 2 * 3_600, "the trial is over").await;
    let late = story.get(&ada, "subscription/").await;
    assert_eq!(
        (&late["subscription"]["status"], &late["tier"]["slug"]),
        (&json!("past_due"), &json!("community-pro"))
    );
    story.advance(7 * DAY - 3_600, "an hour before grace ends").await;
    let seen = story.get(&ada, "subscription/").await;
    assert_eq!(seen["tier"]["slug"], "community-pro");
    assert_eq!(
        seen["subscription"]["grace_until"], late["subscription"]["grace_until"],
        "a retry prolongs nothing"
    );
    story.advance(2 * 3_600, "an hour after").await;
    let seen = story.get(&ada, "subscription/").await;
    assert_eq!(
        (&seen["subscription"]["status"], &seen["tier"]["slug"]),
        (&json!("past_due"), &json!("free"))
    );
    story.advance(8 * DAY, "the last try has failed").await;
    let seen = story.get(&ada, "subscription/").await;
    assert_eq!((&seen["subscription"], &seen["tier"]["slug"]), (&json!(null), &json!("free")));
    assert_eq!(story.get(&ada, "tokens/balance/").await["available"], 100_000);
    story.end("a_renewal_fails_to_the_end_and_the_tokens_stay").await;
}

async fn a_first_payment_that_nobody_makes_expires_after_23_hours(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    let wish = paid_now("pro-learn", "pm_card_authenticationRequired");
    let made = member.post(&at("subscribe/"), wish.clone()).await.expect(201);
    assert_eq!(made["subscription"]["status"], "incomplete");
    app.advance(22 * 3_600).await;
    let again = member.post(&at("subscribe/"), wish.clone()).await.expect(201);
    assert_eq!(again["subscription"]["id"], made["subscription"]["id"], "it can still be paid");
    assert_eq!(again["confirm"]["action"], "next_action");
    app.advance(2 * 3_600).await;
    let gone = async || overview(&member).await["subscription"].is_null().then_some(());
    wait_until("it has expired", gone).await;
    member.post(&at("subscription/pay/"), json!({})).await.problem(409, "no_subscription");
    assert_eq!(list(&app, "/v1/invoices?status=open").await.len(), 0);
    let anew = member.post(&at("subscribe/"), wish).await.expect(201);
    assert_ne!(anew["subscription"]["id"], made["subscription"]["id"]);
    let changes = member.get(&at("subscription/changes/")).await.expect(200);
    let kinds: Vec<_> = changes["data"].as_array().unwrap().iter().map(|one| one["kind"].clone()).collect();
    assert_eq!(kinds, ["started", "expired", "started"]);
}

async fn after_the_final_failure_one_can_subscribe_anew(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    buy(&member, "starter").await;
    subscribe(&member, quarterly("community-pro", EMPTY)).await;
    app.advance(23 * DAY).await;
    let gone = async || overview(&member).await["subscription"].is_null().then_some(());
    wait_until("it was canceled", gone).await;
    let refused = member.post(&at("subscribe/"), quarterly("community-pro", "pm_card_visa")).await;
    refused.problem(409, "trial_used");
    let anew = subscribe(&member, paid_now("community-pro", "pm_card_visa")).await;
    assert_eq!(anew["status"], "active");
    settled(&app).await;
    let charges = list(&app, "/v1/charges?limit=100").await;
    let paid: Vec<_> =
        charges.iter().filter(|one| one["paid"] == true).map(|one| one["amount"].clone()).collect();
    assert_eq!(paid, [json!(5_400), json!(500)], "what failed is not charged afterwards");
    assert_eq!(available(&member).await, 100_000);
}

async fn without_any_card_paying_hands_the_payment_to_the_browser(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    let wish = json!({"tier_slug": "pro-learn", "billing_period": "quarterly"});
    let made = member.post(&at("subscribe/"), wish).await.expect(201);
    assert_eq!(
        (&made["subscription"]["status"], &made["confirm"]["action"]),
        (&json!("incomplete"), &json!("collect"))
    );
    let asked = member.post(&at("subscription/pay/"), json!({})).await.expect(200);
    assert_eq!(asked["confirm"], made["confirm"]);
    let intent =
        asked["confirm"]["client_secret"].as_str().unwrap().split("_secret_").next().unwrap().to_owned();
    let card = [("payment_method", "pm_card_visa"), ("return_url", "https://example.com/")];
    app.stripe().post_form(&format!("/v1/payment_intents/{intent}/confirm"), &card).await.expect(200);
    let active = wait_for_subscription(&member, "status", json!("active")).await;
    assert_eq!(active["subscription"]["payment_method"]["last4"], "4242", "its renewals are paid by it");
    order(&member, "starter", None).await.expect(201);
}
