//! Pausing, and leaving with the unused part of what was paid: by the catalog's rules.

use super::flaky_stripe::{Fault, FlakyStripe};
use super::mails::subjects;
use super::support::{
    DAY, at, count, customer_of, list, overview, paid_now, quarterly, settled, shop, shop_with, subscribe,
    wait_for_subscription,
};
use axum::http::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use store::{Query as _, args};
use testkit::{App, Client, Database};

testkit::on_both_databases!(
    a_pause_within_the_paid_period_costs_nothing_and_loses_nothing,
    a_pause_over_a_renewal_skips_its_payment_and_its_access,
    a_pause_ends_by_its_date_and_the_next_period_is_paid,
    a_pause_is_resumed_by_hand_and_paid_then,
    who_canceled_in_a_pause_and_resumes_is_told_the_date_of_what_is_paid,
    what_follows_a_pause_is_declined_and_goes_on_once_it_is_paid,
    what_cannot_be_paused_says_why,
    while_paused_no_plan_is_changed,
    a_period_that_is_not_paid_yet_is_neither_paused_nor_changed,
    a_catalog_without_pauses_allows_none,
    the_unused_part_goes_back_where_the_catalog_says_so,
    without_that_rule_nothing_goes_back_after_the_first_days,
    what_would_go_back_is_without_what_is_with_the_bank,
    what_would_go_back_asks_stripe_for_the_invoices_once,
    the_money_of_the_first_days_goes_back_once,
);

async fn monthly(app: &App) -> (Client, Value) {
    let member = app.register().await;
    let mut body = paid_now("community-pro", "pm_card_visa");
    body["billing_period"] = json!("monthly");
    let made = subscribe(&member, body).await;
    (member, made)
}

/// One whose pause has skipped a renewal, and goes on.
async fn without_a_period(app: &App) -> (Client, Value) {
    let (member, made) = monthly(app).await;
    member.post(&at("pause/"), json!({"days": 80})).await.expect(200);
    app.advance(40 * DAY).await;
    settled(app).await;
    (member, made)
}

async fn tier(member: &Client) -> String {
    overview(member).await["tier"]["slug"].as_str().unwrap().to_owned()
}

async fn payments(app: &App) -> Vec<i64> {
    let invoices = list(app, "/v1/invoices?status=paid&limit=100").await;
    invoices.iter().map(|invoice| invoice["amount_paid"].as_i64().unwrap()).collect()
}

async fn history(member: &Client) -> Vec<(String, String)> {
    let page = member.get(&at("subscription/changes/")).await.expect(200);
    let word = |entry: &Value, name: &str| entry[name].as_str().unwrap().to_owned();
    page["data"]
        .as_array()
        .unwrap()
        .iter()
        .rev()
        .map(|entry| (word(entry, "kind"), word(entry, "cause")))
        .collect()
}

async fn a_pause_within_the_paid_period_costs_nothing_and_loses_nothing(database: Database) {
    let app = shop(database).await;
    let (member, made) = monthly(&app).await;
    let paused = member.post(&at("pause/"), json!({"days": 10})).await.expect(200);
    assert_eq!(paused["subscription"]["status"], "active");
    assert_eq!(paused["subscription"]["paused"]["paid_until"], made["current_period_end"]);
    assert_eq!(paused["subscription"]["next_payment"]["at"], made["current_period_end"]);
    // Twice is the same as once.
    let again = member.post(&at("pause/"), json!({"days": 20})).await.expect(200);
    assert_eq!(again["subscription"], paused["subscription"]);
    app.advance(11 * DAY).await;
    settled(&app).await;
    let seen = overview(&member).await;
    assert_eq!(
        (&seen["subscription"]["paused"], &seen["tier"]["slug"]),
        (&json!(null), &json!("community-pro"))
    );
    app.advance(22 * DAY).await;
    settled(&app).await;
    assert_eq!(payments(&app).await, [2_000, 2_000], "the renewal is paid as ever");
    let kinds: Vec<_> = history(&member).await.into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(kinds, ["activated", "paused", "resumed", "renewed"]);
}

async fn a_pause_over_a_renewal_skips_its_payment_and_its_access(database: Database) {
    let app = shop(database).await;
    let (member, made) = monthly(&app).await;
    app.advance(20 * DAY).await;
    let paused = member.post(&at("pause/"), json!({"days": 60})).await.expect(200);
    assert_eq!(tier(&member).await, "community-pro", "what was paid for is there");
    assert_eq!(paused["subscription"]["paused"]["paid_until"], made["current_period_end"]);
    app.advance(15 * DAY).await;
    settled(&app).await;
    assert_eq!(tier(&member).await, "free");
    assert_eq!(payments(&app).await, [2_000]);
    let void = list(&app, "/v1/invoices?status=void").await;
    assert_eq!(void.len(), 1, "the renewal of that time is void");
}

async fn a_pause_ends_by_its_date_and_the_next_period_is_paid(database: Database) {
    let app = shop(database).await;
    let (member, _) = monthly(&app).await;
    app.advance(20 * DAY).await;
    let paused = member.post(&at("pause/"), json!({"days": 30})).await.expect(200);
    let resumes = paused["subscription"]["paused"]["resumes_at"].clone();
    assert_eq!(paused["subscription"]["next_payment"], json!({"amount": 2_000, "at": resumes}));
    app.advance(30 * DAY + 60).await;
    let anew = async || (payments(&app).await == [2_000, 2_000]).then_some(());
    testkit::wait_until("the new period is paid", anew).await;
    settled(&app).await;
    let seen = overview(&member).await;
    assert_eq!(
        (&seen["tier"]["slug"], &seen["subscription"]["paused"]),
        (&json!("community-pro"), &json!(null))
    );
    // Not a second time.
    app.billing().resume_paused().await.unwrap();
    settled(&app).await;
    assert_eq!(payments(&app).await, [2_000, 2_000]);
    app.advance(32 * DAY).await;
    settled(&app).await;
    assert_eq!(payments(&app).await, [2_000, 2_000, 2_000], "and then as ever");
    let kinds: Vec<_> = history(&member).await.into_iter().map(|(kind, _)| kind).collect();
    // One period was skipped; it goes on with the next.
    assert_eq!(kinds, ["activated", "paused", "renewed", "renewed", "resumed", "renewed"]);
    one_mail_tells_the_date_of(&app, &seen["subscription"]).await;
}

/// That it goes on, and when it renews.
async fn one_mail_tells_the_date_of(app: &App, subscription: &Value) {
    let told =
        "SELECT body_text FROM outbox_messages WHERE subject = 'Your Community Pro subscription goes on'";
    let mails = app.database.db.reader().all::<(String,)>(told, args![]).await.unwrap();
    let [(mail,)] = &mails[..] else { panic!("{mails:?}") };
    let next = subscription["current_period_end"].as_str().unwrap();
    let day = next.parse::<jiff::Timestamp>().unwrap().strftime("%-d %B %Y").to_string();
    assert!(mail.contains(&format!("next on {day}")), "{next}: {mail}");
}

async fn who_canceled_in_a_pause_and_resumes_is_told_the_date_of_what_is_paid(database: Database) {
    let app = shop(database).await;
    let (member, _) = without_a_period(&app).await;
    member.post(&at("cancel/"), json!({})).await.expect(200);
    settled(&app).await;
    let resumed = member.post(&at("resume/"), json!({})).await.expect(200);
    settled(&app).await;
    assert_eq!(tier(&member).await, "community-pro");
    assert_eq!(payments(&app).await, [2_000, 2_000]);
    one_mail_tells_the_date_of(&app, &resumed["subscription"]).await;
    let changes = history(&member).await;
    let by_member: BTreeSet<_> =
        changes.iter().filter(|(_, by)| by == "member").map(|(kind, _)| &kind[..]).collect();
    let resumption = ["renewed", "cancellation_undone", "resumed"];
    assert!(resumption.iter().all(|kind| by_member.contains(kind)), "{changes:?}");
}

/// Until then its member has nothing that goes on.
async fn what_follows_a_pause_is_declined_and_goes_on_once_it_is_paid(database: Database) {
    const GOES_ON: &str = "Your Community Pro subscription goes on";
    let app = shop(database).await;
    let (member, made) = without_a_period(&app).await;
    let (stripe, customer) = (app.stripe(), customer_of(&app, &member).await);
    let attach = "/v1/payment_methods/pm_card_chargeCustomerFail/attach";
    let card = stripe.post_form(attach, &[("customer", &customer)]).await.expect(200);
    let pays = [("default_payment_method", card["id"].as_str().unwrap())];
    let subscription = made["stripe_subscription_id"].as_str().unwrap();
    stripe.post_form(&format!("/v1/subscriptions/{subscription}"), &pays).await.expect(200);
    settled(&app).await;
    let resumed = member.post(&at("resume/"), json!({})).await.expect(200);
    assert_eq!(resumed["subscription"]["status"], "past_due");
    settled(&app).await;
    assert_eq!(tier(&member).await, "free");
    assert!(!subjects(&app).await.contains(&GOES_ON.to_owned()));
    let pay = json!({"payment_method_id": "pm_card_mastercard"});
    member.post(&at("subscription/pay/"), pay).await.expect(200);
    settled(&app).await;
    assert_eq!(tier(&member).await, "community-pro");
    assert_eq!(subjects(&app).await.iter().filter(|subject| *subject == GOES_ON).count(), 1);
    // A sync that an event has begun may see the payment before the status that follows from it.
    let changes = history(&member).await;
    let [earlier @ .., _, _] = &changes[..] else { panic!("{changes:?}") };
    let told: BTreeSet<_> = changes[earlier.len()..].iter().map(|(kind, by)| (&kind[..], &by[..])).collect();
    assert_eq!(told, [("recovered", "member"), ("resumed", "member")].into(), "{changes:?}");
}

async fn a_pause_is_resumed_by_hand_and_paid_then(database: Database) {
    let app = shop(database).await;
    let (member, _) = without_a_period(&app).await;
    assert_eq!(tier(&member).await, "free");
    let resumed = member.post(&at("resume/"), json!({})).await.expect(200);
    assert_eq!(resumed["subscription"]["paused"], json!(null));
    assert_eq!(tier(&member).await, "community-pro");
    assert_eq!(payments(&app).await, [2_000, 2_000]);
    member.post(&at("resume/"), json!({})).await.problem(409, "nothing_to_resume");
    settled(&app).await;
    assert_eq!(payments(&app).await, [2_000, 2_000]);
    let by: Vec<_> = history(&member).await;
    assert!(by.contains(&("resumed".to_owned(), "member".to_owned())), "{by:?}");
}

async fn what_cannot_be_paused_says_why(database: Database) {
    let app = shop(database).await;
    let stranger = app.register().await;
    stranger.post(&at("pause/"), json!({"days": 10})).await.problem(409, "no_subscription");
    let (member, _) = monthly(&app).await;
    for days in [0, -1, 91] {
        member.post(&at("pause/"), json!({"days": days})).await.problem(422, "invalid_request");
    }
    member.post(&at("cancel/"), json!({})).await.expect(200);
    let problem = member.post(&at("pause/"), json!({"days": 10})).await.problem(409, "pause_not_available");
    assert_eq!(problem["detail"], "a cancellation is pending");
    member.post(&at("resume/"), json!({})).await.expect(200);
    let trialing = app.register().await;
    subscribe(&trialing, quarterly("community-pro", "pm_card_visa")).await;
    trialing.post(&at("pause/"), json!({"days": 10})).await.problem(409, "pause_not_available");
    assert_eq!(count(&app, "SELECT COUNT(*) FROM subscription_calls WHERE kind = 'pause'").await, 0);
}

async fn while_paused_no_plan_is_changed(database: Database) {
    let app = shop(database).await;
    let (member, _) = monthly(&app).await;
    member.post(&at("pause/"), json!({"days": 10})).await.expect(200);
    let wish = json!({"tier_slug": "pro-learn"});
    member.post(&at("update/preview/"), wish.clone()).await.problem(409, "subscription_paused");
    member.post(&at("update/"), wish.clone()).await.problem(409, "subscription_paused");
    member.post(&at("resume/"), json!({})).await.expect(200);
    member.post(&at("update/"), wish).await.expect(200);
    // Leaving is always possible.
    member.post(&at("pause/"), json!({"days": 10})).await.expect(200);
    let left = member.post(&at("cancel/"), json!({"at": "now"})).await.expect(200);
    assert_eq!(left["subscription"], json!(null));
}

async fn a_catalog_without_pauses_allows_none(database: Database) {
    let app = shop_with(database, "longest_days = 90", "longest_days = 0").await;
    let (member, _) = monthly(&app).await;
    member.post(&at("pause/"), json!({"days": 1})).await.problem(409, "pause_not_available");
    let config = app.anyone().get(&at("config/")).await.expect(200);
    assert_eq!(config["longest_pause_days"], 0);
    wait_for_subscription(&member, "paused", json!(null)).await;
}

async fn would_go_back(member: &Client) -> Value {
    member.post(&at("cancel/preview/"), json!({})).await.expect(200)["refund"].clone()
}

async fn the_unused_part_goes_back_where_the_catalog_says_so(database: Database) {
    let app = shop_with(database, "unused_part = false", "unused_part = true").await;
    let member = app.register().await;
    subscribe(&member, paid_now("community-pro", "pm_card_visa")).await;
    app.advance(30 * DAY).await;
    member.post(&at("update/"), json!({"tier_slug": "pro-learn"})).await.expect(200);
    app.advance(30 * DAY).await;
    let told = would_go_back(&member).await["amount"].as_i64().unwrap();
    member.post(&at("cancel/"), json!({"at": "now", "refund": true})).await.expect(200);
    settled(&app).await;
    let refunds = list(&app, "/v1/refunds").await;
    let back: i64 = refunds.iter().map(|refund| refund["amount"].as_i64().unwrap()).sum();
    // The clock goes on between the two.
    assert!((back..=back + 1).contains(&told), "{told} was told, {back} went back");
    // 60 of about 90 days of a quarter at 105 dollars have passed.
    assert!((3_300..=3_750).contains(&back), "{back}");
    let page = member.get(&at("subscription/changes/")).await.expect(200);
    assert_eq!((&page["data"][0]["kind"], &page["data"][0]["charged"]), (&json!("canceled"), &json!(-back)));
    assert_eq!(list(&app, "/v1/subscriptions").await.len(), 0);
}

async fn without_that_rule_nothing_goes_back_after_the_first_days(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    subscribe(&member, paid_now("community-pro", "pm_card_visa")).await;
    app.advance(8 * DAY).await;
    assert_eq!(would_go_back(&member).await, json!(null));
    let refused = member.post(&at("cancel/"), json!({"at": "now", "refund": true})).await;
    refused.problem(422, "invalid_request");
    assert_eq!(overview(&member).await["tier"]["slug"], "community-pro", "and nothing was canceled");
}

/// In the first hour of a period its invoice is a draft: a pause would void it, and a change give a credit for it.
async fn a_period_that_is_not_paid_yet_is_neither_paused_nor_changed(database: Database) {
    let app = shop(database).await;
    let (member, made) = monthly(&app).await;
    let now = app.stripe().get("/_sandbox/clock").await.expect(200)["now"].as_i64().unwrap();
    let end: jiff::Timestamp = made["current_period_end"].as_str().unwrap().parse().unwrap();
    app.advance(end.as_second() - now + 600).await;
    settled(&app).await;
    member.post(&at("pause/"), json!({"days": 1})).await.problem(409, "pause_not_available");
    let annual = json!({"billing_period": "annual"});
    member.post(&at("update/preview/"), annual.clone()).await.problem(409, "payment_due");
    member.post(&at("update/"), annual).await.problem(409, "payment_due");
    app.advance(2 * 3_600).await;
    settled(&app).await;
    assert_eq!(payments(&app).await, [2_000, 2_000]);
    let paused = member.post(&at("pause/"), json!({"days": 1})).await.expect(200);
    assert_eq!(
        paused["subscription"]["paused"]["paid_until"],
        overview(&member).await["subscription"]["current_period_end"]
    );
}

async fn what_would_go_back_is_without_what_is_with_the_bank(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    subscribe(&member, paid_now("pro-learn", "pm_card_createDispute")).await;
    let frozen = async || {
        let open = "SELECT COUNT(*) FROM disputes WHERE status = 'needs_response'";
        (count(&app, open).await == 1).then_some(())
    };
    testkit::wait_until("the dispute is heard of", frozen).await;
    assert_eq!(would_go_back(&member).await, json!(null));
}

async fn what_would_go_back_asks_stripe_for_the_invoices_once(database: Database) {
    let stripe = FlakyStripe::start().await;
    let app = stripe.shop(database).await;
    let member = app.register().await;
    subscribe(&member, paid_now("pro-learn", "pm_card_visa")).await;
    settled(&app).await;
    // A request to read has no key that could be forgotten: it is only counted.
    stripe.set(Method::GET, "/v1/invoices", Fault::Forget);
    assert_eq!(would_go_back(&member).await["amount"], 10_500);
    assert_eq!(stripe.times_met(), 1);
}

async fn the_money_of_the_first_days_goes_back_once(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    let leave = json!({"at": "now", "refund": true});
    member.post(&at("cancel/preview/"), json!({})).await.problem(409, "no_subscription");
    subscribe(&member, paid_now("pro-learn", "pm_card_visa")).await;
    assert_eq!(would_go_back(&member).await, json!({"amount": 10_500, "currency": "usd"}));
    let payments = list(&app, "/v1/payment_intents").await;
    let part = [("payment_intent", payments[0]["id"].as_str().unwrap()), ("amount", "500")];
    app.stripe().post_form("/v1/refunds", &part).await.expect(200);
    assert_eq!(would_go_back(&member).await["amount"], 10_000, "less what went back before");
    member.post(&at("cancel/"), leave.clone()).await.expect(200);
    subscribe(&member, paid_now("pro-learn", "pm_card_visa")).await;
    assert_eq!(would_go_back(&member).await, json!(null), "once");
    let refused = member.post(&at("cancel/"), leave).await.problem(422, "invalid_request");
    assert_eq!(refused["errors"][0]["field"], "refund");
    assert_eq!(list(&app, "/v1/refunds").await.len(), 2, "that part, and the rest");
    assert_eq!(overview(&member).await["subscription"]["status"], "active", "nothing was canceled");
}
