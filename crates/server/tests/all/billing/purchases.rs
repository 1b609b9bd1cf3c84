//! Purchases to their end: paid at the second try, refunded in parts, forgotten.

use super::flaky_stripe::FlakyStripe;
use super::support::{
    DAY, at, available, balance, books_agree, buy, count, customer_of, list, order, run_sql, settled, shop,
    wait_for_tokens,
};
use billing::consents::Consent;
use billing::purchases::Buy;
use billing::{Billing, Error, Options};
use domain::ids::AccountId;
use serde_json::{Value, json};
use testkit::{App, Client, Database, wait_until};

testkit::on_both_databases!(
    a_failed_purchase_is_retried_with_the_intent_that_it_has,
    a_purchase_refunded_in_several_parts_loses_its_share_of_each,
    trap_26_two_purchases_of_one_package_in_one_minute_are_two,
    a_purchase_that_nobody_confirms_is_voided_after_a_day,
    a_failed_purchase_that_nobody_retries_is_voided_after_a_day,
    a_forgotten_purchase_that_was_paid_at_the_last_moment_is_granted,
    an_abandoned_purchase_cannot_be_paid_any_more,
    with_real_money_nobody_is_forgotten_because_of_a_wrong_key,
);

async fn purchase(member: &Client, id: &Value) -> Value {
    member.get(&at(&format!("tokens/purchases/{}/", id.as_str().unwrap()))).await.expect(200)["purchase"]
        .clone()
}

async fn wait_for_status(member: &Client, id: &Value, status: &str) -> Value {
    let look = async || {
        let seen = purchase(member, id).await;
        (seen["status"] == status).then_some(seen)
    };
    wait_until(&format!("it is {status}"), look).await
}

async fn intent_of(app: &App, purchase: &Value) -> Value {
    let id = purchase["stripe_payment_intent_id"].as_str().unwrap();
    app.stripe().get(&format!("/v1/payment_intents/{id}")).await.expect(200)
}

async fn a_failed_purchase_is_retried_with_the_intent_that_it_has(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    let refused = order(&member, "starter", Some("pm_card_chargeDeclined")).await;
    let failed = refused.problem(402, "card_declined")["purchase"].clone();
    let path = at(&format!("tokens/purchases/{}/pay/", failed["id"].as_str().unwrap()));
    let paid = member.post(&path, json!({"payment_method_id": "pm_card_visa"})).await.expect(200);
    assert_eq!(paid["purchase"]["status"], "completed");
    assert_eq!(paid["purchase"]["stripe_payment_intent_id"], failed["stripe_payment_intent_id"]);
    assert_eq!(list(&app, "/v1/payment_intents").await.len(), 1);
    // Once more: it is paid, and stays so.
    let again = member.post(&path, json!({"payment_method_id": "pm_card_visa"})).await.expect(200);
    assert_eq!(again["purchase"]["status"], "completed");
    assert_eq!(available(&member).await, 100_000);
    assert_eq!(list(&app, "/v1/charges").await.iter().filter(|charge| charge["paid"] == true).count(), 1);
}

async fn a_purchase_refunded_in_several_parts_loses_its_share_of_each(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    let bought = buy(&member, "starter").await;
    let intent = bought["stripe_payment_intent_id"].as_str().unwrap();
    // Of 500: a third and a bit, rounded up each time in all, never more than all.
    for (amount, left) in [("1", 99_800), ("166", 66_600), ("166", 33_400), ("167", 0)] {
        let form = [("payment_intent", intent), ("amount", amount)];
        app.stripe().post_form("/v1/refunds", &form).await.expect(200);
        wait_for_tokens(&member, left).await;
    }
    settled(&app).await;
    let seen = wait_for_status(&member, &bought["id"], "refunded").await;
    assert_eq!(seen["refunded_amount"], 500);
    assert_eq!(count(&app, "SELECT COUNT(*) FROM token_transactions WHERE kind = 'refund'").await, 4);
    assert_eq!(balance(&member).await["debt"], 0);
    books_agree(&app).await;
}

async fn trap_26_two_purchases_of_one_package_in_one_minute_are_two(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    let [first, second] = [buy(&member, "starter").await, buy(&member, "starter").await];
    assert_ne!(first["id"], second["id"]);
    assert_ne!(first["stripe_payment_intent_id"], second["stripe_payment_intent_id"]);
    assert_eq!(available(&member).await, 200_000);
    // A refund of one is not one of the other.
    let form = [("payment_intent", second["stripe_payment_intent_id"].as_str().unwrap())];
    app.stripe().post_form("/v1/refunds", &form).await.expect(200);
    wait_for_tokens(&member, 100_000).await;
    assert_eq!(purchase(&member, &first["id"]).await["status"], "completed");
    books_agree(&app).await;
}

async fn a_purchase_that_nobody_confirms_is_voided_after_a_day(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    let asked = order(&member, "starter", None).await.expect(201)["purchase"].clone();
    app.advance(DAY - 60).await;
    app.billing().void_abandoned_purchases().await.unwrap();
    assert_eq!(purchase(&member, &asked["id"]).await["status"], "pending", "a day is not over");
    app.advance(120).await;
    wait_for_status(&member, &asked["id"], "canceled").await;
    assert_eq!(intent_of(&app, &asked).await["status"], "canceled");
    // Twice is once.
    app.billing().void_abandoned_purchases().await.unwrap();
    assert_eq!(purchase(&member, &asked["id"]).await["status"], "canceled");
    assert_eq!(available(&member).await, 0);
}

async fn a_failed_purchase_that_nobody_retries_is_voided_after_a_day(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    let refused = order(&member, "starter", Some("pm_card_chargeDeclined")).await;
    let failed = refused.problem(402, "card_declined")["purchase"].clone();
    app.advance(DAY + 60).await;
    wait_for_status(&member, &failed["id"], "canceled").await;
    assert_eq!(intent_of(&app, &failed).await["status"], "canceled");
}

async fn confirm(app: &App, purchase: &Value) -> u16 {
    let card = [("payment_method", "pm_card_visa"), ("return_url", "https://example.com/")];
    let intent = purchase["stripe_payment_intent_id"].as_str().unwrap();
    app.stripe().post_form(&format!("/v1/payment_intents/{intent}/confirm"), &card).await.status
}

async fn a_forgotten_purchase_that_was_paid_at_the_last_moment_is_granted(database: Database) {
    let stripe = FlakyStripe::start().await;
    // No event comes: only the worker sees it.
    let app = stripe.quiet_shop(database).await;
    let member = app.register().await;
    let asked = order(&member, "starter", None).await.expect(201)["purchase"].clone();
    assert_eq!(confirm(&app, &asked).await, 200);
    app.advance(DAY + 60).await;
    wait_for_status(&member, &asked["id"], "completed").await;
    assert_eq!(available(&member).await, 100_000);
    assert_eq!(intent_of(&app, &asked).await["status"], "succeeded");
    assert_eq!(list(&app, "/v1/refunds").await.len(), 0);
    books_agree(&app).await;
}

async fn an_abandoned_purchase_cannot_be_paid_any_more(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    let asked = order(&member, "starter", None).await.expect(201)["purchase"].clone();
    app.advance(DAY + 60).await;
    wait_for_status(&member, &asked["id"], "canceled").await;
    let path = at(&format!("tokens/purchases/{}/pay/", asked["id"].as_str().unwrap()));
    let late = member.post(&path, json!({"payment_method_id": "pm_card_visa"})).await.expect(200);
    assert_eq!((&late["purchase"]["status"], &late["confirm"]), (&json!("canceled"), &json!(null)));
    assert_eq!(confirm(&app, &asked).await, 400, "nor in the browser");
    settled(&app).await;
    assert_eq!(available(&member).await, 0);
    assert_eq!(list(&app, "/v1/charges").await.len(), 0);
}

/// With the key of another account of Stripe's no customer of ours is there.
async fn with_real_money_nobody_is_forgotten_because_of_a_wrong_key(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    buy(&member, "starter").await;
    settled(&app).await;
    run_sql(&app, "UPDATE accounts SET stripe_customer_id = 'cus_x' WHERE stripe_customer_id IS NOT NULL")
        .await;
    let account = balance(&member).await["account_id"].as_str().unwrap().to_owned();
    let wish = Buy {
        account: AccountId::from_stored(account),
        package_slug: "starter".to_owned(),
        payment_method: Some("pm_card_visa".into()),
        currency: None,
        request_key: "a wish".to_owned(),
        consent: Consent::default(),
    };
    let options = Options { live: true, ..app.billing().options.clone() };
    let live = Billing { options, ..app.billing().clone() };
    let refused = live.buy(wish).await;
    let Err(Error::Internal(reason)) = &refused else { panic!("{refused:?}") };
    assert!(reason.contains("STRIPE_SECRET_KEY"), "{reason}");
    assert_eq!(customer_of(&app, &member).await, "cus_x");
    assert_eq!(list(&app, "/v1/customers").await.len(), 1, "no other was made");
}
