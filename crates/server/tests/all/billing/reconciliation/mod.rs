//! What goes wrong behind our back: found by a dry run, which changes nothing; mended by a repair; not there in the
//! next run.

mod books;
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
    let customer = customer_of(app, member).await;
    let account = text(&balance(member).await, "account_id").to_owned();
    let stripe = app.stripe();
    let card = stripe
        .post_form("/v1/payment_methods/pm_card_visa/attach", &[("customer", &customer)])
        .await
        .expect(200);
    let price = list(app, &format!("/v1/prices?lookup_keys[0]={tier}_quarterly_usd")).await.remove(0);
    let form = [
        ("customer", customer.as_str()),
        ("items[0][price]", text(&price, "id")),
        ("default_payment_method", text(&card, "id")),
        ("metadata[account_id]", &account),
    ];
    stripe.post_form("/v1/subscriptions", &form).await.expect(200)
}

/// Asked for here, paid in the browser.
async fn paid_in_the_browser(app: &App, member: &Client) -> String {
    let answer = order(member, "starter", None).await.expect(201);
    let intent = text(&answer["purchase"], "stripe_payment_intent_id").to_owned();
    let card = [("payment_method", "pm_card_visa"), ("return_url", "https://example.com/")];
    app.stripe().post_form(&format!("/v1/payment_intents/{intent}/confirm"), &card).await.expect(200);
    intent
}
