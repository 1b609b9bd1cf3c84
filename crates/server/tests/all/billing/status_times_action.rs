//! Every status of a subscription times every action of its member: what happens, or why not. Each status is the
//! sandbox's own, reached as members reach it.

use super::support::{
    DAY, at, buy, customer_of, list, overview, paid_now, quarterly, settled, shop, subscribe,
    wait_for_subscription,
};
use serde_json::{Value, json};
use testkit::{App, Client, Database};

/// Columns are actions; of what is answered: the status, the tier where it is another than before, what is
/// pending, or the problem's code. Before the action there is Community Pro, quarterly, or nothing.
const TABLE: &str = "
                   | subscribe              | preview up          | up                  | down                | cancel              | cancel now          | resume              | pause               | pay
none               | active pro-learn       | no_subscription     | no_subscription     | no_subscription     | no_subscription     | no_subscription     | no_subscription     | no_subscription     | no_subscription
incomplete         | active pro-learn       | payment_due         | payment_due         | payment_due         | ended               | ended               | nothing_to_resume   | payment_due         | active
incomplete_expired | active pro-learn       | no_subscription     | no_subscription     | no_subscription     | no_subscription     | no_subscription     | no_subscription     | no_subscription     | no_subscription
trialing           | already_subscribed     | upgrade             | active pro-learn    | trialing scheduled  | trialing cancels    | ended               | nothing_to_resume   | pause_not_available | trialing
active             | already_subscribed     | upgrade             | active pro-learn    | active scheduled    | active cancels      | ended               | nothing_to_resume   | active paused       | active
active, canceling  | already_subscribed     | upgrade             | active pro-learn    | active scheduled    | active cancels      | ended               | active              | pause_not_available | active cancels
active, scheduled  | already_subscribed     | upgrade             | active pro-learn    | active scheduled    | active cancels      | ended               | active              | pause_not_available | active scheduled
active, paused     | already_subscribed     | subscription_paused | subscription_paused | subscription_paused | active cancels paused | ended             | active              | active paused       | active paused
past_due           | already_subscribed     | payment_due         | payment_due         | payment_due         | past_due cancels    | ended               | nothing_to_resume   | payment_due         | active
unpaid             | already_subscribed     | payment_due         | payment_due         | payment_due         | unpaid cancels      | ended               | nothing_to_resume   | payment_due         | active
canceled           | active pro-learn       | no_subscription     | no_subscription     | no_subscription     | no_subscription     | no_subscription     | no_subscription     | no_subscription     | no_subscription
paused             | already_subscribed     | subscription_paused | subscription_paused | subscription_paused | ended               | ended               | nothing_to_resume   | pause_not_available | paused
";

testkit::on_both_databases!(
    without_a_subscription,
    an_incomplete_one,
    one_that_expired,
    a_trial,
    an_active_one,
    one_that_is_canceling,
    one_whose_plan_is_scheduled,
    one_whose_collection_is_paused,
    one_that_is_past_due,
    one_that_is_unpaid,
    a_canceled_one,
    one_that_paused_without_a_card,
);

/// Column, path, body.
fn actions() -> Vec<(&'static str, Value)> {
    vec![
        ("subscribe/", paid_now("pro-learn", "pm_card_visa")),
        ("update/preview/", json!({"tier_slug": "pro-learn"})),
        ("update/", json!({"tier_slug": "pro-learn"})),
        ("update/", json!({"billing_period": "monthly"})),
        ("cancel/", json!({})),
        ("cancel/", json!({"at": "now"})),
        ("resume/", json!({})),
        ("pause/", json!({"days": 10})),
        ("subscription/pay/", json!({"payment_method_id": "pm_card_visa"})),
    ]
}

/// What was answered, in the words of the table.
fn told(body: &Value) -> String {
    if let Some(code) = body["code"].as_str() {
        return code.to_owned();
    }
    if let Some(kind) = body["kind"].as_str() {
        return kind.to_owned();
    }
    let seen = &body["subscription"];
    let Some(status) = seen["status"].as_str() else { return "ended".to_owned() };
    let mut words = vec![status];
    words.extend(seen["tier_slug"].as_str().filter(|tier| *tier != "community-pro"));
    for (field, word) in [("scheduled_change", "scheduled"), ("cancel_at", "cancels"), ("paused", "paused")] {
        words.extend((!seen[field].is_null()).then_some(word));
    }
    words.extend((!body["confirm"].is_null()).then_some("confirm"));
    words.join(" ")
}

fn cells(line: &str) -> Vec<String> {
    line.split('|').map(|cell| cell.trim().to_owned()).collect()
}

/// One member for each action, all in this status, and what each is answered.
async fn row(app: &App, status: &str, members: Vec<Client>) {
    settled(app).await;
    let mut row = vec![status.to_owned()];
    for ((path, body), member) in actions().into_iter().zip(&members) {
        if !matches!(status, "none" | "canceled" | "incomplete_expired") {
            let word = status.split(',').next().unwrap();
            assert_eq!(overview(member).await["subscription"]["status"], word);
        }
        row.push(told(&member.post(&at(path), body).await.body));
    }
    let expected = TABLE.lines().map(cells).find(|cells| cells[0] == status).unwrap();
    assert_eq!(row, expected);
}

async fn members(app: &App) -> Vec<Client> {
    let mut members = Vec::new();
    for _ in actions() {
        members.push(app.register().await);
    }
    members
}

async fn subscribed(app: &App, body: Value) -> Vec<Client> {
    let members = members(app).await;
    for member in &members {
        subscribe(member, body.clone()).await;
    }
    members
}

async fn without_a_subscription(database: Database) {
    let app = shop(database).await;
    let members = members(&app).await;
    row(&app, "none", members).await;
}

async fn an_incomplete_one(database: Database) {
    let app = shop(database).await;
    let members = subscribed(&app, paid_now("community-pro", "pm_card_authenticationRequired")).await;
    row(&app, "incomplete", members).await;
}

async fn one_that_expired(database: Database) {
    let app = shop(database).await;
    let members = subscribed(&app, paid_now("community-pro", "pm_card_authenticationRequired")).await;
    app.advance(DAY).await;
    row(&app, "incomplete_expired", members).await;
}

async fn a_trial(database: Database) {
    let app = shop(database).await;
    let members = subscribed(&app, quarterly("community-pro", "pm_card_visa")).await;
    row(&app, "trialing", members).await;
}

async fn an_active_one(database: Database) {
    let app = shop(database).await;
    let members = subscribed(&app, paid_now("community-pro", "pm_card_visa")).await;
    row(&app, "active", members).await;
}

async fn one_that_is_canceling(database: Database) {
    let app = shop(database).await;
    let members = subscribed(&app, paid_now("community-pro", "pm_card_visa")).await;
    for member in &members {
        member.post(&at("cancel/"), json!({})).await.expect(200);
    }
    row(&app, "active, canceling", members).await;
}

async fn one_whose_plan_is_scheduled(database: Database) {
    let app = shop(database).await;
    let members = subscribed(&app, paid_now("community-pro", "pm_card_visa")).await;
    for member in &members {
        member.post(&at("update/"), json!({"billing_period": "monthly"})).await.expect(200);
    }
    row(&app, "active, scheduled", members).await;
}

async fn one_whose_collection_is_paused(database: Database) {
    let app = shop(database).await;
    let members = subscribed(&app, paid_now("community-pro", "pm_card_visa")).await;
    for member in &members {
        member.post(&at("pause/"), json!({"days": 10})).await.expect(200);
    }
    row(&app, "active, paused", members).await;
}

async fn one_that_is_past_due(database: Database) {
    let app = shop(database).await;
    let members = subscribed(&app, quarterly("community-pro", "pm_card_chargeCustomerFail")).await;
    app.advance(7 * DAY + 2 * 3_600).await;
    row(&app, "past_due", members).await;
}

async fn one_that_is_unpaid(database: Database) {
    let app = shop(database).await;
    let settings = json!({"after_last_retry": "mark_unpaid"});
    app.stripe().post("/_sandbox/settings", settings).await.expect(200);
    let members = subscribed(&app, quarterly("community-pro", "pm_card_chargeCustomerFail")).await;
    app.advance(60 * DAY).await;
    row(&app, "unpaid", members).await;
}

async fn a_canceled_one(database: Database) {
    let app = shop(database).await;
    let members = subscribed(&app, paid_now("community-pro", "pm_card_visa")).await;
    for member in &members {
        member.post(&at("cancel/"), json!({"at": "now"})).await.expect(200);
    }
    row(&app, "canceled", members).await;
}

/// We never ask for this one: it is made at Stripe, as an operator would.
async fn one_that_paused_without_a_card(database: Database) {
    let app = shop(database).await;
    let members = members(&app).await;
    let price = list(&app, "/v1/prices?lookup_keys[0]=community-pro_quarterly_usd").await.remove(0);
    for member in &members {
        buy(member, "starter").await;
        let customer = customer_of(&app, member).await;
        let account = overview(member).await["account_id"].as_str().unwrap().to_owned();
        let form = [
            ("customer", customer.as_str()),
            ("items[0][price]", price["id"].as_str().unwrap()),
            ("trial_period_days", "1"),
            ("trial_settings[end_behavior][missing_payment_method]", "pause"),
            ("metadata[account_id]", &account),
        ];
        app.stripe().post_form("/v1/subscriptions", &form).await.expect(200);
        wait_for_subscription(member, "status", json!("trialing")).await;
    }
    app.advance(DAY + 60).await;
    for member in &members {
        wait_for_subscription(member, "status", json!("paused")).await;
    }
    row(&app, "paused", members).await;
}
