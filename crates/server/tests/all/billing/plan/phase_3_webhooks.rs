//! Phase 3: signed events, from the sandbox as Stripe would deliver them, and what follows from them.

use crate::billing::support::{
    at, books_agree, count, deliver, deliver_signed, event, list, order, outcome, overview, paid_now,
    quarterly, settled, shop, subscribe, wait_for_subscription, wait_for_tokens,
};
use serde_json::json;
use stripe::webhook::sign;
use testkit::Database;

testkit::on_both_databases!(
    webhook_signature_verification_works,
    subscription_created_event_updates_usersubscription,
    subscription_canceled_event_downgrades_to_free_tier,
    payment_intent_succeeded_adds_tokens,
    must_handle_duplicate_events,
);

async fn webhook_signature_verification_works(database: Database) {
    let app = shop(database).await;
    let payload = event("evt_1", "plan.created", &json!({"id": "plan_1"})).to_string();
    let secret = app.running.state.webhook_secrets[0].clone();
    let now = testkit::now();
    let good = sign(payload.as_bytes(), &secret, now);
    let another = sign(payload.as_bytes(), &"whsec_another".into(), now);
    let stale = sign(payload.as_bytes(), &secret, now.minus(301_000));
    let early = sign(payload.as_bytes(), &secret, now.plus(302_000));
    let of_another_body = sign(b"{}", &secret, now);
    for forged in ["", "t=1", "v1=00", "t=1,v1=zz", &another, &stale, &early, &of_another_body] {
        deliver_signed(&app, &payload, forged).await.problem(400, "invalid_signature");
    }
    for (body, why) in [("no json", "JSON"), ("{}", "no event")] {
        let signature = sign(body.as_bytes(), &secret, now);
        let refused = deliver_signed(&app, body, &signature).await;
        assert_eq!(refused.status, 400, "{why}");
    }
    let before = count(&app, "SELECT COUNT(*) FROM stripe_events WHERE id = 'evt_1'").await;
    let both = format!("{good},v1={}", "0".repeat(64));
    deliver_signed(&app, &payload, &both).await.expect(200);
    assert_eq!((before, outcome(&app, "evt_1").await.0), (0, "ignored".to_owned()));
}

async fn subscription_created_event_updates_usersubscription(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    // Made as the application makes it, but behind its back: only the event tells.
    subscribe(&member, quarterly("community-pro", "pm_card_visa")).await;
    member.post(&at("cancel/"), json!({"at": "now"})).await.expect(200);
    assert_eq!(overview(&member).await["subscription"], json!(null));
    let customer = crate::billing::support::customer_of(&app, &member).await;
    let account = overview(&member).await["account_id"].as_str().unwrap().to_owned();
    let price = &list(&app, "/v1/prices?lookup_keys[0]=pro-learn_annual_usd").await[0];
    let form = [
        ("customer", customer.as_str()),
        ("items[0][price]", price["id"].as_str().unwrap()),
        ("metadata[account_id]", account.as_str()),
    ];
    let made = app.stripe().post_form("/v1/subscriptions", &form).await.expect(200);
    let seen = wait_for_subscription(&member, "status", json!("active")).await;
    assert_eq!(seen["subscription"]["stripe_subscription_id"], made["id"]);
    assert_eq!(
        (&seen["tier"]["slug"], &seen["subscription"]["amount"]),
        (&json!("pro-learn"), &json!(36_900))
    );
    let created = &list(&app, "/v1/events?type=customer.subscription.created").await[0];
    assert_eq!(outcome(&app, created["id"].as_str().unwrap()).await.0, "processed");
}

async fn subscription_canceled_event_downgrades_to_free_tier(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    let made = subscribe(&member, paid_now("pro-learn", "pm_card_visa")).await;
    assert_eq!(overview(&member).await["tier"]["slug"], "pro-learn");
    let id = made["stripe_subscription_id"].as_str().unwrap();
    app.stripe().delete(&format!("/v1/subscriptions/{id}")).await.expect(200);
    let free = async || {
        let seen = overview(&member).await;
        (seen["tier"]["slug"] == "free").then_some(seen)
    };
    let seen = testkit::wait_until("the member is on the free tier", free).await;
    assert_eq!(seen["subscription"], json!(null));
    let entitled = member.get(&at("entitlements/")).await.expect(200);
    assert_eq!((&entitled["tier_slug"], &entitled["limits"]["projects"]), (&json!("free"), &json!(10)));
}

async fn payment_intent_succeeded_adds_tokens(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    // The browser pays: the application learns of it by the event alone.
    let answer = order(&member, "starter", None).await.expect(201);
    assert_eq!(answer["purchase"]["status"], "pending");
    assert_eq!(answer["confirm"]["action"], "collect");
    let intent = answer["purchase"]["stripe_payment_intent_id"].as_str().unwrap();
    let card = [("payment_method", "pm_card_visa"), ("return_url", "https://example.com/")];
    app.stripe().post_form(&format!("/v1/payment_intents/{intent}/confirm"), &card).await.expect(200);
    wait_for_tokens(&member, 100_000).await;
    let succeeded = &list(&app, "/v1/events?type=payment_intent.succeeded").await[0];
    assert_eq!(outcome(&app, succeeded["id"].as_str().unwrap()).await.0, "processed");
    books_agree(&app).await;
}

async fn must_handle_duplicate_events(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    crate::billing::support::buy(&member, "starter").await;
    settled(&app).await;
    let events = list(&app, "/v1/events?limit=100").await;
    let seen = async || {
        let stored = count(&app, "SELECT COUNT(*) FROM stripe_events").await;
        (stored >= i64::try_from(events.len()).unwrap()).then_some(stored)
    };
    let stored = testkit::wait_until("every event was delivered", seen).await;
    for seen in &events {
        let answer = deliver(&app, seen).await.expect(200);
        assert_eq!(answer, json!({"received": true, "duplicate": true}), "{}", seen["type"]);
    }
    assert_eq!(count(&app, "SELECT COUNT(*) FROM stripe_events").await, stored);
    assert_eq!(count(&app, "SELECT COUNT(*) FROM token_transactions").await, 1);
}
