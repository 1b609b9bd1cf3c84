//! 3D Secure wherever something is paid or set up: passed, failed, and tried again. (The set-up of cards is in `cards`.)

use super::support::{
    DAY, answer_3ds, at, available, list, order, overview, paid_now, quarterly, settled, shop,
    wait_for_subscription, wait_for_tokens,
};
use serde_json::{Value, json};
use testkit::{App, Client, Database, wait_until};

testkit::on_both_databases!(
    a_first_payment_is_confirmed_at_the_second_try,
    a_trial_whose_confirmation_failed_begins_with_another,
    a_renewal_that_wants_the_person_is_confirmed_on_the_page,
    a_purchase_is_confirmed_at_the_second_try,
);

/// Wants the person for every payment, also after it was set up.
const STRICT: &str = "pm_card_authenticationRequired";

async fn paid(app: &App) -> usize {
    list(app, "/v1/charges?limit=100").await.iter().filter(|charge| charge["paid"] == true).count()
}

async fn pay(member: &Client, body: Value) -> Value {
    member.post(&at("subscription/pay/"), body).await.expect(200)
}

async fn a_first_payment_is_confirmed_at_the_second_try(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    let made = member.post(&at("subscribe/"), paid_now("pro-learn", STRICT)).await.expect(201);
    assert_eq!(
        (&made["subscription"]["status"], &made["confirm"]["intent"]),
        (&json!("incomplete"), &json!("payment"))
    );
    assert_eq!(overview(&member).await["tier"]["slug"], "free", "nothing was paid yet");
    answer_3ds(&app, &made["confirm"], "failed").await;
    settled(&app).await;
    let seen = overview(&member).await;
    assert_eq!(
        (&seen["subscription"]["status"], &seen["tier"]["slug"]),
        (&json!("incomplete"), &json!("free"))
    );
    assert_eq!(paid(&app).await, 0);
    let again =
        pay(&member, json!({"payment_method_id": made["subscription"]["payment_method"]["id"]})).await;
    answer_3ds(&app, &again["confirm"], "succeeded").await;
    let active = wait_for_subscription(&member, "status", json!("active")).await;
    assert_eq!(active["subscription"]["id"], made["subscription"]["id"]);
    assert_eq!((paid(&app).await, &active["tier"]["slug"]), (1, &json!("pro-learn")));
}

async fn a_trial_whose_confirmation_failed_begins_with_another(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    let wish = quarterly("community-pro", "pm_card_authenticationRequiredOnSetup");
    let first = member.post(&at("subscribe/"), wish.clone()).await.expect(201);
    answer_3ds(&app, &first["confirm"], "failed").await;
    assert_eq!(overview(&member).await["trial_available"], true, "it was not used");
    let second = member.post(&at("subscribe/"), wish.clone()).await.expect(201);
    assert_eq!(second["subscription"], json!(null));
    assert_ne!(second["confirm"]["client_secret"], first["confirm"]["client_secret"]);
    answer_3ds(&app, &second["confirm"], "succeeded").await;
    let third = member.post(&at("subscribe/"), wish).await.expect(201);
    assert_eq!((&third["subscription"]["status"], &third["confirm"]), (&json!("trialing"), &json!(null)));
    assert_eq!(list(&app, "/v1/subscriptions?status=all").await.len(), 1);
    // The bank was asked when it was set up, and does not ask again.
    app.advance(7 * DAY + 2 * 3_600).await;
    wait_for_subscription(&member, "status", json!("active")).await;
}

async fn a_renewal_that_wants_the_person_is_confirmed_on_the_page(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    let wish = quarterly("community-pro", STRICT);
    let first = member.post(&at("subscribe/"), wish.clone()).await.expect(201);
    answer_3ds(&app, &first["confirm"], "succeeded").await;
    let begun = member.post(&at("subscribe/"), wish).await.expect(201);
    assert_eq!(begun["subscription"]["status"], "trialing");
    app.advance(7 * DAY + 2 * 3_600).await;
    let late = wait_for_subscription(&member, "status", json!("past_due")).await;
    assert_eq!(late["tier"]["slug"], "community-pro", "grace");
    let newest = async || member.get(&at("invoices/")).await.expect(200)["data"][0].clone();
    let open = newest().await;
    assert_eq!(
        (&open["status"], &open["needs_confirmation"], &open["owed"]),
        (&json!("open"), &json!(true), &json!(true))
    );
    let asked = pay(&member, json!({})).await;
    answer_3ds(&app, &asked["confirm"], "failed").await;
    settled(&app).await;
    assert_eq!(overview(&member).await["subscription"]["status"], "past_due");
    let asked = pay(&member, json!({})).await;
    answer_3ds(&app, &asked["confirm"], "succeeded").await;
    let active = wait_for_subscription(&member, "status", json!("active")).await;
    assert_eq!((&active["subscription"]["grace_until"], paid(&app).await), (&json!(null), 1));
    let paid = newest().await;
    assert_eq!((&paid["needs_confirmation"], &paid["owed"]), (&json!(false), &json!(false)));
}

async fn a_purchase_is_confirmed_at_the_second_try(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    let made = order(&member, "starter", Some(STRICT)).await.expect(201);
    assert_eq!(made["purchase"]["status"], "pending");
    answer_3ds(&app, &made["confirm"], "failed").await;
    let path = at(&format!("tokens/purchases/{}/", made["purchase"]["id"].as_str().unwrap()));
    let failed = async || {
        let seen = member.get(&path).await.expect(200);
        (seen["purchase"]["status"] == "failed").then_some(())
    };
    wait_until("the purchase has failed", failed).await;
    assert_eq!((available(&member).await, paid(&app).await), (0, 0));
    let again = member.post(&format!("{path}pay/"), json!({"payment_method_id": STRICT})).await.expect(200);
    answer_3ds(&app, &again["confirm"], "succeeded").await;
    wait_for_tokens(&member, 100_000).await;
    assert_eq!(member.get(&path).await.expect(200)["purchase"]["status"], "completed");
    assert_eq!(paid(&app).await, 1);
}
