//! What is shown: how long it holds, what it is bound to, and what it costs in the end.

use super::super::flaky_stripe::{Fault, FlakyStripe};
use super::super::support::{
    DAY, at, count, list, quarterly, settled, shop, subscribe, wait_for_subscription,
};
use super::{accept, paid, preview, subscriber, to, update};
use axum::http::Method;
use serde_json::{Value, json};
use testkit::Database;

testkit::on_both_databases!(
    a_quote_holds_for_fifteen_minutes,
    a_quote_does_not_outlive_a_change_of_what_it_is_of,
    while_past_due_nothing_is_changed,
    the_same_plan_is_nothing_to_do,
    what_was_charged_above_the_quote_goes_back,
    a_promotion_code_lowers_what_is_quoted_and_charged,
    the_audit_log_says_what_a_change_has_cost,
);

async fn a_quote_holds_for_fifteen_minutes(database: Database) {
    let app = shop(database).await;
    let (member, _) = subscriber(&app, "community-pro", "pm_card_visa").await;
    app.advance(10 * DAY).await;
    let quote = preview(&member, to("pro-learn")).await;
    app.advance(15 * 60 + 1).await;
    let body = json!({"tier_slug": "pro-learn", "quote_id": quote["quote_id"]});
    let problem = update(&member, body).await.problem(409, "quote_expired");
    let fresh = &problem["quote"];
    assert_ne!(fresh["quote_id"], quote["quote_id"]);
    assert_eq!(paid(&app).await, [5_400]);
    let body = json!({"tier_slug": "pro-learn", "quote_id": fresh["quote_id"]});
    update(&member, body).await.expect(200);
    assert_eq!(paid(&app).await, [fresh["due_today"].as_i64().unwrap(), 5_400]);
}

async fn a_quote_does_not_outlive_a_change_of_what_it_is_of(database: Database) {
    let app = shop(database).await;
    let (member, made) = subscriber(&app, "community-pro", "pm_card_visa").await;
    app.advance(10 * DAY).await;
    let quote = preview(&member, to("pro-learn")).await;
    // Somebody gives the customer a credit.
    let path = format!("/v1/subscriptions/{}", made["stripe_subscription_id"].as_str().unwrap());
    let customer = app.stripe().get(&path).await.expect(200)["customer"].as_str().unwrap().to_owned();
    let form = [("amount", "-300"), ("currency", "usd")];
    let balance = format!("/v1/customers/{customer}/balance_transactions");
    app.stripe().post_form(&balance, &form).await.expect(200);
    let body = json!({"tier_slug": "pro-learn", "quote_id": quote["quote_id"]});
    let problem = update(&member, body.clone()).await.problem(409, "quote_expired");
    let due = |quote: &Value| quote["due_today"].as_i64().unwrap();
    assert_eq!(due(&problem["quote"]), due(&quote) - 300);
    // A quote of another plan, or of somebody else, is none either.
    let other = json!({"tier_slug": "pro-learn", "billing_period": "annual", "quote_id": problem["quote"]["quote_id"]});
    update(&member, other).await.problem(409, "quote_expired");
    let (stranger, _) = subscriber(&app, "community-pro", "pm_card_visa").await;
    let stolen = json!({"tier_slug": "pro-learn", "quote_id": problem["quote"]["quote_id"]});
    update(&stranger, stolen.clone()).await.problem(409, "quote_expired");
    update(&member, stolen).await.expect(200);
    assert_eq!(paid(&app).await[0], due(&problem["quote"]));
}

async fn while_past_due_nothing_is_changed(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    subscribe(&member, quarterly("community-pro", "pm_card_chargeCustomerFail")).await;
    app.advance(7 * DAY + 2 * 3_600).await;
    wait_for_subscription(&member, "status", json!("past_due")).await;
    member.post(&at("update/preview/"), to("pro-learn")).await.problem(409, "payment_due");
    update(&member, to("pro-learn")).await.problem(409, "payment_due");
    update(&member, json!({"billing_period": "monthly"})).await.problem(409, "payment_due");
    assert_eq!(count(&app, "SELECT COUNT(*) FROM plan_changes").await, 0);
}

async fn the_same_plan_is_nothing_to_do(database: Database) {
    let app = shop(database).await;
    let (member, made) = subscriber(&app, "pro-learn", "pm_card_visa").await;
    let (quote, answer) = accept(&member, to("pro-learn")).await;
    assert_eq!((&quote["kind"], &quote["due_today"]), (&json!("same"), &json!(0)));
    assert_eq!(answer["subscription"], made);
    assert_eq!(paid(&app).await, [10_500]);
}

async fn what_was_charged_above_the_quote_goes_back(database: Database) {
    let stripe = FlakyStripe::start().await;
    let app = stripe.shop(database).await;
    let (member, made) = subscriber(&app, "community-pro", "pm_card_visa").await;
    app.advance(10 * DAY).await;
    let path = format!("/v1/subscriptions/{}", made["stripe_subscription_id"].as_str().unwrap());
    let customer = app.stripe().get(&path).await.expect(200)["customer"].as_str().unwrap().to_owned();
    let balance = format!("/v1/customers/{customer}/balance_transactions");
    let credit = |amount: &'static str| [("amount", amount), ("currency", "usd")];
    app.stripe().post_form(&balance, &credit("-3000")).await.expect(200);
    stripe.set(Method::POST, "/v1/invoices/create_preview", Fault::HoldAnswer);
    let changing = tokio::spawn({
        let member = member.clone();
        async move { update(&member, to("pro-learn")).await }
    });
    stripe.met(1).await;
    // Between the price and the change somebody takes the credit away.
    app.stripe().post_form(&balance, &credit("3000")).await.expect(200);
    stripe.heal();
    stripe.release();
    changing.await.unwrap().expect(200);
    settled(&app).await;
    let quoted = count(&app, "SELECT due_today FROM plan_changes").await;
    assert_eq!(paid(&app).await[0], quoted + 3_000);
    let refunds = list(&app, "/v1/refunds").await;
    let back: Vec<_> = refunds.iter().map(|refund| refund["amount"].as_i64().unwrap()).collect();
    assert_eq!(back, [3_000]);
    let reported = "SELECT COUNT(*) FROM discrepancies WHERE kind = 'quote_mismatch'";
    assert_eq!(count(&app, reported).await, 1, "and a person looks at it");
}

async fn a_promotion_code_lowers_what_is_quoted_and_charged(database: Database) {
    let app = shop(database).await;
    let (member, _) = subscriber(&app, "community-pro", "pm_card_visa").await;
    let form = [("percent_off", "50"), ("duration", "forever")];
    let coupon = app.stripe().post_form("/v1/coupons", &form).await.expect(200);
    let form = [
        ("promotion[type]", "coupon"),
        ("promotion[coupon]", coupon["id"].as_str().unwrap()),
        ("code", "HALF"),
    ];
    app.stripe().post_form("/v1/promotion_codes", &form).await.expect(200);
    app.advance(10 * DAY).await;
    let wish = json!({"tier_slug": "pro-learn", "billing_period": "annual"});
    let plain = preview(&member, wish.clone()).await;
    let mut with = wish.clone();
    with["promotion_code"] = json!("half");
    let (quote, answer) = accept(&member, with).await;
    let due = |quote: &Value| quote["due_today"].as_i64().unwrap();
    assert!(due(&quote) < due(&plain), "{quote:#}");
    assert_eq!(quote["then"]["amount"], 36_900 / 2);
    assert_eq!(paid(&app).await[0], due(&quote));
    assert_eq!(answer["subscription"]["tier_slug"], "pro-learn");
    assert_eq!(answer["subscription"]["next_payment"]["amount"], 36_900 / 2);
    let unknown = json!({"billing_period": "monthly", "promotion_code": "NONE"});
    update(&member, unknown).await.problem(422, "promotion_code_invalid");
}

async fn the_audit_log_says_what_a_change_has_cost(database: Database) {
    let app = shop(database).await;
    let (member, _) = subscriber(&app, "community-pro", "pm_card_visa").await;
    app.advance(DAY).await;
    let (quote, _) = accept(&member, to("pro-learn")).await;
    member.post(&at("cancel/"), json!({"at": "now", "refund": true})).await.expect(200);
    settled(&app).await;
    let page = member.get(&at("subscription/changes/")).await.expect(200);
    let told = |entry: &Value| {
        ["kind", "from_tier", "to_tier", "from_amount", "to_amount", "charged", "cause"]
            .map(|name| entry[name].clone())
    };
    let entries: Vec<_> = page["data"].as_array().unwrap().iter().rev().map(told).collect();
    let due = quote["due_today"].as_i64().unwrap();
    let expected = [
        [
            json!("activated"),
            json!(null),
            json!("community-pro"),
            json!(null),
            json!(5_400),
            json!(5_400),
            json!("member"),
        ],
        [
            json!("plan_changed"),
            json!("community-pro"),
            json!("pro-learn"),
            json!(5_400),
            json!(10_500),
            json!(due),
            json!("member"),
        ],
        [
            json!("canceled"),
            json!("pro-learn"),
            json!("pro-learn"),
            json!(10_500),
            json!(10_500),
            json!(-(due + 5_400)),
            json!("member"),
        ],
    ];
    assert_eq!(entries, expected);
}
