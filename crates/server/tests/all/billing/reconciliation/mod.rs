//! What goes wrong behind our back: found by a dry run, which changes nothing; mended by a repair; not there in the
//! next run.

mod books;
mod failed_refunds;
mod invoices;
mod misplaced_payments;
mod purchases;
mod runs;
mod second_subscriptions;
mod subscriptions;

use super::flaky_stripe::FlakyStripe;
use super::support::{balance, books_agree, count, customer_of, list, order};
use billing::reconciliation::{Outcome, Reconcile, Report};
use serde_json::Value;
use testkit::{App, Client, Database};

async fn reconcile(app: &App, repair: bool) -> Report {
    app.billing().reconcile(Reconcile { repair, since: None }, |_| {}).await.unwrap().unwrap()
}

/// A dry run that looks so many days back.
async fn look_back(app: &App, days: i64) -> Report {
    let since = Some(app.billing().now().minus(days * domain::time::DAY));
    app.billing().reconcile(Reconcile { repair: false, since }, |_| {}).await.unwrap().unwrap()
}

fn kinds(report: &Report) -> Vec<&'static str> {
    report.left.iter().map(|finding| finding.kind.as_str()).collect()
}

/// A dry run finds this and changes nothing; a repair mends all of it; the next run finds nothing.
async fn found_repaired_and_gone(app: &App, expected: &[&str]) {
    let dry = reconcile(app, false).await;
    assert_eq!((kinds(&dry), dry.outcome), (expected.to_vec(), Outcome::Differs), "{dry}");
    let again = reconcile(app, false).await;
    assert_eq!(kinds(&again), expected, "a dry run changes nothing: {again}");
    let open = "SELECT COUNT(*) FROM discrepancies WHERE resolved_at IS NULL AND run_id IS NOT NULL";
    assert_eq!(count(app, open).await, i64::try_from(expected.len()).unwrap());
    let repair = reconcile(app, true).await;
    assert_eq!((kinds(&repair), repair.outcome), (vec![], Outcome::Repaired), "{repair}");
    nothing_is_found(app).await;
    assert_eq!(count(app, open).await, 0, "what no longer holds is resolved");
    books_agree(app).await;
}

async fn nothing_is_found(app: &App) {
    let report = reconcile(app, false).await;
    assert_eq!((kinds(&report), report.outcome), (vec![], Outcome::Agrees), "{report}");
}

/// Found, left by a repair, and gone once a person has mended it.
async fn waits_for_a_person(app: &App, expected: &[&str]) {
    for repair in [false, true, true] {
        let report = reconcile(app, repair).await;
        assert_eq!((kinds(&report), report.outcome), (expected.to_vec(), Outcome::Differs), "{report}");
    }
    let open = "SELECT COUNT(*) FROM discrepancies WHERE resolved_at IS NULL AND run_id IS NOT NULL";
    assert_eq!(count(app, open).await, i64::try_from(expected.len()).unwrap(), "each is open once");
}

/// An application that hears nothing of what happens at Stripe.
async fn deaf(stripe: &FlakyStripe, database: Database) -> (App, Client) {
    let app = stripe.quiet_shop(database).await;
    let member = app.register().await;
    (app, member)
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap()
}

/// What somebody makes at Stripe for our member, as our own call would have.
async fn subscribe_at_stripe(app: &App, member: &Client, tier: &str) -> Value {
    let price = price_of(app, tier).await;
    subscribe_with(app, member, &price, "pm_card_visa").await
}

async fn price_of(app: &App, tier: &str) -> String {
    let price = list(app, &format!("/v1/prices?lookup_keys[0]={tier}_quarterly_usd")).await.remove(0);
    text(&price, "id").to_owned()
}

/// The same with any price and any of Stripe's cards.
async fn subscribe_with(app: &App, member: &Client, price: &str, card: &str) -> Value {
    let customer = customer_of(app, member).await;
    let account = account_of(member).await;
    let stripe = app.stripe();
    let path = format!("/v1/payment_methods/{card}/attach");
    let card = stripe.post_form(&path, &[("customer", &customer)]).await.expect(200);
    let form = [
        ("customer", customer.as_str()),
        ("items[0][price]", price),
        ("default_payment_method", text(&card, "id")),
        ("metadata[account_id]", &account),
    ];
    stripe.post_form("/v1/subscriptions", &form).await.expect(200)
}

async fn account_of(member: &Client) -> String {
    text(&balance(member).await, "account_id").to_owned()
}

/// A payment at Stripe that names our member, and a purchase.
async fn pay_at_stripe(app: &App, member: &Client, purchase: &str) -> Value {
    let (customer, account) = (customer_of(app, member).await, account_of(member).await);
    let form = [
        ("amount", "500"),
        ("currency", "usd"),
        ("customer", customer.as_str()),
        ("payment_method", "pm_card_visa"),
        ("confirm", "true"),
        ("payment_method_types[]", "card"),
        ("metadata[purchase_id]", purchase),
        ("metadata[account_id]", &account),
    ];
    app.stripe().post_form("/v1/payment_intents", &form).await.expect(200)
}

/// In the dashboard; without an amount all that is left.
async fn refund_at_stripe(app: &App, intent: &str, amount: Option<&str>) {
    let mut form = vec![("payment_intent", intent)];
    form.extend(amount.map(|amount| ("amount", amount)));
    app.stripe().post_form("/v1/refunds", &form).await.expect(200);
}

/// The only dispute is decided in our favour.
async fn win_the_dispute(app: &App) {
    let dispute = list(app, "/v1/disputes").await.remove(0);
    let form = [("evidence[uncategorized_text]", "winning_evidence")];
    app.stripe().post_form(&format!("/v1/disputes/{}", text(&dispute, "id")), &form).await.expect(200);
    app.advance(10).await;
}

/// Asked for here, paid in the browser.
async fn paid_in_the_browser(app: &App, member: &Client) -> String {
    let answer = order(member, "starter", None).await.expect(201);
    let intent = text(&answer["purchase"], "stripe_payment_intent_id").to_owned();
    let card = [("payment_method", "pm_card_visa"), ("return_url", "https://example.com/")];
    app.stripe().post_form(&format!("/v1/payment_intents/{intent}/confirm"), &card).await.expect(200);
    intent
}
