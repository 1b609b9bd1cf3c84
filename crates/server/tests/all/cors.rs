//! Pages of other origins: those that are named, by a token, and nothing by our cookie.

use reqwest::Method;
use serde_json::json;
use testkit::{App, Client, Database, Reply};

testkit::on_both_databases!(
    a_page_of_a_named_origin_may_ask_by_a_token,
    other_origins_may_not_and_nobody_may_without_the_setting,
    a_cookie_from_a_named_origin_changes_nothing,
);

const HOST: &str = "https://app.example";
const SETTINGS: [(&str, &str); 1] = [("ALLOWED_ORIGINS", "https://other.example, https://app.example")];
const ALLOWED: &str = "access-control-allow-origin";
const SUBSCRIBE: &str = "/api/v1/billing/subscribe/";
const BALANCE: &str = "/api/v1/billing/tokens/balance/";

/// What a browser asks before it sends a request that a form could not have sent.
async fn ask_first(client: &Client, origin: &str) -> Reply {
    let request = client
        .request(Method::OPTIONS, SUBSCRIBE)
        .header("origin", origin)
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "authorization,content-type,idempotency-key");
    client.send(request).await
}

async fn a_page_of_a_named_origin_may_ask_by_a_token(database: Database) {
    let app = App::start_with(database, &SETTINGS).await;
    let told = ask_first(&app.anyone(), HOST).await;
    assert_eq!(told.status, 200);
    assert_eq!(told.header(ALLOWED), Some(HOST));
    let headers = told.header("access-control-allow-headers").unwrap();
    for name in ["authorization", "content-type", "idempotency-key", "x-feature"] {
        assert!(headers.contains(name), "{name} is not in {headers}");
    }
    assert_eq!(told.header("access-control-allow-credentials"), None);

    let ada = app.register().await.header("origin", HOST);
    let balance = ada.get(BALANCE).await;
    assert_eq!(balance.header(ALLOWED), Some(HOST));
    assert_eq!(balance.header("access-control-allow-credentials"), None);
    assert_eq!(balance.expect(200)["available"], 0);
    // What is refused has to be read too.
    let refused = app.anyone().header("origin", HOST).get(BALANCE).await;
    assert_eq!(refused.header(ALLOWED), Some(HOST));
    refused.problem(401, "unauthenticated");
}

async fn other_origins_may_not_and_nobody_may_without_the_setting(database: Database) {
    let app = App::start_with(database, &SETTINGS).await;
    for origin in ["https://app.example.evil", "http://app.example", "https://sub.app.example", "null"] {
        assert_eq!(ask_first(&app.anyone(), origin).await.header(ALLOWED), None, "{origin}");
        let tiers = app.anyone().header("origin", origin).get("/api/v1/billing/tiers/").await;
        assert_eq!(tiers.header(ALLOWED), None, "{origin}");
    }
    let page = app.anyone().header("origin", HOST).get("/pricing").await;
    assert_eq!(page.header(ALLOWED), None, "the pages are for our own origin");

    let app = App::start(app.stop().await).await;
    assert_eq!(ask_first(&app.anyone(), HOST).await.header(ALLOWED), None);
    assert_eq!(app.anyone().header("origin", HOST).get("/api/v1/billing/tiers/").await.header(ALLOWED), None);
}

async fn a_cookie_from_a_named_origin_changes_nothing(database: Database) {
    let app = App::start_with(database, &SETTINGS).await;
    let body = json!({"email": "eve@members.example", "password": "correct horse", "name": "Eve"});
    let token = app.anyone().post("/api/v1/auth/register/", body).await.expect(201)["token"].clone();
    let cookie = format!("allthrive_session={}", token.as_str().unwrap());
    let page = app.anyone().header("cookie", &cookie).header("origin", HOST);
    page.post("/api/v1/billing/cancel/", json!({})).await.problem(403, "not_allowed");
}
