//! Phase 2: what the application makes at Stripe, and how it fails.

use crate::billing::support::{at, buy, count, customer_of, list, order, paid_now, shop, subscribe};
use serde_json::json;
use testkit::Database;

testkit::on_both_databases!(
    can_create_test_stripe_customer,
    can_create_test_subscription,
    can_create_test_payment_intent,
    error_handling_works_invalid_tier,
);

async fn can_create_test_stripe_customer(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    assert_eq!(list(&app, "/v1/customers").await.len(), 0, "nobody is a customer before there is a need");
    buy(&member, "starter").await;
    subscribe(&member, paid_now("community-pro", "pm_card_visa")).await;
    let customers = list(&app, "/v1/customers").await;
    assert_eq!(customers.len(), 1);
    let id = customer_of(&app, &member).await;
    let me = member.get("/api/v1/auth/me/").await.expect(200);
    let email = if me["email"].is_null() { &me["user"]["email"] } else { &me["email"] };
    assert_eq!((&customers[0]["id"], &customers[0]["email"]), (&json!(id), email));
    let account = member.get(&at("tokens/balance/")).await.expect(200)["account_id"].clone();
    assert_eq!(customers[0]["metadata"]["account_id"], account);
}

async fn can_create_test_subscription(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    let made = subscribe(&member, paid_now("pro-learn", "pm_card_visa")).await;
    let id = made["stripe_subscription_id"].as_str().unwrap();
    let seen = app.stripe().get(&format!("/v1/subscriptions/{id}")).await.expect(200);
    assert_eq!((&seen["status"], &made["status"]), (&json!("active"), &json!("active")));
    assert_eq!(seen["items"]["data"][0]["price"]["lookup_key"], "pro-learn_quarterly_usd");
    assert_eq!(seen["metadata"]["account_id"], made["account_id"]);
    let invoices = list(&app, &format!("/v1/invoices?subscription={id}")).await;
    assert_eq!((invoices.len(), &invoices[0]["amount_paid"]), (1, &json!(10_500)));
}

async fn can_create_test_payment_intent(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    let purchase = buy(&member, "booster").await;
    let id = purchase["stripe_payment_intent_id"].as_str().unwrap();
    let seen = app.stripe().get(&format!("/v1/payment_intents/{id}")).await.expect(200);
    assert_eq!((&seen["amount_received"], &seen["currency"]), (&json!(2_000), &json!("usd")));
    assert_eq!(seen["metadata"]["purchase_id"], purchase["id"]);
}

async fn error_handling_works_invalid_tier(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    let refused = async |tier: &str| member.post(&at("subscribe/"), paid_now(tier, "pm_card_visa")).await;
    refused("platinum").await.problem(404, "unknown_tier");
    refused("").await.problem(404, "unknown_tier");
    refused("creator-mentor").await.problem(409, "tier_by_invitation");
    refused("free").await.problem(422, "invalid_request");
    order(&member, "gigantic", Some("pm_card_visa")).await.problem(404, "unknown_package");
    let no_card = member.post(&at("subscribe/"), paid_now("pro-learn", "pm_none_such")).await;
    let no_card = no_card.problem(422, "invalid_request");
    assert_eq!(no_card["errors"][0]["field"], "payment_method_id");
    let code = json!({"tier_slug": "pro-learn", "billing_period": "annual", "promotion_code": "SPRING"});
    member.post(&at("subscribe/"), code).await.problem(422, "promotion_code_invalid");
    assert_eq!(count(&app, "SELECT COUNT(*) FROM user_subscriptions").await, 0);
    assert_eq!(list(&app, "/v1/subscriptions?status=all").await.len(), 0);
}
