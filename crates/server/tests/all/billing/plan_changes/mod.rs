//! Another plan: what is shown is what is charged, to the cent; a refused card changes nothing; what is cheaper
//! waits for the end of the period.

mod at_once;
mod at_period_end;
mod beside_others;
mod lost_answers;
mod quotes;

use super::support::{at, list, paid_now, settled, subscribe};
use serde_json::{Value, json};
use testkit::{App, Client, Reply};

async fn preview(member: &Client, body: Value) -> Value {
    member.post(&at("update/preview/"), body).await.expect(200)
}

async fn update(member: &Client, body: Value) -> Reply {
    member.post(&at("update/"), body).await
}

fn to(tier: &str) -> Value {
    json!({"tier_slug": tier})
}

/// Changes as it was quoted.
async fn accept(member: &Client, mut body: Value) -> (Value, Value) {
    let quote = preview(member, body.clone()).await;
    body["quote_id"] = quote["quote_id"].clone();
    let answer = update(member, body).await.expect(200);
    (quote, answer)
}

/// With a card of Stripe's; the subscription as the API shows it.
async fn subscriber(app: &App, tier: &str, card: &str) -> (Client, Value) {
    let member = app.register().await;
    let made = subscribe(&member, paid_now(tier, card)).await;
    (member, made)
}

/// The card that pays from now on, set by Stripe's own API.
async fn use_card(app: &App, subscription: &Value, card: &str) {
    let path = format!("/v1/subscriptions/{}", subscription["stripe_subscription_id"].as_str().unwrap());
    let customer = app.stripe().get(&path).await.expect(200)["customer"].as_str().unwrap().to_owned();
    let attached = app
        .stripe()
        .post_form(&format!("/v1/payment_methods/{card}/attach"), &[("customer", &customer)])
        .await
        .expect(200);
    let form = [("default_payment_method", attached["id"].as_str().unwrap())];
    app.stripe().post_form(&path, &form).await.expect(200);
    settled(app).await;
}

/// What every invoice that cost something was paid with, newest first.
async fn paid(app: &App) -> Vec<i64> {
    let invoices = list(app, "/v1/invoices?status=paid&limit=100").await;
    let amounts = invoices.iter().map(|invoice| invoice["amount_paid"].as_i64().unwrap());
    amounts.filter(|amount| *amount > 0).collect()
}

/// A promotion code with a coupon of its own.
async fn promise(app: &App, code: &str, terms: &[(&str, &str)]) {
    let coupon = app.stripe().post_form("/v1/coupons", terms).await.expect(200);
    let id = coupon["id"].as_str().unwrap();
    let form = [("promotion[type]", "coupon"), ("promotion[coupon]", id), ("code", code)];
    app.stripe().post_form("/v1/promotion_codes", &form).await.expect(200);
}

async fn confirm(app: &App, answer: &Value, outcome: &str) {
    let secret = answer["confirm"]["client_secret"].as_str().unwrap();
    let intent = secret.split("_secret_").next().unwrap();
    let form = [("outcome", outcome), ("client_secret", secret)];
    app.stripe().post_form(&format!("/v1/payment_intents/{intent}/3ds"), &form).await;
}

async fn kinds(member: &Client) -> Vec<String> {
    let page = member.get(&at("subscription/changes/")).await.expect(200);
    let entries = page["data"].as_array().unwrap().iter().rev();
    entries.map(|entry| entry["kind"].as_str().unwrap().to_owned()).collect()
}
