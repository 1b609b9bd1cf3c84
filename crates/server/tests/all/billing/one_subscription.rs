//! One live subscription per account, and what it gives in each of its states.

use super::support::{
    DAY, at, consume, count, customer_of, list, overview, paid_now, quarterly, settled, shop, subscribe,
    wait_for_subscription,
};
use futures_util::future::join_all;
use serde_json::{Value, json};
use testkit::{App, Client, Database, wait_until};

testkit::on_both_databases!(
    trap_04_two_tabs_make_one_live_subscription,
    trap_04_a_second_live_one_at_stripe_is_kept_beside_the_first_and_reported,
    trap_05_a_past_due_member_keeps_access_until_grace_ends_and_the_pages_for_ever,
    trap_27_an_unpaid_first_payment_gives_nothing,
    trap_28_every_live_status_refuses_a_second_subscription,
    an_incomplete_one_is_gone_on_with_or_cleared_away_for_another_plan,
);

async fn trap_04_two_tabs_make_one_live_subscription(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    let tabs = ["pro-learn", "community-pro", "pro-learn", "community-pro"].map(|tier| {
        let member = member.clone();
        async move { member.post(&at("subscribe/"), paid_now(tier, "pm_card_visa")).await }
    });
    let replies = join_all(tabs).await;
    let made = replies.iter().filter(|reply| reply.status == 201).count();
    let told = ["idempotency_key_in_use", "already_subscribed"];
    let refused =
        replies.iter().filter(|reply| told.contains(&reply.body["code"].as_str().unwrap_or_default()));
    assert_eq!((made, refused.count()), (1, 3), "{replies:#?}");
    settled(&app).await;
    assert_eq!(list(&app, "/v1/subscriptions?status=all").await.len(), 1);
    assert_eq!(list(&app, "/v1/charges").await.len(), 1);
    assert_eq!(overview(&member).await["subscription"]["status"], "active");
}

/// As if a second tab had got through to Stripe.
async fn subscribe_at_stripe(app: &App, member: &Client, lookup_key: &str) -> Value {
    let price = list(app, &format!("/v1/prices?lookup_keys[0]={lookup_key}")).await.remove(0);
    let account = overview(member).await["account_id"].as_str().unwrap().to_owned();
    let customer = customer_of(app, member).await;
    let form = [
        ("customer", customer.as_str()),
        ("items[0][price]", price["id"].as_str().unwrap()),
        ("metadata[account_id]", account.as_str()),
    ];
    app.stripe().post_form("/v1/subscriptions", &form).await.expect(200)
}

async fn trap_04_a_second_live_one_at_stripe_is_kept_beside_the_first_and_reported(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    let first = subscribe(&member, paid_now("pro-learn", "pm_card_visa")).await;
    let second = subscribe_at_stripe(&app, &member, "community-pro_annual_usd").await;
    let reported = async || {
        let open = store::discrepancies::open(&mut app.database.db.reader(), 10).await.unwrap();
        (!open.is_empty()).then_some(open)
    };
    let open = wait_until("it is reported", reported).await;
    assert_eq!((open.len(), open[0].kind.as_str()), (1, "extra_subscription"));
    assert_eq!(second["id"], open[0].object_id);
    assert_eq!(overview(&member).await["subscription"], first, "the first one counts");
    let kept = "SELECT COUNT(*) FROM user_subscriptions WHERE status = 'active'";
    assert_eq!(count(&app, kept).await, 2);
}

async fn trap_05_a_past_due_member_keeps_access_until_grace_ends_and_the_pages_for_ever(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    subscribe(&member, quarterly("community-pro", "pm_card_chargeCustomerFail")).await;
    app.advance(7 * DAY + 2 * 3_600).await;
    let seen = wait_for_subscription(&member, "status", json!("past_due")).await;
    assert_eq!(seen["tier"]["slug"], "community-pro", "the card can be fixed meanwhile");
    assert!(seen["subscription"]["grace_until"].is_string(), "{seen:#}");
    assert_eq!(seen["subscription"]["next_payment"], json!(null));
    app.advance(7 * DAY).await;
    let after = overview(&member).await;
    assert_eq!(after["tier"]["slug"], "free");
    for path in ["subscription/changes/", "tokens/balance/", "tokens/history/", "usage/", "entitlements/"] {
        member.get(&at(path)).await.expect(200);
    }
}

async fn trap_27_an_unpaid_first_payment_gives_nothing(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    let body = paid_now("pro-learn", "pm_card_authenticationRequired");
    let answer = member.post(&at("subscribe/"), body).await.expect(201);
    assert_eq!(answer["subscription"]["status"], "incomplete");
    assert_eq!(
        (&answer["confirm"]["intent"], &answer["confirm"]["action"]),
        (&json!("payment"), &json!("next_action"))
    );
    let seen = overview(&member).await;
    assert_eq!(
        (&seen["tier"]["slug"], &seen["subscription"]["tier_slug"]),
        (&json!("free"), &json!("pro-learn"))
    );
    for _ in 0..3 {
        consume(&member).await.expect(200);
    }
    consume(&member).await.problem(403, "out_of_ai_requests");
    confirm(&app, &answer).await;
    let seen = wait_for_subscription(&member, "status", json!("active")).await;
    assert_eq!(seen["tier"]["slug"], "pro-learn");
    consume(&member).await.expect(200);
}

/// What the 3D Secure layer does when the person agrees.
async fn confirm(app: &App, answer: &Value) {
    let secret = answer["confirm"]["client_secret"].as_str().unwrap();
    let intent = secret.split("_secret_").next().unwrap();
    let form = [("outcome", "succeeded"), ("client_secret", secret)];
    app.stripe().post_form(&format!("/v1/payment_intents/{intent}/3ds"), &form).await.expect(200);
}

async fn trap_28_every_live_status_refuses_a_second_subscription(database: Database) {
    let app = shop(database).await;
    let refused = async |member: &Client, status: &str| {
        assert_eq!(overview(member).await["subscription"]["status"], status);
        let again = member.post(&at("subscribe/"), paid_now("pro-learn", "pm_card_visa")).await;
        again.problem(409, "already_subscribed");
    };
    let (ada, bob) = (app.register().await, app.register().await);
    subscribe(&bob, quarterly("community-pro", "pm_card_chargeCustomerFail")).await;
    refused(&bob, "trialing").await;
    app.advance(7 * DAY + 2 * 3_600).await;
    wait_for_subscription(&bob, "status", json!("past_due")).await;
    refused(&bob, "past_due").await;
    subscribe(&ada, paid_now("community-pro", "pm_card_visa")).await;
    refused(&ada, "active").await;
    let path = format!(
        "/v1/subscriptions/{}",
        overview(&ada).await["subscription"]["stripe_subscription_id"].as_str().unwrap()
    );
    app.stripe().delete(&path).await.expect(200);
    let gone = async || overview(&ada).await["subscription"].is_null().then_some(());
    wait_until("it has ended", gone).await;
    subscribe(&ada, paid_now("pro-learn", "pm_card_visa")).await;
}

async fn an_incomplete_one_is_gone_on_with_or_cleared_away_for_another_plan(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    let wish = paid_now("pro-learn", "pm_card_authenticationRequired");
    let first = member.post(&at("subscribe/"), wish.clone()).await.expect(201);
    let again = member.post(&at("subscribe/"), wish).await.expect(201);
    assert_eq!(
        again["subscription"]["id"], first["subscription"]["id"],
        "the same one, with its confirmation"
    );
    assert_eq!(again["confirm"], first["confirm"]);
    let other = subscribe(&member, paid_now("community-pro", "pm_card_visa")).await;
    assert_eq!(other["status"], "active");
    settled(&app).await;
    let all = list(&app, "/v1/subscriptions?status=all").await;
    let live: Vec<_> = all.iter().filter(|seen| seen["status"] == "active").collect();
    assert_eq!((all.len(), live.len()), (2, 1));
    assert_eq!(overview(&member).await["subscription"], other);
    assert_eq!(list(&app, "/v1/invoices?status=open").await.len(), 0, "nothing is asked for any more");
}
