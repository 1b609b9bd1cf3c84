//! Trials: a card first, and once per user, per address and per card.

use super::flaky_stripe::{Fault, FlakyStripe};
use super::support::{
    DAY, at, list, overview, paid_now, quarterly, seeded, shop, subscribe, wait_for_subscription,
};
use axum::http::Method;
use serde_json::{Value, json};
use testkit::{App, Client, Database};

testkit::on_both_databases!(
    trap_19_a_user_has_one_trial,
    trap_19_an_address_with_a_tag_is_no_other_address,
    trap_19_a_card_has_one_trial_where_the_catalog_says_so,
    trap_34_a_trial_with_3d_secure_confirms_its_setup_intent,
    a_trial_without_a_card_has_the_browser_take_one_first,
    a_trial_ends_in_a_payment,
    another_card_gets_the_trial_where_the_answer_to_the_first_was_lost,
);

async fn trap_19_a_user_has_one_trial(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    subscribe(&member, quarterly("community-pro", "pm_card_visa")).await;
    member.post(&at("cancel/"), json!({"at": "now"})).await.expect(200);
    let again = member.post(&at("subscribe/"), quarterly("community-pro", "pm_card_mastercard")).await;
    let again = again.problem(409, "trial_used");
    assert_eq!((&again["preview"]["kind"], &again["preview"]["due_today"]), (&json!("new"), &json!(5_400)));
    assert_eq!(overview(&member).await["subscription"], json!(null), "nothing was made");
    assert_eq!(list(&app, "/v1/charges").await.len(), 0, "nothing was charged");
    let paid = subscribe(&member, paid_now("community-pro", "pm_card_visa")).await;
    assert_eq!((&paid["status"], &paid["trial_end"]), (&json!("active"), &json!(null)));
}

async fn register(app: &App, email: &str) -> Client {
    let body = json!({"email": email, "password": "correct horse"});
    let made = app.anyone().post("/api/v1/auth/register/", body).await.expect(201);
    app.anyone().bearer(made["token"].as_str().unwrap())
}

async fn trap_19_an_address_with_a_tag_is_no_other_address(database: Database) {
    let app = shop(database).await;
    let first = register(&app, "ada@members.example").await;
    subscribe(&first, quarterly("community-pro", "pm_card_visa")).await;
    let second = register(&app, "ada+again@members.example").await;
    assert_eq!(overview(&second).await["trial_available"], false);
    let refused = second.post(&at("subscribe/"), quarterly("community-pro", "pm_card_mastercard")).await;
    refused.problem(409, "trial_used");
}

async fn trap_19_a_card_has_one_trial_where_the_catalog_says_so(database: Database) {
    let catalog = include_str!("../../../../../catalog.toml");
    let path = database.folder().join("catalog.toml");
    std::fs::write(&path, catalog.replace("once_per_card = \"live\"", "once_per_card = true")).unwrap();
    let app = seeded(App::start_with(database, &[("CATALOG", path.to_str().unwrap())]).await).await;
    let (ada, bob) = (app.register().await, app.register().await);
    subscribe(&ada, quarterly("community-pro", "pm_card_visa")).await;
    let refused = bob.post(&at("subscribe/"), quarterly("community-pro", "pm_card_visa")).await;
    assert_eq!(refused.problem(409, "trial_used")["preview"]["due_today"], 5_400);
    assert_eq!(list(&app, "/v1/subscriptions?status=all").await.len(), 1);
    let other_card = subscribe(&bob, quarterly("community-pro", "pm_card_mastercard")).await;
    assert_eq!(other_card["status"], "trialing");
}

/// What the 3D Secure layer, or the payment element, does in the browser.
async fn in_the_browser(app: &App, confirm: &Value, step: &str, form: &[(&str, &str)]) {
    let secret = confirm["client_secret"].as_str().unwrap();
    let intent = secret.split("_secret_").next().unwrap();
    app.stripe().post_form(&format!("/v1/setup_intents/{intent}/{step}"), form).await.expect(200);
}

async fn trap_34_a_trial_with_3d_secure_confirms_its_setup_intent(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    let wish = quarterly("community-pro", "pm_card_authenticationRequiredOnSetup");
    let first = member.key("first").post(&at("subscribe/"), wish.clone()).await.expect(201);
    let confirm = &first["confirm"];
    assert_eq!((&confirm["intent"], &confirm["action"]), (&json!("setup"), &json!("next_action")));
    assert_eq!(first["subscription"], json!(null));
    let secret = confirm["client_secret"].as_str().unwrap();
    assert!(secret.starts_with("seti_") && secret.contains("_secret_"), "{secret}");
    in_the_browser(&app, confirm, "3ds", &[("outcome", "succeeded"), ("client_secret", secret)]).await;
    let second = member.key("second").post(&at("subscribe/"), wish).await.expect(201);
    assert_eq!((&second["subscription"]["status"], &second["confirm"]), (&json!("trialing"), &json!(null)));
    assert_eq!(list(&app, "/v1/subscriptions?status=all").await.len(), 1);
}

async fn a_trial_without_a_card_has_the_browser_take_one_first(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    let wish = json!({"tier_slug": "community-pro", "billing_period": "monthly"});
    let first = member.post(&at("subscribe/"), wish.clone()).await.expect(201);
    assert_eq!(
        (&first["confirm"]["intent"], &first["confirm"]["action"]),
        (&json!("setup"), &json!("collect"))
    );
    let card = [("payment_method", "pm_card_visa"), ("return_url", "https://example.com/")];
    in_the_browser(&app, &first["confirm"], "confirm", &card).await;
    let second = member.post(&at("subscribe/"), wish).await.expect(201);
    assert_eq!(second["subscription"]["status"], "trialing");
    assert_eq!(second["subscription"]["payment_method"]["last4"], "4242");
}

async fn a_trial_ends_in_a_payment(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    subscribe(&member, quarterly("community-pro", "pm_card_visa")).await;
    app.advance(7 * DAY + 2 * 3_600).await;
    let seen = wait_for_subscription(&member, "status", json!("active")).await;
    assert_eq!(seen["tier"]["slug"], "community-pro");
    let charges = list(&app, "/v1/charges").await;
    assert_eq!((charges.len(), &charges[0]["amount"]), (1, &json!(5_400)));
}

async fn another_card_gets_the_trial_where_the_answer_to_the_first_was_lost(database: Database) {
    let stripe = FlakyStripe::start().await;
    let app = stripe.shop(database).await;
    let member = app.register().await;
    // The card is set up, and becomes the customer's default unheard.
    stripe.set(Method::POST, "/v1/customers/", Fault::LoseAnswer);
    let wish = quarterly("community-pro", "pm_card_visa");
    member.key("first").post(&at("subscribe/"), wish).await.problem(503, "stripe_unavailable");
    stripe.heal();
    let other = [("type", "card"), ("card[token]", "tok_mastercard")];
    let other = app.stripe().post_form("/v1/payment_methods", &other).await.expect(200);
    let wish = quarterly("community-pro", other["id"].as_str().unwrap());
    let made = member.key("second").post(&at("subscribe/"), wish).await.expect(201)["subscription"].clone();
    assert_eq!((&made["status"], &made["payment_method"]["last4"]), (&json!("trialing"), &json!("4444")));
    let customer = list(&app, "/v1/customers").await.remove(0);
    assert_eq!(customer["invoice_settings"]["default_payment_method"], other["id"]);
    assert_eq!(list(&app, "/v1/subscriptions?status=all").await.len(), 1);
}
