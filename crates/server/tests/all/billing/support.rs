//! What the stories have in common.

use serde_json::{Value, json};
use store::{Query as _, args};
use stripe::webhook::sign;
use testkit::{App, Client, Database, Reply, wait_until};

pub(crate) const DAY: i64 = 86_400;

/// A path of the API.
pub(crate) fn at(path: &str) -> String {
    format!("/api/v1/billing/{path}")
}

/// The application, once its catalog is at Stripe.
pub(crate) async fn shop(database: Database) -> App {
    seeded(App::start(database).await).await
}

/// A shop whose catalog has this instead of that.
pub(crate) async fn shop_with(database: Database, from: &str, to: &str) -> App {
    let path = database.folder().join("catalog.toml");
    let catalog = include_str!("../../../../../catalog.toml");
    assert!(catalog.contains(from));
    std::fs::write(&path, catalog.replace(from, to)).unwrap();
    seeded(App::start_with(database, &[("CATALOG", path.to_str().unwrap())]).await).await
}

pub(crate) async fn seeded(app: App) -> App {
    let wanted = i64::try_from(app.billing().catalog.packages.len()).unwrap();
    // Packages come last.
    let packages = async || {
        let seeded = count(&app, "SELECT COUNT(*) FROM package_prices WHERE active").await;
        (seeded == wanted).then_some(())
    };
    wait_until("the catalog is seeded", packages).await;
    app
}

/// The body of a quarterly subscription that a card pays for.
pub(crate) fn quarterly(tier: &str, card: &str) -> Value {
    json!({"tier_slug": tier, "billing_period": "quarterly", "payment_method_id": card})
}

/// The same without a trial.
pub(crate) fn paid_now(tier: &str, card: &str) -> Value {
    let mut body = quarterly(tier, card);
    body["trial"] = json!(false);
    body
}

pub(crate) async fn subscribe(member: &Client, body: Value) -> Value {
    member.post(&at("subscribe/"), body).await.expect(201)["subscription"].clone()
}

pub(crate) async fn overview(member: &Client) -> Value {
    member.get(&at("subscription/")).await.expect(200)
}

/// Buys with a card that works, and has the tokens.
pub(crate) async fn buy(member: &Client, package: &str) -> Value {
    let bought = order(member, package, Some("pm_card_visa")).await.expect(201);
    assert_eq!(bought["purchase"]["status"], "completed", "{bought:#}");
    bought["purchase"].clone()
}

/// Without a card the browser is to take one.
pub(crate) async fn order(member: &Client, package: &str, card: Option<&str>) -> Reply {
    let body = json!({"package_slug": package, "payment_method_id": card});
    member.post(&at("tokens/purchase/"), body).await
}

pub(crate) async fn consume(member: &Client) -> Reply {
    member.post(&at("usage/consume/"), json!({})).await
}

pub(crate) async fn balance(member: &Client) -> Value {
    member.get(&at("tokens/balance/")).await.expect(200)
}

pub(crate) async fn available(member: &Client) -> i64 {
    balance(member).await["available"].as_i64().unwrap()
}

pub(crate) async fn wait_for_tokens(member: &Client, tokens: i64) {
    wait_until("the balance is right", async || (available(member).await == tokens).then_some(())).await;
}

/// Waits for a member's subscription to look as `field` should.
pub(crate) async fn wait_for_subscription(member: &Client, field: &str, value: Value) -> Value {
    let look = async || {
        let seen = overview(member).await;
        (seen["subscription"][field] == value).then_some(seen)
    };
    wait_until(&format!("{field} is {value}"), look).await
}

/// A host's backend with a key of its own, on behalf of this member.
pub(crate) async fn backend(app: &App, member: &Client) -> Client {
    let me = member.get("/api/v1/auth/me/").await.expect(200);
    let key = app.billing().create_service_key("backend", &["usage".to_owned()], "local").await.unwrap();
    app.anyone().bearer(&key.secret).header("on-behalf-of", me["user"]["id"].as_str().unwrap())
}

/// The first column of the only row.
pub(crate) async fn count(app: &App, sql: &'static str) -> i64 {
    app.database.db.reader().one::<(i64,)>(sql, args![]).await.unwrap().0
}

pub(crate) async fn run_sql(app: &App, sql: &'static str) {
    let mut tx = app.database.db.begin().await.unwrap();
    tx.run(sql, args![]).await.unwrap();
    tx.commit().await.unwrap();
}

/// The sum of every account's transactions is what its balance says (trap 39), and its open holds reserve what it holds.
pub(crate) async fn books_agree(app: &App) {
    let wrong = count(
        app,
        "SELECT COUNT(*) FROM user_token_balances b
         WHERE b.available + b.held - b.debt <>
             (SELECT COALESCE(CAST(SUM(t.tokens) AS BIGINT), 0) FROM token_transactions t
              WHERE t.account_id = b.account_id)",
    )
    .await;
    let without = count(
        app,
        "SELECT COUNT(DISTINCT account_id) FROM token_transactions
         WHERE account_id NOT IN (SELECT account_id FROM user_token_balances)",
    )
    .await;
    let held = count(
        app,
        "SELECT COUNT(*) FROM accounts a
         WHERE (SELECT COALESCE(CAST(SUM(h.tokens) AS BIGINT), 0) FROM token_holds h
                WHERE h.account_id = a.id AND h.status = 'held' AND h.source = 'tokens')
             <> (SELECT COALESCE(CAST(SUM(b.held) AS BIGINT), 0) FROM user_token_balances b WHERE b.account_id = a.id)",
    )
    .await;
    assert_eq!(held, 0, "accounts that hold other than their holds reserve");
    assert_eq!((wrong, without), (0, 0), "accounts whose transactions do not add up, or have no balance");
}

/// Objects of a list of Stripe's.
pub(crate) async fn list(app: &App, path: &str) -> Vec<Value> {
    app.stripe().get(path).await.expect(200)["data"].as_array().unwrap().clone()
}

/// Stripe's id of the customer that the member is.
pub(crate) async fn customer_of(app: &App, member: &Client) -> String {
    let account = balance(member).await["account_id"].as_str().unwrap().to_owned();
    let sql = "SELECT stripe_customer_id FROM accounts WHERE id = $1";
    app.database.db.reader().one::<(String,)>(sql, args![account]).await.unwrap().0
}

/// An event as Stripe would put it around this object.
pub(crate) fn event(id: &str, kind: &str, object: &Value) -> Value {
    json!({
        "id": id, "object": "event", "type": kind, "created": 1_780_000_000, "livemode": false,
        "api_version": stripe::API_VERSION, "pending_webhooks": 1, "request": null, "data": {"object": object}
    })
}

/// Delivers an event with the application's own signature.
pub(crate) async fn deliver(app: &App, event: &Value) -> Reply {
    let payload = event.to_string();
    let secret = &app.running.state.webhook_secrets[0];
    let signature = sign(payload.as_bytes(), secret, testkit::now());
    deliver_signed(app, &payload, &signature).await
}

pub(crate) async fn deliver_signed(app: &App, payload: &str, signature: &str) -> Reply {
    let stripe = app.anyone().header("stripe-signature", signature);
    stripe.post_bytes(&at("webhooks/stripe/"), "application/json", payload).await
}

/// What became of an event, once it is settled: its state, and why it was ignored.
pub(crate) async fn outcome(app: &App, id: &str) -> (String, String) {
    let settled = async || {
        let event = store::events::find(&mut app.database.db.reader(), &id.into()).await.unwrap()?;
        (event.state != "pending").then(|| (event.state, event.reason.unwrap_or_default()))
    };
    wait_until("the event is settled", settled).await
}

/// Waits until every event of the sandbox has come, and everything that came is applied.
pub(crate) async fn settled(app: &App) {
    delivered(app).await;
    let open = "SELECT (SELECT COUNT(*) FROM stripe_events WHERE state = 'pending')
         + (SELECT COUNT(*) FROM customer_syncs WHERE dirty > synced)";
    wait_until("every event is applied", async || (count(app, open).await == 0).then_some(())).await;
}

/// Waits until the sandbox owes no event.
pub(crate) async fn delivered(app: &App) {
    let stripe = app.stripe();
    let owed = async || stripe.get("/_sandbox/deliveries?limit=0").await.expect(200)["owed"].as_i64();
    wait_until("every event is delivered", async || (owed().await == Some(0)).then_some(())).await;
}

/// What the layer of 3D Secure does in the browser.
pub(crate) async fn answer_3ds(app: &App, confirm: &Value, outcome: &str) {
    assert_eq!(confirm["action"], "next_action", "{confirm:#}");
    let noun = if confirm["intent"] == "setup" { "setup_intents" } else { "payment_intents" };
    let secret = confirm["client_secret"].as_str().unwrap();
    let intent = secret.split("_secret_").next().unwrap();
    let form = [("outcome", outcome), ("client_secret", secret)];
    app.stripe().post_form(&format!("/v1/{noun}/{intent}/3ds"), &form).await.expect(200);
}
