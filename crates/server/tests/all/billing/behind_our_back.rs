//! The application follows what others do at Stripe: by its plain API, its official clients, its command line tool.

use super::flaky_stripe::FlakyStripe;
use super::support::{
    DAY, at, available, balance, books_agree, buy, count, list, outcome, overview, paid_now, quarterly,
    settled, shop, subscribe, wait_for_subscription, wait_for_tokens,
};
use crate::oracles::{root, run, tool};
use serde_json::{Value, json};
use std::process::Command;
use testkit::{App, Client, Database, wait_until};

testkit::on_both_databases!(
    a_cancellation_in_the_dashboard_ends_access,
    trap_30_the_tier_follows_a_price_that_was_changed_behind_our_back,
    trap_12_a_refund_in_the_dashboard_takes_tokens_back,
    an_open_invoice_paid_in_the_dashboard_restores_the_subscription,
    a_pending_cancellation_set_as_the_portal_does_is_shown_and_can_be_undone,
    what_ended_behind_our_back_cannot_be_cancelled_or_resumed_and_is_no_fault_of_ours,
);

fn stripe_id(subscription: &Value) -> &str {
    subscription["stripe_subscription_id"].as_str().unwrap()
}

async fn a_cancellation_in_the_dashboard_ends_access(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    let made = subscribe(&member, paid_now("pro-learn", "pm_card_visa")).await;
    app.stripe().delete(&format!("/v1/subscriptions/{}", stripe_id(&made))).await.expect(200);
    wait_for_subscription(&member, "id", json!(null)).await;
    assert_eq!(overview(&member).await["tier"]["slug"], "free");
    let changes = member.get(&at("subscription/changes/")).await.expect(200);
    assert_eq!(changes["data"][0]["kind"], "canceled");
}

async fn trap_30_the_tier_follows_a_price_that_was_changed_behind_our_back(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    let made = subscribe(&member, paid_now("community-pro", "pm_card_visa")).await;
    let path = format!("/v1/subscriptions/{}", stripe_id(&made));
    let item = app.stripe().get(&path).await.expect(200)["items"]["data"][0]["id"].clone();
    let price = list(&app, "/v1/prices?lookup_keys[0]=pro-learn_quarterly_usd").await.remove(0);
    let form = [
        ("items[0][id]", item.as_str().unwrap()),
        ("items[0][price]", price["id"].as_str().unwrap()),
        ("proration_behavior", "none"),
    ];
    app.stripe().post_form(&path, &form).await.expect(200);
    let seen = wait_for_subscription(&member, "tier_slug", json!("pro-learn")).await;
    assert_eq!(
        (&seen["tier"]["slug"], &seen["subscription"]["amount"]),
        (&json!("pro-learn"), &json!(10_500))
    );
    let usage = member.get(&at("usage/")).await.expect(200);
    assert_eq!(usage["allowance"]["limit"], 500);
    let changes = member.get(&at("subscription/changes/")).await.expect(200);
    let newest = &changes["data"][0];
    assert_eq!(
        (&newest["kind"], &newest["from_tier"], &newest["to_tier"]),
        (&json!("plan_changed"), &json!("community-pro"), &json!("pro-learn"))
    );
}

async fn trap_12_a_refund_in_the_dashboard_takes_tokens_back(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    let purchase = buy(&member, "power").await;
    // A refund names no customer: whose it is, is found by its payment.
    let form = [("payment_intent", purchase["stripe_payment_intent_id"].as_str().unwrap())];
    app.stripe().post_form("/v1/refunds", &form).await.expect(200);
    wait_for_tokens(&member, 0).await;
    settled(&app).await;
    let seen = balance(&member).await;
    assert_eq!((&seen["debt"], &seen["purchased"]), (&json!(0), &json!(0)));
    books_agree(&app).await;
}

/// A subscription whose first renewal failed.
async fn past_due(app: &App) -> (Client, Value) {
    let member = app.register().await;
    subscribe(&member, quarterly("community-pro", "pm_card_chargeCustomerFail")).await;
    app.advance(7 * DAY + 2 * 3_600).await;
    let seen = wait_for_subscription(&member, "status", json!("past_due")).await;
    (member, seen["subscription"].clone())
}

async fn an_open_invoice_paid_in_the_dashboard_restores_the_subscription(database: Database) {
    let app = shop(database).await;
    let (member, made) = past_due(&app).await;
    let stripe = app.stripe();
    let invoice =
        list(&app, &format!("/v1/invoices?status=open&subscription={}", stripe_id(&made))).await.remove(0);
    let form = [("customer", invoice["customer"].as_str().unwrap())];
    let card = stripe.post_form("/v1/payment_methods/pm_card_visa/attach", &form).await.expect(200);
    let form = [("payment_method", card["id"].as_str().unwrap())];
    let path = format!("/v1/invoices/{}/pay", invoice["id"].as_str().unwrap());
    assert_eq!(stripe.post_form(&path, &form).await.expect(200)["status"], "paid");
    let seen = wait_for_subscription(&member, "status", json!("active")).await;
    assert_eq!(seen["subscription"]["grace_until"], json!(null));
    let changes = member.get(&at("subscription/changes/")).await.expect(200);
    assert_eq!(changes["data"][0]["kind"], "recovered");
}

async fn a_pending_cancellation_set_as_the_portal_does_is_shown_and_can_be_undone(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    let made = subscribe(&member, paid_now("pro-learn", "pm_card_visa")).await;
    let path = format!("/v1/subscriptions/{}", stripe_id(&made));
    let end = app.stripe().get(&path).await.expect(200)["items"]["data"][0]["current_period_end"].to_string();
    // The portal sets the date and leaves the flag.
    app.stripe().post_form(&path, &[("cancel_at", end.as_str())]).await.expect(200);
    wait_for_subscription(&member, "cancel_at", made["current_period_end"].clone()).await;
    let resumed = member.post(&at("resume/"), json!({})).await.expect(200);
    assert_eq!(resumed["subscription"]["cancel_at"], json!(null));
    assert_eq!(app.stripe().get(&path).await.expect(200)["cancel_at"], json!(null));
}

async fn what_ended_behind_our_back_cannot_be_cancelled_or_resumed_and_is_no_fault_of_ours(
    database: Database,
) {
    let stripe = FlakyStripe::start().await;
    let app = stripe.quiet_shop(database).await;
    for (path, body) in [("cancel/", json!({"at": "period_end"})), ("resume/", json!({}))] {
        let member = app.register().await;
        let made = subscribe(&member, paid_now("pro-learn", "pm_card_visa")).await;
        if path == "resume/" {
            member.post(&at("cancel/"), json!({"at": "period_end"})).await.expect(200);
        }
        app.stripe().delete(&format!("/v1/subscriptions/{}", stripe_id(&made))).await.expect(200);
        member.post(&at(path), body).await.problem(409, "no_subscription");
        let seen = overview(&member).await;
        assert_eq!((&seen["tier"]["slug"], &seen["subscription"]), (&json!("free"), &json!(null)), "{path}");
    }
}

// What follows needs Stripe's own tools.

/// Cancels, changes the price, refunds and pays with this client, and sees all of it in the application.
async fn follow(mut client: Command) {
    let app = shop(Database::sqlite().await).await;
    let (late, due) = past_due(&app).await;
    let [canceled, changed, refunded] = [app.register().await, app.register().await, app.register().await];
    let to_cancel = subscribe(&canceled, paid_now("pro-learn", "pm_card_visa")).await;
    let to_change = subscribe(&changed, paid_now("community-pro", "pm_card_visa")).await;
    let purchase = buy(&refunded, "starter").await;
    client.args([&app.sandbox_url, stripe_id(&to_cancel), stripe_id(&to_change), "pro-learn_annual_usd"]);
    client.args([purchase["stripe_payment_intent_id"].as_str().unwrap(), stripe_id(&due)]);
    run(client).await;
    wait_for_subscription(&canceled, "id", json!(null)).await;
    let seen = wait_for_subscription(&changed, "billing_period", json!("annual")).await;
    assert_eq!(seen["tier"]["slug"], "pro-learn");
    wait_for_tokens(&refunded, 50_000).await;
    wait_for_subscription(&late, "status", json!("active")).await;
    books_agree(&app).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_application_follows_what_the_official_python_client_does() {
    let mut python = Command::new(tool(".tools/oracles/bin/python"));
    python.arg(root().join("crates/server/tests/oracles/behind_our_back.py"));
    follow(python).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_application_follows_what_the_official_node_client_does() {
    let modules = tool(".tools/node/node_modules/stripe/package.json");
    let mut node = Command::new("node");
    node.arg(root().join("crates/server/tests/oracles/behind_our_back.cjs"));
    node.env("NODE_PATH", modules.ancestors().nth(2).unwrap());
    follow(node).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_official_command_line_tool_triggers_is_taken_and_ignored_with_the_reason() {
    let app = shop(Database::sqlite().await).await;
    let member = app.register().await;
    for kind in
        ["payment_intent.succeeded", "customer.subscription.created", "invoice.paid", "charge.refunded"]
    {
        let mut stripe = Command::new(tool(".tools/node/node_modules/.bin/stripe"));
        stripe.args(["trigger", kind, "--api-base", &app.sandbox_url]);
        stripe.env("STRIPE_API_KEY", "sk_test_sandbox").env("STRIPE_CLI_TELEMETRY_OPTOUT", "1");
        stripe.env("XDG_CONFIG_HOME", app.database.folder());
        run(stripe).await;
        let made = list(&app, &format!("/v1/events?type={kind}")).await;
        assert!(!made.is_empty(), "nothing was triggered by {kind}");
        for event in made {
            let id = event["id"].as_str().unwrap().to_owned();
            let here = async || {
                store::events::find(&mut app.database.db.reader(), &id.as_str().into()).await.unwrap()
            };
            wait_until("it was delivered, and answered 200", here).await;
            let (state, reason) = outcome(&app, &id).await;
            assert_eq!(state, "ignored", "{kind}");
            assert!(!reason.is_empty(), "{kind}");
        }
    }
    settled(&app).await;
    let effects =
        "SELECT (SELECT COUNT(*) FROM user_subscriptions) + (SELECT COUNT(*) FROM token_transactions)
         + (SELECT COUNT(*) FROM stripe_events WHERE state = 'processed')";
    assert_eq!((count(&app, effects).await, available(&member).await), (0, 0));
}
