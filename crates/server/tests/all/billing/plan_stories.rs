//! Changes of plan and a pause, each told as one story.

use super::story::Story;
use super::support::{DAY, count, paid_now, settled};
use serde_json::{Value, json};
use testkit::{Database, wait_until};

testkit::on_both_databases!(
    a_plan_goes_up_in_mid_period_and_down_at_its_end,
    an_upgrade_while_leaving_is_confirmed_by_the_bank,
    a_pause_skips_a_renewal_and_ends_with_a_paid_period,
);

/// The member does what the layer of 3D Secure asks.
async fn bank_confirms(story: &mut Story, asked: &Value) {
    let secret = asked["confirm"]["client_secret"].as_str().unwrap();
    let intent = secret.split("_secret_").next().unwrap();
    let form = [("outcome", "succeeded"), ("client_secret", secret)];
    story.app.stripe().post_form(&format!("/v1/payment_intents/{intent}/3ds"), &form).await.expect(200);
    settled(&story.app).await;
    story.tell("the bank has its confirmation");
}

async fn a_plan_goes_up_in_mid_period_and_down_at_its_end(database: Database) {
    let mut story = Story::begin(database).await;
    let ada = story.app.register().await;
    story.did(&ada, "subscribe/", paid_now("community-pro", "pm_card_visa"), 201).await;
    story.advance(30 * DAY, "a month later").await;
    let quote = story.did(&ada, "update/preview/", json!({"tier_slug": "pro-learn"}), 200).await;
    let up = json!({"tier_slug": "pro-learn", "quote_id": quote["quote_id"]});
    story.did(&ada, "update/", up, 200).await;
    story.advance(10 * DAY, "ten days later").await;
    let down = json!({"tier_slug": "community-pro", "billing_period": "monthly"});
    story.did(&ada, "update/preview/", down.clone(), 200).await;
    let answer = story.did(&ada, "update/", down, 200).await;
    assert_eq!(answer["subscription"]["scheduled_change"]["billing_period"], "monthly");
    story.advance(51 * DAY, "the quarter is over").await;
    let seen = story.get(&ada, "subscription/").await;
    assert_eq!(
        (&seen["tier"]["slug"], &seen["subscription"]["amount"]),
        (&json!("community-pro"), &json!(2_000))
    );
    story.end("a_plan_goes_up_in_mid_period_and_down_at_its_end").await;
}

async fn an_upgrade_while_leaving_is_confirmed_by_the_bank(database: Database) {
    let mut story = Story::begin(database).await;
    let ada = story.app.register().await;
    let asked = paid_now("community-pro", "pm_card_authenticationRequired");
    let asked = story.did(&ada, "subscribe/", asked, 201).await;
    bank_confirms(&mut story, &asked).await;
    story.did(&ada, "cancel/", json!({}), 200).await;
    story.advance(30 * DAY, "a month later").await;
    let asked = story.did(&ada, "update/", json!({"tier_slug": "pro-learn"}), 200).await;
    story.get(&ada, "subscription/").await;
    bank_confirms(&mut story, &asked).await;
    // The cancellation is cleared once the change took effect.
    let waiting = "SELECT COUNT(*) FROM plan_changes WHERE state <> 'done'";
    wait_until("it is done", async || (count(&story.app, waiting).await == 0).then_some(())).await;
    settled(&story.app).await;
    let seen = story.get(&ada, "subscription/").await;
    assert_eq!(
        (&seen["tier"]["slug"], &seen["subscription"]["cancel_at"]),
        (&json!("pro-learn"), &json!(null))
    );
    story.end("an_upgrade_while_leaving_is_confirmed_by_the_bank").await;
}

async fn a_pause_skips_a_renewal_and_ends_with_a_paid_period(database: Database) {
    let mut story = Story::begin(database).await;
    let ada = story.app.register().await;
    let mut monthly = paid_now("community-pro", "pm_card_visa");
    monthly["billing_period"] = json!("monthly");
    story.did(&ada, "subscribe/", monthly, 201).await;
    story.advance(20 * DAY, "twenty days later").await;
    story.did(&ada, "pause/", json!({"days": 30}), 200).await;
    story.advance(15 * DAY, "what was paid for is over").await;
    let seen = story.get(&ada, "subscription/").await;
    assert_eq!(seen["tier"]["slug"], "free");
    story.did(&ada, "resume/", json!({}), 200).await;
    let seen = story.get(&ada, "subscription/").await;
    assert_eq!(seen["tier"]["slug"], "community-pro");
    story.end("a_pause_skips_a_renewal_and_ends_with_a_paid_period").await;
}
