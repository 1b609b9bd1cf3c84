//! Whose doing a change was: the same answer whether the webhook or our own sync sees it first.

use super::flaky_stripe::{Fault, FlakyStripe};
use super::support::{at, deliver, list, paid_now, settled, shop, subscribe, wait_for_subscription};
use axum::http::Method;
use serde_json::{Value, json};
use testkit::{Client, Database};

testkit::on_both_databases!(
    a_members_own_call_is_the_cause,
    what_is_done_in_the_dashboard_is_stripes_doing,
    a_webhook_that_is_faster_than_the_answer_is_attributed_to_the_call,
    a_call_is_no_cause_of_what_happens_after_it_was_seen,
    an_administrator_is_named,
);

/// Kind and cause of each entry, oldest first.
async fn history(member: &Client) -> Vec<(String, String)> {
    let page = member.get(&at("subscription/changes/")).await.expect(200);
    let word = |entry: &Value, name: &str| entry[name].as_str().unwrap().to_owned();
    let entries = page["data"].as_array().unwrap().iter().rev();
    entries.map(|entry| (word(entry, "kind"), word(entry, "cause"))).collect()
}

fn said(entries: &[(&str, &str)]) -> Vec<(String, String)> {
    entries.iter().map(|(kind, cause)| ((*kind).to_owned(), (*cause).to_owned())).collect()
}

async fn a_members_own_call_is_the_cause(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    subscribe(&member, paid_now("pro-learn", "pm_card_visa")).await;
    member.post(&at("cancel/"), json!({})).await.expect(200);
    member.post(&at("resume/"), json!({})).await.expect(200);
    member.post(&at("cancel/"), json!({"at": "now"})).await.expect(200);
    settled(&app).await;
    let expected = said(&[
        ("activated", "member"),
        ("cancellation_scheduled", "member"),
        ("cancellation_undone", "member"),
        ("canceled", "member"),
    ]);
    assert_eq!(history(&member).await, expected);
}

async fn what_is_done_in_the_dashboard_is_stripes_doing(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    let made = subscribe(&member, paid_now("pro-learn", "pm_card_visa")).await;
    let path = format!("/v1/subscriptions/{}", made["stripe_subscription_id"].as_str().unwrap());
    app.stripe().post_form(&path, &[("cancel_at_period_end", "true")]).await.expect(200);
    wait_for_subscription(&member, "cancel_at", made["current_period_end"].clone()).await;
    let newest = member.get(&at("subscription/changes/")).await.expect(200)["data"][0].clone();
    assert_eq!((&newest["kind"], &newest["cause"]), (&json!("cancellation_scheduled"), &json!("stripe")));
    let event = newest["stripe_event_id"].as_str().unwrap();
    let told = app.stripe().get(&format!("/v1/events/{event}")).await.expect(200);
    assert_eq!(told["type"], "customer.subscription.updated");
}

async fn a_webhook_that_is_faster_than_the_answer_is_attributed_to_the_call(database: Database) {
    let stripe = FlakyStripe::start().await;
    let app = stripe.quiet_shop(database).await;
    let member = app.register().await;
    subscribe(&member, paid_now("pro-learn", "pm_card_visa")).await;
    stripe.set(Method::POST, "/v1/subscriptions/", Fault::HoldAnswer);
    let canceling = tokio::spawn({
        let member = member.clone();
        async move { member.post(&at("cancel/"), json!({})).await }
    });
    stripe.met(1).await;
    // Stripe has done it, and tells of it before it answers.
    let told = list(&app, "/v1/events?type=customer.subscription.updated").await.remove(0);
    deliver(&app, &told).await.expect(200);
    settled(&app).await;
    let expected = said(&[("activated", "member"), ("cancellation_scheduled", "member")]);
    assert_eq!(history(&member).await, expected);
    stripe.release();
    canceling.await.unwrap().expect(200);
    settled(&app).await;
    assert_eq!(history(&member).await, expected);
}

async fn a_call_is_no_cause_of_what_happens_after_it_was_seen(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    let made = subscribe(&member, paid_now("pro-learn", "pm_card_visa")).await;
    member.post(&at("cancel/"), json!({})).await.expect(200);
    member.post(&at("resume/"), json!({})).await.expect(200);
    let path = format!("/v1/subscriptions/{}", made["stripe_subscription_id"].as_str().unwrap());
    app.stripe().post_form(&path, &[("cancel_at_period_end", "true")]).await.expect(200);
    wait_for_subscription(&member, "cancel_at", made["current_period_end"].clone()).await;
    assert_eq!(history(&member).await.last().unwrap().1, "stripe");
    let open = "SELECT COUNT(*) FROM subscription_calls WHERE closed_at IS NULL";
    assert_eq!(super::support::count(&app, open).await, 0);
}

async fn an_administrator_is_named(database: Database) {
    use billing::subscriptions::{By, Cancel, CancelAt};
    let app = shop(database).await;
    let member = app.register().await;
    let made = subscribe(&member, paid_now("pro-learn", "pm_card_visa")).await;
    let account = domain::ids::AccountId::from_stored(made["account_id"].as_str().unwrap());
    let cancel = Cancel {
        account: account.clone(),
        at: CancelAt::PeriodEnd,
        feedback: None,
        comment: None,
        refund: false,
        by: By::admin("usr_root"),
    };
    app.billing().cancel(cancel).await.unwrap();
    let mut reader = app.database.db.reader();
    let entries = store::subscription_changes::list(&mut reader, &account, None, 1).await.unwrap();
    assert_eq!((entries[0].cause.as_str(), entries[0].actor.as_deref()), ("admin", Some("usr_root")));
}
