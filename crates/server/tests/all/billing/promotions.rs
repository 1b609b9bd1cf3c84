//! Promotion codes: shown before anything is bought, taken off in fact, and refused with the reason.

use super::support::{
    DAY, at, customer_of, list, order, overview, paid_now, quarterly, shop, subscribe, wait_for_subscription,
};
use serde_json::{Value, json};
use testkit::{App, Client, Database, Reply};

testkit::on_both_databases!(
    a_code_is_shown_in_the_preview_and_taken_off_the_first_payment,
    what_a_code_takes_off_lasts_as_long_as_its_coupon_says,
    a_code_of_a_trial_lowers_the_first_payment_after_it,
    every_refusal_has_its_reason_and_makes_nothing,
    a_code_that_stripe_refuses_after_all_is_refused_in_its_words,
    a_declined_payment_with_a_first_time_code_stays_to_be_paid,
    another_code_is_another_wish,
    a_code_that_covers_everything_wants_no_payment,
);

/// A code at Stripe, with its coupon.
async fn offer(app: &App, code: &str, coupon: &[(&str, &str)], terms: &[(&str, &str)]) -> String {
    let coupon = app.stripe().post_form("/v1/coupons", coupon).await.expect(200);
    let named = [
        ("promotion[type]", "coupon"),
        ("promotion[coupon]", coupon["id"].as_str().unwrap()),
        ("code", code),
    ];
    let form = [&named[..], terms].concat();
    app.stripe().post_form("/v1/promotion_codes", &form).await.expect(200)["id"].as_str().unwrap().to_owned()
}

const QUARTER_OFF: [(&str, &str); 2] = [("percent_off", "25"), ("duration", "once")];

fn with_code(mut body: Value, code: &str) -> Value {
    body["promotion_code"] = json!(code);
    body
}

async fn preview(member: &Client, body: Value) -> Value {
    member.post(&at("subscribe/preview/"), body).await.expect(200)
}

/// What a preview charges today, and what it says of the next time.
fn amounts(preview: &Value) -> (Value, Value) {
    (preview["due_today"].clone(), preview["then"]["amount"].clone())
}

async fn charged(app: &App) -> Vec<i64> {
    let charges = list(app, "/v1/charges?limit=100").await;
    let paid = charges.iter().filter(|charge| charge["paid"] == true);
    paid.map(|charge| charge["amount"].as_i64().unwrap()).rev().collect()
}

async fn a_code_is_shown_in_the_preview_and_taken_off_the_first_payment(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    offer(&app, "SPRING", &QUARTER_OFF, &[]).await;
    let wish = with_code(paid_now("pro-learn", "pm_card_visa"), "spring");
    let shown = preview(&member, wish.clone()).await;
    assert_eq!(amounts(&shown), (json!(7_875), json!(10_500)));
    assert_eq!(shown["lines"][1], json!({"description": "Promotion code SPRING", "amount": -2_625}));
    let made = subscribe(&member, wish).await;
    assert_eq!(made["status"], "active");
    assert_eq!(charged(&app).await, [7_875]);
    assert_eq!(
        (&made["discount"], &made["next_payment"]["amount"]),
        (&json!(null), &json!(10_500)),
        "used up"
    );
}

async fn what_a_code_takes_off_lasts_as_long_as_its_coupon_says(database: Database) {
    let app = shop(database).await;
    offer(
        &app,
        "HALF4",
        &[("percent_off", "12.5"), ("duration", "repeating"), ("duration_in_months", "4")],
        &[],
    )
    .await;
    offer(&app, "ALWAYS", &[("amount_off", "500"), ("currency", "usd"), ("duration", "forever")], &[]).await;
    let (ada, bob) = (app.register().await, app.register().await);
    let for_months = with_code(paid_now("pro-learn", "pm_card_visa"), "HALF4");
    assert_eq!(amounts(&preview(&ada, for_months.clone()).await), (json!(9_187), json!(9_187)));
    let made = subscribe(&ada, for_months).await;
    assert_eq!(
        (&made["discount"]["code"], &made["discount"]["percent_off"]),
        (&json!("HALF4"), &json!(12.5))
    );
    assert_eq!(made["next_payment"]["amount"], 9_187);
    let for_ever = with_code(paid_now("pro-learn", "pm_card_visa"), "ALWAYS");
    assert_eq!(amounts(&preview(&bob, for_ever.clone()).await), (json!(10_000), json!(10_000)));
    let made = subscribe(&bob, for_ever).await;
    assert_eq!((&made["discount"]["amount_off"], &made["discount"]["ends_at"]), (&json!(500), &json!(null)));
    app.advance(93 * DAY).await;
    assert_eq!(charged(&app).await, [9_187, 10_000, 9_187, 10_000], "as was said");
    app.advance(93 * DAY).await;
    assert_eq!(charged(&app).await[4..], [10_500, 10_000]);
}

async fn a_code_of_a_trial_lowers_the_first_payment_after_it(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    offer(&app, "SPRING", &QUARTER_OFF, &[]).await;
    let wish = with_code(quarterly("community-pro", "pm_card_visa"), "SPRING");
    assert_eq!(amounts(&preview(&member, wish.clone()).await), (json!(0), json!(4_050)));
    let made = subscribe(&member, wish).await;
    assert_eq!((&made["status"], &made["next_payment"]["amount"]), (&json!("trialing"), &json!(4_050)));
    app.advance(7 * DAY + 2 * 3_600).await;
    let paid = wait_for_subscription(&member, "status", json!("active")).await;
    assert_eq!(charged(&app).await, [4_050]);
    assert_eq!(paid["subscription"]["next_payment"]["amount"], 5_400);
}

#[track_caller]
fn refused(reply: Reply, reason: &str) {
    assert_eq!(reply.problem(422, "promotion_code_invalid")["detail"], reason);
}

async fn every_refusal_has_its_reason_and_makes_nothing(database: Database) {
    let app = shop(database).await;
    let (ada, bob) = (app.register().await, app.register().await);
    order(&bob, "starter", Some("pm_card_visa")).await.expect(201);
    let bobs = customer_of(&app, &bob).await;
    let soon = (app.billing().now().seconds() + 60).to_string();
    let of_packages = [("applies_to[products][0]", "at_tokens_starter")];
    let euros = [("amount_off", "500"), ("currency", "eur"), ("duration", "once")];
    let dear = [("restrictions[minimum_amount]", "10501"), ("restrictions[minimum_amount_currency]", "usd")];
    offer(&app, "BOBS", &QUARTER_OFF, &[("customer", &bobs)]).await;
    offer(&app, "SHORT", &QUARTER_OFF, &[("expires_at", &soon)]).await;
    offer(&app, "TOKENS", &[&QUARTER_OFF[..], &of_packages].concat(), &[]).await;
    offer(&app, "EUROS", &euros, &[]).await;
    offer(&app, "DEAR", &QUARTER_OFF, &dear).await;
    offer(&app, "NEWCOMERS", &QUARTER_OFF, &[("restrictions[first_time_transaction]", "true")]).await;
    app.advance(61).await;
    for (member, code, reason) in [
        (&ada, "NONE", "There is no such code."),
        (&ada, "no such", "There is no such code."),
        (&ada, "SHORT", "There is no such code."),
        (&ada, "BOBS", "It is for another member."),
        (&ada, "TOKENS", "It is not for this plan."),
        (&ada, "EUROS", "It is for another currency."),
        (&ada, "DEAR", "The price is below its minimum."),
        (&bob, "NEWCOMERS", "It is for new members only."),
    ] {
        let wish = with_code(paid_now("pro-learn", "pm_card_visa"), code);
        refused(member.post(&at("subscribe/preview/"), wish.clone()).await, reason);
        refused(member.post(&at("subscribe/"), wish).await, reason);
    }
    assert_eq!(list(&app, "/v1/subscriptions?status=all").await.len(), 0);
    for (member, code) in [(&bob, "BOBS"), (&ada, "NEWCOMERS")] {
        let made = subscribe(member, with_code(paid_now("pro-learn", "pm_card_visa"), code)).await;
        assert_eq!(made["status"], "active", "{code}");
    }
    assert_eq!(charged(&app).await, [500, 7_875, 7_875]);
}

async fn a_code_that_stripe_refuses_after_all_is_refused_in_its_words(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    offer(&app, "TWICE", &QUARTER_OFF, &[("max_redemptions", "1")]).await;
    let other = app.register().await;
    let wish = with_code(paid_now("pro-learn", "pm_card_visa"), "TWICE");
    preview(&member, wish.clone()).await;
    subscribe(&other, wish.clone()).await;
    refused(member.key("k").post(&at("subscribe/"), wish.clone()).await, "There is no such code.");
    assert_eq!(overview(&member).await["subscription"], json!(null));
    let without = paid_now("pro-learn", "pm_card_visa");
    assert_eq!(subscribe(&member, without).await["status"], "active", "nothing of it is in the way");
}

async fn a_declined_payment_with_a_first_time_code_stays_to_be_paid(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    offer(&app, "WELCOME", &QUARTER_OFF, &[("restrictions[first_time_transaction]", "true")]).await;
    let wish = with_code(paid_now("pro-learn", "pm_card_chargeCustomerFail"), "WELCOME");
    member.post(&at("subscribe/"), wish.clone()).await.problem(402, "card_declined");
    let left = overview(&member).await;
    assert_eq!(left["subscription"]["status"], "incomplete");
    assert_eq!(left["tier"]["slug"], "free");
    let again = member.post(&at("subscribe/"), wish).await.expect(201);
    assert_eq!(again["subscription"]["id"], left["subscription"]["id"], "the same wish is gone on with");
    assert_eq!(again["confirm"]["action"], "collect");
    let paid =
        member.post(&at("subscription/pay/"), json!({"payment_method_id": "pm_card_visa"})).await.expect(200);
    assert_eq!(paid["subscription"]["status"], "active");
    assert_eq!(charged(&app).await, [7_875], "the code was not lost");
}

async fn another_code_is_another_wish(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    offer(&app, "SPRING", &QUARTER_OFF, &[]).await;
    let card = "pm_card_authenticationRequired";
    let plain = member.post(&at("subscribe/"), paid_now("pro-learn", card)).await.expect(201);
    refused(
        member.post(&at("subscribe/"), with_code(paid_now("pro-learn", card), "NONE")).await,
        "There is no such code.",
    );
    assert_eq!(
        overview(&member).await["subscription"]["id"],
        plain["subscription"]["id"],
        "it is still there"
    );
    let lowered =
        member.post(&at("subscribe/"), with_code(paid_now("pro-learn", card), "SPRING")).await.expect(201);
    assert_ne!(lowered["subscription"]["id"], plain["subscription"]["id"]);
    let same =
        member.post(&at("subscribe/"), with_code(paid_now("pro-learn", card), "spring ")).await.expect(201);
    assert_eq!(same["subscription"]["id"], lowered["subscription"]["id"]);
    let statuses: Vec<_> = list(&app, "/v1/subscriptions?status=all")
        .await
        .iter()
        .map(|one| one["status"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(statuses, ["incomplete", "incomplete_expired"]);
}

async fn a_code_that_covers_everything_wants_no_payment(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    offer(&app, "GIFT", &[("percent_off", "100"), ("duration", "once")], &[]).await;
    let wish = json!({"tier_slug": "pro-learn", "billing_period": "quarterly", "promotion_code": "GIFT"});
    let made = member.post(&at("subscribe/"), wish).await.expect(201);
    assert_eq!(made["subscription"]["status"], "active");
    assert!(charged(&app).await.is_empty());
}
