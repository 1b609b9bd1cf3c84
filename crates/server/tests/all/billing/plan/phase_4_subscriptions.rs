//! Phase 4: the endpoints of subscriptions.

use crate::billing::support::{DAY, at, overview, paid_now, quarterly, shop, subscribe};
use serde_json::json;
use testkit::Database;

testkit::on_both_databases!(
    can_list_all_tiers_via_api,
    can_get_current_subscription_for_authenticated_user,
    can_create_subscription_with_test_payment_method,
    can_cancel_subscription_access_continues_until_period_end,
    unauthenticated_users_get_401,
);

async fn can_list_all_tiers_via_api(database: Database) {
    let app = shop(database).await;
    let tiers = app.anyone().get(&at("tiers/")).await.expect(200);
    let tiers = tiers["data"].as_array().unwrap();
    let slugs: Vec<_> = tiers.iter().map(|tier| tier["slug"].as_str().unwrap()).collect();
    assert_eq!(slugs, ["free", "community-pro", "pro-learn", "creator-mentor"]);
    let pro = &tiers[1];
    assert_eq!((&pro["trial_days"], &pro["availability"]), (&json!(7), &json!("open")));
    assert_eq!(pro["ai_requests"], json!({"limit": 200, "window": "day"}));
    assert_eq!(pro["limits"], json!({"projects": null}));
    assert_eq!(pro["ai_limits"]["requests_per_minute"], 60);
    let quarter =
        json!({"billing_period": "quarterly", "amount": 5400, "per_month": 1800, "currency": "usd"});
    assert!(pro["prices"].as_array().unwrap().contains(&quarter), "{pro:#}");
    assert_eq!((&tiers[0]["limits"]["projects"], &tiers[0]["prices"]), (&json!(10), &json!([])));
    assert_eq!(tiers[3]["availability"], "invitation");
    let keys = |tier: &serde_json::Value| -> Vec<String> {
        tier["features"].as_array().unwrap().iter().map(|f| f["key"].to_string()).collect()
    };
    assert!(tiers.iter().all(|tier| keys(tier) == keys(pro)), "every tier lists every feature in one order");
}

async fn can_get_current_subscription_for_authenticated_user(database: Database) {
    let app = shop(database).await;
    let (ada, bob) = (app.register().await, app.register().await);
    let made = subscribe(&ada, paid_now("community-pro", "pm_card_visa")).await;
    let mine = overview(&ada).await;
    assert_eq!(mine["subscription"], made);
    assert_eq!(mine["account_id"], made["account_id"]);
    let theirs = overview(&bob).await;
    assert_eq!((&theirs["subscription"], &theirs["tier"]["slug"]), (&json!(null), &json!("free")));
}

async fn can_create_subscription_with_test_payment_method(database: Database) {
    let app = shop(database).await;
    for (period, amount) in [("monthly", 2_000), ("quarterly", 5_400), ("annual", 18_900)] {
        let member = app.register().await;
        let mut body = paid_now("community-pro", "pm_card_mastercard");
        body["billing_period"] = json!(period);
        let made = subscribe(&member, body).await;
        assert_eq!((&made["status"], &made["amount"]), (&json!("active"), &json!(amount)), "{period}");
        assert_eq!((&made["billing_period"], &made["trial_end"]), (&json!(period), &json!(null)));
        assert_eq!(made["payment_method"]["last4"], "4444");
        member
            .post(&at("subscribe/"), quarterly("pro-learn", "pm_card_visa"))
            .await
            .problem(409, "already_subscribed");
    }
}

async fn can_cancel_subscription_access_continues_until_period_end(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    let made = subscribe(&member, paid_now("pro-learn", "pm_card_visa")).await;
    let canceled = member.post(&at("cancel/"), json!({})).await.expect(200);
    assert_eq!(canceled["subscription"]["cancel_at"], made["current_period_end"]);
    // Twice is the same as once.
    let again = member.post(&at("cancel/"), json!({})).await.expect(200);
    assert_eq!(again["subscription"]["cancel_at"], made["current_period_end"]);

    app.advance(85 * DAY).await;
    assert_eq!(overview(&member).await["tier"]["slug"], "pro-learn", "paid for, so it is there");
    app.advance(8 * DAY).await;
    assert_eq!(
        overview(&member).await["tier"]["slug"],
        "free",
        "the date is past, whether or not an event came"
    );
    let gone = async || overview(&member).await["subscription"].is_null().then_some(());
    testkit::wait_until("the subscription ends at Stripe, too", gone).await;
    member.post(&at("cancel/"), json!({})).await.problem(409, "no_subscription");
    member.post(&at("resume/"), json!({})).await.problem(409, "no_subscription");
}

async fn unauthenticated_users_get_401(database: Database) {
    let app = shop(database).await;
    let anyone = app.anyone();
    for path in [
        "subscription/",
        "subscription/changes/",
        "tokens/balance/",
        "tokens/history/",
        "usage/",
        "entitlements/",
        "tokens/purchases/pur_1/",
    ] {
        anyone.get(&at(path)).await.problem(401, "unauthenticated");
    }
    for path in
        ["subscribe/", "subscribe/preview/", "cancel/", "resume/", "tokens/purchase/", "usage/consume/"]
    {
        anyone.post(&at(path), json!({})).await.problem(401, "unauthenticated");
    }
    for path in ["tiers/", "tokens/packages/", "config/"] {
        anyone.get(&at(path)).await.expect(200);
    }
}
