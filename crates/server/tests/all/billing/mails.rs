//! What members are told by mail, and that each news is told once: whole lives as stories, whose text has the mails.

use super::story::Story;
use super::support::{DAY, count, list, paid_now, quarterly, settled};
use serde_json::{Value, json};
use store::{Query as _, args};
use testkit::{App, Database};

testkit::on_both_databases!(
    a_renewal_fails_until_the_subscription_ends_and_each_step_is_mailed_once,
    a_renewal_that_failed_is_paid_and_the_member_is_told,
    a_trial_is_reminded_of_three_days_before_it_is_charged,
    a_trial_that_was_canceled_is_not_reminded_of,
    a_renewal_that_its_bank_wants_confirmed_brings_the_person_to_the_page,
    a_prorated_charge_has_a_receipt_of_its_own,
    a_card_that_expires_before_the_next_payment_is_told_ahead,
    a_dispute_and_its_good_end_are_told,
    a_cancellation_with_its_money_back_is_told,
    an_upgrade_of_the_program_tells_nothing_of_long_ago,
);

/// The subjects of all mails but that which verifies an address, oldest first.
pub(crate) async fn subjects(app: &App) -> Vec<String> {
    let sql = "SELECT subject FROM outbox_messages
         WHERE kind = 'email' AND subject NOT LIKE '%verify%' ORDER BY id";
    let rows = app.database.db.reader().all::<(String,)>(sql, args![]).await.unwrap();
    rows.into_iter().map(|(subject,)| subject).collect()
}

async fn a_renewal_fails_until_the_subscription_ends_and_each_step_is_mailed_once(database: Database) {
    let mut story = Story::begin(database).await;
    let ada = story.app.register().await;
    story.did(&ada, "subscribe/", quarterly("community-pro", "pm_card_chargeCustomerFail"), 201).await;
    story.advance(7 * DAY + 2 * 3_600, "the trial is over, and the card is refused").await;
    story.get(&ada, "subscription/").await;
    for day in 1..=7 {
        story.app.advance(DAY).await;
        story.settled().await;
        story.tell(&format!("day {day} of grace"));
    }
    let seen = story.get(&ada, "subscription/").await;
    assert_eq!(
        (&seen["subscription"]["status"], &seen["tier"]["slug"]),
        (&json!("past_due"), &json!("free"))
    );
    story.advance(30 * DAY, "a month later Stripe has given up").await;
    let seen = story.get(&ada, "subscription/").await;
    assert_eq!(seen["subscription"], json!(null));
    story.end("a_renewal_fails_until_the_subscription_ends").await;
}

async fn a_renewal_that_failed_is_paid_and_the_member_is_told(database: Database) {
    let mut story = Story::begin(database).await;
    let ada = story.app.register().await;
    story.did(&ada, "subscribe/", quarterly("community-pro", "pm_card_chargeCustomerFail"), 201).await;
    story.advance(7 * DAY + 600, "the trial is over").await;
    story.advance(2 * 3_600, "the card is refused").await;
    let pay = json!({"payment_method_id": "pm_card_mastercard"});
    story.did(&ada, "subscription/pay/", pay, 200).await;
    story.settled().await;
    let mut told = subjects(&story.app).await;
    // A sync that an event of the new card has begun may see the payment before the status that follows from it.
    told[3..].sort();
    assert_eq!(
        told,
        [
            "Your Community Pro trial has started",
            "Your Community Pro subscription has begun",
            "Your payment of $54.00 did not go through",
            "Your payment has arrived",
            "Your receipt for $54.00",
        ]
    );
}

async fn a_trial_is_reminded_of_three_days_before_it_is_charged(database: Database) {
    let mut story = Story::begin(database).await;
    let ada = story.app.register().await;
    story.did(&ada, "subscribe/", quarterly("community-pro", "pm_card_visa"), 201).await;
    story.advance(3 * DAY, "three days").await;
    assert_eq!(subjects(&story.app).await, ["Your Community Pro trial has started"]);
    story.advance(DAY + 3_600, "four days").await;
    story.advance(2 * DAY, "six days").await;
    story.advance(DAY + 3_600, "the trial is over").await;
    story.end("a_trial_is_reminded_of").await;
}

async fn a_trial_that_was_canceled_is_not_reminded_of(database: Database) {
    let mut story = Story::begin(database).await;
    let ada = story.app.register().await;
    story.did(&ada, "subscribe/", quarterly("community-pro", "pm_card_visa"), 201).await;
    story.did(&ada, "cancel/", json!({}), 200).await;
    story.did(&ada, "resume/", json!({}), 200).await;
    story.advance(60, "a minute later").await;
    story.did(&ada, "cancel/", json!({}), 200).await;
    story.advance(5 * DAY, "five days").await;
    story.advance(3 * DAY, "the trial is over").await;
    story.settled().await;
    assert_eq!(
        subjects(&story.app).await,
        [
            "Your Community Pro trial has started",
            "Your Community Pro subscription ends on 8 January 2031",
            "Your Community Pro subscription goes on",
            "Your Community Pro subscription ends on 8 January 2031",
            "Your Community Pro subscription has ended",
        ]
    );
}

/// What the layer of 3D Secure does, when its person says yes.
async fn confirmed(story: &mut Story, noun: &str, asked: &Value) {
    let confirm = &asked["confirm"];
    assert_eq!(confirm["action"], "next_action", "{asked:#}");
    let secret = confirm["client_secret"].as_str().unwrap();
    let intent = secret.split("_secret_").next().unwrap();
    let form = [("outcome", "succeeded"), ("client_secret", secret)];
    story.at_stripe(&format!("/v1/{noun}/{intent}/3ds"), &form).await;
}

async fn a_renewal_that_its_bank_wants_confirmed_brings_the_person_to_the_page(database: Database) {
    let mut story = Story::begin(database).await;
    let ada = story.app.register().await;
    // This card wants its holder each time: when it is set up, and for every charge.
    let wish = quarterly("community-pro", "pm_card_authenticationRequired");
    let asked = story.did(&ada, "subscribe/", wish.clone(), 201).await;
    confirmed(&mut story, "setup_intents", &asked).await;
    story.did(&ada, "subscribe/", wish, 201).await;
    story.advance(7 * DAY + 2 * 3_600, "the trial is over, and the bank asks for its holder").await;
    story.get(&ada, "subscription/").await;
    let asked = story.did(&ada, "subscription/pay/", json!({}), 200).await;
    confirmed(&mut story, "payment_intents", &asked).await;
    let seen = story.get(&ada, "subscription/").await;
    assert_eq!(seen["subscription"]["status"], "active");
    story.end("a_renewal_that_its_bank_wants_confirmed").await;
}

async fn a_prorated_charge_has_a_receipt_of_its_own(database: Database) {
    let mut story = Story::begin(database).await;
    let ada = story.app.register().await;
    let made = story.did(&ada, "subscribe/", paid_now("community-pro", "pm_card_visa"), 201).await;
    story.advance(45 * DAY, "half of the quarter").await;
    let path =
        format!("/v1/subscriptions/{}", made["subscription"]["stripe_subscription_id"].as_str().unwrap());
    let item = story.app.stripe().get(&path).await.expect(200)["items"]["data"][0]["id"].clone();
    let price = list(&story.app, "/v1/prices?lookup_keys[0]=pro-learn_quarterly_usd").await.remove(0);
    let form = [
        ("items[0][id]", item.as_str().unwrap()),
        ("items[0][price]", price["id"].as_str().unwrap()),
        ("proration_behavior", "always_invoice"),
    ];
    story.at_stripe(&path, &form).await;
    let seen = story.get(&ada, "subscription/").await;
    assert_eq!(seen["tier"]["slug"], "pro-learn");
    story.end("a_prorated_charge_has_a_receipt_of_its_own").await;
}

async fn a_card_that_expires_before_the_next_payment_is_told_ahead(database: Database) {
    let mut story = Story::begin(database).await;
    let ada = story.app.register().await;
    let mut yearly = paid_now("community-pro", "pm_card_visa");
    yearly["billing_period"] = json!("annual");
    story.did(&ada, "subscribe/", yearly, 201).await;
    // The card is good until the end of the month in which the year began.
    let sql = "UPDATE user_subscriptions SET card_exp_month = 1, card_exp_year = 2031";
    super::support::run_sql(&story.app, sql).await;
    let expiring = async || {
        let told = subjects(&story.app).await;
        told.iter().filter(|it| it.as_str() == "Your card expires before your next payment").count()
    };
    story.app.advance(330 * DAY).await;
    settled(&story.app).await;
    story.app.billing().remind_of_cards().await.unwrap();
    assert_eq!(expiring().await, 0, "five weeks ahead is too early");
    story.app.advance(10 * DAY).await;
    for _ in 0..2 {
        story.app.billing().remind_of_cards().await.unwrap();
    }
    assert_eq!(expiring().await, 1);
}

async fn a_dispute_and_its_good_end_are_told(database: Database) {
    let mut story = Story::begin(database).await;
    let ada = story.app.register().await;
    let order = json!({"package_slug": "starter", "payment_method_id": "pm_card_createDispute"});
    story.did(&ada, "tokens/purchase/", order, 201).await;
    story.settled().await;
    let dispute = list(&story.app, "/v1/disputes").await.remove(0);
    let path = format!("/v1/disputes/{}", dispute["id"].as_str().unwrap());
    story.at_stripe(&path, &[("evidence[uncategorized_text]", "winning_evidence")]).await;
    story.advance(10, "the bank has decided").await;
    assert_eq!(
        subjects(&story.app).await,
        [
            "Your receipt for $5.00: 100,000 tokens",
            "Your tokens from Starter are on hold",
            "Your 100,000 tokens are back",
        ]
    );
}

async fn a_cancellation_with_its_money_back_is_told(database: Database) {
    let mut story = Story::begin(database).await;
    let ada = story.app.register().await;
    story.did(&ada, "subscribe/", paid_now("pro-learn", "pm_card_visa"), 201).await;
    for _ in 0..2 {
        let (status, _) = story.post(&ada, "cancel/", json!({"at": "now", "refund": true})).await;
        assert!([200, 409].contains(&status), "{status}");
    }
    story.settled().await;
    assert_eq!(
        subjects(&story.app).await,
        [
            "Welcome to Pro Learn",
            "Your receipt for $105.00",
            "Your refund of $105.00",
            "Your Pro Learn subscription has ended",
        ]
    );
}

async fn an_upgrade_of_the_program_tells_nothing_of_long_ago(database: Database) {
    let mut story = Story::begin(database).await;
    let ada = story.app.register().await;
    story.did(&ada, "subscribe/", paid_now("pro-learn", "pm_card_visa"), 201).await;
    story.advance(40 * DAY, "forty days").await;
    // As a program left it that mirrored no invoices and told nothing.
    for sql in ["DELETE FROM invoice_payments", "DELETE FROM invoices", "DELETE FROM outbox_messages"] {
        super::support::run_sql(&story.app, sql).await;
    }
    story.did(&ada, "cancel/", json!({}), 200).await;
    story.settled().await;
    assert_eq!(count(&story.app, "SELECT COUNT(*) FROM invoices").await, 1);
    assert_eq!(subjects(&story.app).await, ["Your Pro Learn subscription ends on 1 April 2031"]);
}
