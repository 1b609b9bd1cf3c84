//! Two at the same thing: tabs, retries, the voiding worker, the browser. Whoever is overtaken stops, and money
//! and what it buys stay together.

use super::flaky_stripe::{Fault, FlakyStripe};
use super::support::{
    DAY, answer_3ds, at, available, balance, books_agree, buy, count, customer_of, list, order, overview,
    paid_now, quarterly, run_sql, seeded, settled, shop, subscribe, wait_for_tokens,
};
use axum::http::Method;
use serde_json::json;
use testkit::{App, Database, wait_until};

testkit::on_both_databases!(
    trap_04_a_second_tab_before_the_first_is_mirrored_makes_no_second_subscription,
    a_plan_chosen_over_one_that_is_paid_in_that_moment_is_not_paid_for_twice,
    a_refund_that_was_promised_is_given_by_the_retry,
    an_end_that_was_promised_comes_although_nobody_asks_again,
    a_part_of_the_money_whose_answer_was_lost_goes_back_once,
    a_retry_does_not_run_beside_the_voiding_worker,
    a_sync_that_outlasts_its_caller_is_finished_all_the_same,
    a_purchase_that_is_paid_in_the_end_shows_its_tokens_before_any_webhook,
    a_customer_deleted_at_stripe_is_replaced_with_the_next_purchase,
    trap_19_one_card_in_two_accounts_at_the_same_moment_has_one_trial,
);

async fn trap_04_a_second_tab_before_the_first_is_mirrored_makes_no_second_subscription(database: Database) {
    let stripe = FlakyStripe::start().await;
    let app = stripe.shop(database).await;
    let member = app.register().await;
    stripe.set(Method::GET, "/v1/subscriptions/", Fault::HoldAnswer);
    let first = member.key("first");
    let first =
        tokio::spawn(
            async move { first.post(&at("subscribe/"), paid_now("pro-learn", "pm_card_visa")).await },
        );
    stripe.met(1).await;
    let second = member.key("second").post(&at("subscribe/"), paid_now("pro-learn", "pm_card_visa")).await;
    second.problem(409, "idempotency_key_in_use");
    stripe.heal();
    stripe.release();
    assert_eq!(first.await.unwrap().expect(201)["subscription"]["status"], "active");
    settled(&app).await;
    assert_eq!(list(&app, "/v1/subscriptions?status=all").await.len(), 1);
}

async fn a_plan_chosen_over_one_that_is_paid_in_that_moment_is_not_paid_for_twice(database: Database) {
    let stripe = FlakyStripe::start().await;
    let app = stripe.shop(database).await;
    let member = app.register().await;
    let wish = paid_now("pro-learn", "pm_card_authenticationRequired");
    let asked = member.post(&at("subscribe/"), wish).await.expect(201);
    settled(&app).await;
    stripe.set(Method::GET, "/v1/subscriptions/", Fault::HoldAnswer);
    let other = member.clone();
    let other = tokio::spawn(async move {
        other.post(&at("subscribe/"), paid_now("community-pro", "pm_card_visa")).await
    });
    // The application has seen it incomplete; now the browser confirms it.
    stripe.met(1).await;
    answer_3ds(&app, &asked["confirm"], "succeeded").await;
    stripe.heal();
    stripe.release();
    assert_eq!(other.await.unwrap().expect(201)["subscription"]["tier_slug"], "community-pro");
    let refunds = list(&app, "/v1/refunds").await;
    let back: Vec<_> = refunds.iter().map(|refund| refund["amount"].as_i64().unwrap()).collect();
    assert_eq!(back, [10_500], "what the browser paid goes back");
    settled(&app).await;
    assert_eq!(overview(&member).await["tier"]["slug"], "community-pro");
    assert_eq!(list(&app, "/v1/subscriptions").await.len(), 1);
}

async fn a_refund_that_was_promised_is_given_by_the_retry(database: Database) {
    let stripe = FlakyStripe::start().await;
    let app = stripe.shop(database).await;
    let member = app.register().await;
    subscribe(&member, paid_now("pro-learn", "pm_card_visa")).await;
    stripe.set(Method::POST, "/v1/refunds", Fault::Refuse);
    let goodbye = json!({"at": "now", "refund": true});
    member.key("bye").post(&at("cancel/"), goodbye.clone()).await.problem(503, "stripe_unavailable");
    stripe.heal();
    let ended = member.key("bye").post(&at("cancel/"), goodbye).await.expect(200);
    assert_eq!(ended["subscription"], json!(null));
    let refunds = list(&app, "/v1/refunds").await;
    assert_eq!((refunds.len(), &refunds[0]["amount"]), (1, &json!(10_500)));
}

async fn an_end_that_was_promised_comes_although_nobody_asks_again(database: Database) {
    let stripe = FlakyStripe::start().await;
    let app = stripe.shop(database).await;
    let member = app.register().await;
    subscribe(&member, paid_now("pro-learn", "pm_card_visa")).await;
    stripe.set(Method::DELETE, "/v1/subscriptions/", Fault::Refuse);
    let goodbye = json!({"at": "now", "refund": true});
    member.post(&at("cancel/"), goodbye).await.problem(503, "stripe_unavailable");
    assert_eq!(list(&app, "/v1/refunds").await.len(), 1, "the money is back, the subscription still lives");
    stripe.heal();
    run_sql(&app, "UPDATE promised_refunds SET next_attempt_at = 0").await;
    app.billing().keep_promised_refunds().await.unwrap();
    assert_eq!(overview(&member).await["subscription"], json!(null));
    assert_eq!(list(&app, "/v1/subscriptions").await.len(), 0);
    assert_eq!(list(&app, "/v1/refunds").await.len(), 1);
}

async fn a_part_of_the_money_whose_answer_was_lost_goes_back_once(database: Database) {
    let stripe = FlakyStripe::start().await;
    let path = database.folder().join("catalog.toml");
    let catalog = include_str!("../../../../../catalog.toml");
    std::fs::write(&path, catalog.replace("unused_part = false", "unused_part = true")).unwrap();
    let app = stripe.shop_with(database, &[("CATALOG", path.to_str().unwrap())]).await;
    let member = app.register().await;
    subscribe(&member, paid_now("pro-learn", "pm_card_visa")).await;
    app.advance(30 * DAY).await;
    stripe.set(Method::POST, "/v1/refunds", Fault::LoseAnswer);
    let goodbye = json!({"at": "now", "refund": true});
    member.key("bye").post(&at("cancel/"), goodbye.clone()).await.problem(503, "stripe_unavailable");
    stripe.set(Method::POST, "/v1/refunds", Fault::Forget);
    member.key("bye").post(&at("cancel/"), goodbye).await.expect(200);
    let refunds = list(&app, "/v1/refunds").await;
    let back = refunds[0]["amount"].as_i64().unwrap();
    // More than half of the 105 dollars, so that what is left is less than the part.
    assert!(refunds.len() == 1 && (6_500..=7_500).contains(&back), "{refunds:?}");
    assert_eq!(count(&app, "SELECT refunded FROM promised_refunds").await, back);
}

async fn a_retry_does_not_run_beside_the_voiding_worker(database: Database) {
    let stripe = FlakyStripe::start().await;
    let app = stripe.shop(database).await;
    let member = app.register().await;
    stripe.set(Method::POST, "/v1/payment_intents", Fault::LoseAnswer);
    let unclear = order(&member.key("mine"), "starter", Some("pm_card_visa")).await;
    unclear.problem(503, "stripe_unavailable");
    // The worker is looking for what Stripe has made.
    stripe.set(Method::GET, "/v1/payment_intents", Fault::HoldAnswer);
    app.advance(601).await;
    stripe.met(1).await;
    let retry = order(&member.key("mine"), "starter", Some("pm_card_visa")).await;
    retry.problem(409, "idempotency_key_in_use");
    stripe.heal();
    stripe.release();
    let refunded = async || (list(&app, "/v1/refunds").await.len() == 1).then_some(());
    wait_until("it is refunded", refunded).await;
    settled(&app).await;
    assert_eq!(available(&member).await, 0, "the money went back, and no tokens came");
    books_agree(&app).await;
}

async fn a_sync_that_outlasts_its_caller_is_finished_all_the_same(database: Database) {
    let stripe = FlakyStripe::start().await;
    let app = stripe.quiet_shop(database).await;
    let member = app.register().await;
    stripe.set(Method::GET, "/v1/payment_intents/", Fault::HoldAnswer);
    let bought = order(&member, "starter", Some("pm_card_visa")).await.expect(201);
    assert_eq!(bought["purchase"]["status"], "pending", "after five seconds it is said as it is");
    stripe.heal();
    stripe.release();
    wait_for_tokens(&member, 100_000).await;
}

async fn a_purchase_that_is_paid_in_the_end_shows_its_tokens_before_any_webhook(database: Database) {
    let stripe = FlakyStripe::start().await;
    let app = stripe.quiet_shop(database).await;
    let member = app.register().await;
    let refused = order(&member, "starter", Some("pm_card_visa_chargeDeclined")).await;
    let purchase = refused.problem(402, "card_declined")["purchase"]["id"].as_str().unwrap().to_owned();
    let pay = at(&format!("tokens/purchases/{purchase}/pay/"));
    let paid = member.post(&pay, json!({"payment_method_id": "pm_card_visa"})).await.expect(200);
    assert_eq!((&paid["purchase"]["status"], &paid["confirm"]), (&json!("completed"), &json!(null)));
    assert_eq!(available(&member).await, 100_000);
    let again = member.post(&pay, json!({"payment_method_id": "pm_card_visa"})).await.expect(200);
    assert_eq!(again["purchase"]["status"], "completed", "paying twice is paying once");
    assert_eq!(list(&app, "/v1/payment_intents").await.len(), 1);
}

async fn a_customer_deleted_at_stripe_is_replaced_with_the_next_purchase(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    buy(&member, "starter").await;
    let former = customer_of(&app, &member).await;
    app.stripe().delete(&format!("/v1/customers/{former}")).await.expect(200);
    settled(&app).await;
    buy(&member, "booster").await;
    assert_ne!(customer_of(&app, &member).await, former);
    assert_eq!(balance(&member).await["available"], 600_000, "what was bought before is still there");
}

async fn trap_19_one_card_in_two_accounts_at_the_same_moment_has_one_trial(database: Database) {
    let path = database.folder().join("catalog.toml");
    let catalog = include_str!("../../../../../catalog.toml");
    std::fs::write(&path, catalog.replace("once_per_card = \"live\"", "once_per_card = true")).unwrap();
    let app = seeded(App::start_with(database, &[("CATALOG", path.to_str().unwrap())]).await).await;
    let (ada, bob) = (app.register().await, app.register().await);
    let path = at("subscribe/");
    let wish = || quarterly("community-pro", "pm_card_visa");
    let (one, other) = tokio::join!(ada.post(&path, wish()), bob.post(&path, wish()));
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409]);
    assert_eq!(list(&app, "/v1/subscriptions?status=all").await.len(), 1);
}
