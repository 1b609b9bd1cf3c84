//! Phase 0: keys, the way to Stripe, the webhook endpoint.

use crate::billing::support::{at, deliver, event, shop};
use serde_json::json;
use testkit::{App, Database};

testkit::on_both_databases!(stripe_api_keys_work, can_ping_stripe_api, webhook_endpoint_reachable);

async fn stripe_api_keys_work(database: Database) {
    let app = App::start(database).await;
    app.stripe().get("/v1/balance").await.expect(200);
    let wrong = app.anyone().bearer("sk_live_wrong");
    let wrong = wrong.request(reqwest::Method::GET, "").build().unwrap();
    let (url, headers) = (format!("{}/v1/balance", app.sandbox_url), wrong.headers().clone());
    let refused = reqwest::Client::new().get(url).headers(headers).send().await.unwrap();
    assert_eq!(refused.status().as_u16(), 401);
}

async fn can_ping_stripe_api(database: Database) {
    let app = shop(database).await;
    // By the application's own way, not the test's: a preview is Stripe's calculation.
    let member = app.register().await;
    let body = json!({"tier_slug": "pro-learn", "billing_period": "quarterly"});
    let quote = member.post(&at("subscribe/preview/"), body).await.expect(200);
    assert_eq!((&quote["due_today"], &quote["kind"]), (&json!(10_500), &json!("new")));
}

async fn webhook_endpoint_reachable(database: Database) {
    let app = shop(database).await;
    let ping = event("evt_ping", "plan.created", &json!({"id": "plan_1", "object": "plan"}));
    let answer = deliver(&app, &ping).await.expect(200);
    assert_eq!(answer, json!({"received": true, "duplicate": false}));
}
