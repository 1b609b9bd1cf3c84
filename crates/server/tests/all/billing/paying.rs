//! Paying what is still open: a purchase whose card was refused, a subscription that is past due or incomplete.

use super::flaky_stripe::{Fault, FlakyStripe};
use super::support::{
    DAY, at, available, books_agree, buy, list, order, overview, paid_now, quarterly, settled, shop,
    subscribe, wait_for_subscription,
};
use axum::http::Method;
use futures_util::future::join_all;
use serde_json::{Value, json};
use testkit::{Client, Database, Reply};

testkit::on_both_databases!(
    a_refused_purchase_is_paid_with_another_card_as_the_same_payment,
    a_purchase_is_paid_once_however_often_it_is_asked,
    a_purchase_of_somebody_else_cannot_be_paid,
    a_payment_whose_answer_was_lost_is_finished_without_a_second_charge,
    trap_05_a_past_due_member_pays_with_another_card_and_is_active_again,
    an_incomplete_subscription_is_paid_with_another_card,
    with_nothing_open_paying_answers_the_subscription_as_it_is,
    the_longest_key_is_a_key,
);

async fn pay(member: &Client, purchase: &Value, card: Option<&str>) -> Reply {
    let path = at(&format!("tokens/purchases/{}/pay/", purchase["id"].as_str().unwrap()));
    member.post(&path, json!({"payment_method_id": card})).await
}

/// A purchase that the card's bank refused.
async fn refused(member: &Client) -> Value {
    let reply = order(member, "starter", Some("pm_card_chargeDeclined")).await;
    reply.problem(402, "card_declined")["purchase"].clone()
}

async fn a_refused_purchase_is_paid_with_another_card_as_the_same_payment(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    let purchase = refused(&member).await;
    assert_eq!(purchase["status"], "failed");
    let again = pay(&member, &purchase, Some("pm_card_chargeDeclinedInsufficientFunds")).await;
    let again = again.problem(402, "card_declined");
    assert_eq!(
        (&again["decline_code"], &again["purchase"]["id"]),
        (&json!("insufficient_funds"), &purchase["id"])
    );
    let browser = pay(&member, &purchase, None).await.expect(200);
    assert_eq!(browser["confirm"]["action"], "collect");
    let paid = pay(&member, &purchase, Some("pm_card_visa")).await.expect(200);
    assert_eq!((&paid["purchase"]["status"], &paid["confirm"]), (&json!("completed"), &json!(null)));
    assert_eq!(paid["purchase"]["stripe_payment_intent_id"], purchase["stripe_payment_intent_id"]);
    assert_eq!(available(&member).await, 100_000);
    let charges = list(&app, "/v1/charges").await;
    assert_eq!(charges.iter().filter(|charge| charge["paid"] == true).count(), 1);
    books_agree(&app).await;
}

async fn a_purchase_is_paid_once_however_often_it_is_asked(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    let purchase = refused(&member).await;
    let replies = join_all((0..6).map(|_| pay(&member, &purchase, Some("pm_card_visa")))).await;
    for reply in &replies {
        assert!(reply.status == 200 || reply.body["code"] == "idempotency_key_in_use", "{:#}", reply.body);
    }
    settled(&app).await;
    let after = pay(&member, &purchase, Some("pm_card_mastercard")).await.expect(200);
    assert_eq!(after["purchase"]["status"], "completed");
    let charges = list(&app, "/v1/charges").await;
    assert_eq!(charges.iter().filter(|charge| charge["paid"] == true).count(), 1);
    assert_eq!(available(&member).await, 100_000);
}

async fn a_purchase_of_somebody_else_cannot_be_paid(database: Database) {
    let app = shop(database).await;
    let (ada, bob) = (app.register().await, app.register().await);
    let purchase = refused(&ada).await;
    pay(&bob, &purchase, Some("pm_card_visa")).await.problem(404, "not_found");
    pay(&bob, &json!({"id": "pur_none"}), None).await.problem(404, "not_found");
    assert_eq!(available(&ada).await, 0);
    assert_eq!(list(&app, "/v1/charges").await.iter().filter(|charge| charge["paid"] == true).count(), 0);
}

async fn a_payment_whose_answer_was_lost_is_finished_without_a_second_charge(database: Database) {
    let stripe = FlakyStripe::start().await;
    let app = stripe.shop(database).await;
    let member = app.register().await;
    let purchase = refused(&member).await;
    stripe.set(Method::POST, "/v1/payment_intents/", Fault::LoseAnswer);
    pay(&member, &purchase, Some("pm_card_visa")).await.problem(503, "stripe_unavailable");
    stripe.heal();
    let finished = pay(&member, &purchase, Some("pm_card_visa")).await.expect(200);
    assert_eq!(finished["purchase"]["status"], "completed");
    settled(&app).await;
    assert_eq!(available(&member).await, 100_000);
    let charges = list(&app, "/v1/charges").await;
    assert_eq!(charges.iter().filter(|charge| charge["paid"] == true).count(), 1);
}

async fn trap_05_a_past_due_member_pays_with_another_card_and_is_active_again(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    subscribe(&member, quarterly("community-pro", "pm_card_chargeCustomerFail")).await;
    app.advance(7 * DAY + 2 * 3_600).await;
    wait_for_subscription(&member, "status", json!("past_due")).await;
    let same = member.post(&at("subscription/pay/"), json!({})).await;
    same.problem(402, "card_declined");
    let bad = json!({"payment_method_id": "pm_card_chargeDeclined"});
    member.post(&at("subscription/pay/"), bad).await.problem(402, "card_declined");
    let good = json!({"payment_method_id": "pm_card_mastercard"});
    let paid = member.post(&at("subscription/pay/"), good).await.expect(200);
    assert_eq!((&paid["subscription"]["status"], &paid["confirm"]), (&json!("active"), &json!(null)));
    assert_eq!(paid["subscription"]["payment_method"]["last4"], "4444", "its renewals are paid by it, too");
    assert_eq!(overview(&member).await["tier"]["slug"], "community-pro");
    assert_eq!(list(&app, "/v1/invoices?status=open").await.len(), 0);
}

async fn an_incomplete_subscription_is_paid_with_another_card(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    let wish = paid_now("pro-learn", "pm_card_authenticationRequired");
    let made = member.post(&at("subscribe/"), wish).await.expect(201);
    assert_eq!(made["subscription"]["status"], "incomplete");
    let body = json!({"payment_method_id": "pm_card_visa"});
    let paid = member.post(&at("subscription/pay/"), body).await.expect(200);
    assert_eq!(paid["subscription"]["status"], "active");
    assert_eq!(paid["subscription"]["id"], made["subscription"]["id"]);
    assert_eq!(list(&app, "/v1/subscriptions?status=all").await.len(), 1);
}

async fn with_nothing_open_paying_answers_the_subscription_as_it_is(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    member.post(&at("subscription/pay/"), json!({})).await.problem(409, "no_subscription");
    let made = subscribe(&member, paid_now("pro-learn", "pm_card_visa")).await;
    let paid = member.post(&at("subscription/pay/"), json!({})).await.expect(200);
    assert_eq!((&paid["subscription"], &paid["confirm"]), (&made, &json!(null)));
    assert_eq!(list(&app, "/v1/charges").await.len(), 1);
    let purchase = buy(&member, "starter").await;
    let again = pay(&member, &purchase, Some("pm_card_visa")).await.expect(200);
    assert_eq!(again["purchase"], purchase);
    assert_eq!(list(&app, "/v1/charges").await.len(), 2);
}

async fn the_longest_key_is_a_key(database: Database) {
    let app = shop(database).await;
    let member = app.register().await.key(&"k".repeat(255));
    subscribe(&member, quarterly("community-pro", "pm_card_chargeCustomerFail")).await;
    order(&member, "starter", Some("pm_card_visa")).await.expect(201);
    app.advance(7 * DAY + 2 * 3_600).await;
    wait_for_subscription(&member, "status", json!("past_due")).await;
    let good = json!({"payment_method_id": "pm_card_visa"});
    let paid = member.post(&at("subscription/pay/"), good.clone()).await.expect(200);
    assert_eq!(paid["subscription"]["status"], "active");
    let again = member.post(&at("subscription/pay/"), good).await;
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    member.post(&at("cancel/"), json!({})).await.expect(200);
    member.post(&at("resume/"), json!({})).await.expect(200);
    member.post(&at("usage/consume/"), json!({})).await.expect(200);
}
