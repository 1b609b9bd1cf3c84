//! Refunds of subscriptions that Stripe takes, and takes back days later: the access is gone and the money is here, so a
//! person has to know.

use super::super::flaky_stripe::FlakyStripe;
use super::super::support::{at, count, list, paid_now, settled, shop, subscribe};
use super::{deaf, kinds, nothing_is_found, reconcile, refund_at_stripe, text, waits_for_a_person};
use serde_json::{Value, json};
use testkit::{App, Client, Database};

testkit::on_both_databases!(
    a_refund_of_a_subscription_that_fails_is_reported_when_stripe_tells_of_it,
    one_that_nobody_told_of_is_found_until_it_is_made_good,
);

/// Seconds until the sandbox lets it fail.
const LATER: i64 = 61;

/// A member cancels within the days of the catalog; the refund, as Stripe has it.
async fn leave_with_the_money(app: &App, member: &Client) -> Value {
    subscribe(member, paid_now("pro-learn", "pm_card_refundFail")).await;
    let gone = member.post(&at("cancel/"), json!({"at": "now", "refund": true})).await.expect(200);
    assert_eq!(gone["subscription"], json!(null));
    list(app, "/v1/refunds").await.remove(0)
}

async fn a_refund_of_a_subscription_that_fails_is_reported_when_stripe_tells_of_it(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    let refund = leave_with_the_money(&app, &member).await;
    settled(&app).await;
    assert_eq!(app.billing().open_discrepancies().await.unwrap(), 0, "so far it has arrived");
    app.advance(LATER).await;
    settled(&app).await;
    let told = app.billing().list_discrepancies().await.unwrap();
    let told: Vec<_> = told.iter().map(|it| (it.kind.as_str(), it.object_id.as_str())).collect();
    assert_eq!(told, [("refund_failed", text(&refund, "id"))]);
    let applied = "SELECT COUNT(*) FROM stripe_events WHERE type = 'refund.failed' AND state = 'processed'";
    assert_eq!(count(&app, applied).await, 1);
    // A run sees the same, and says it once.
    assert_eq!(kinds(&reconcile(&app, true).await), ["refund_failed"]);
    assert_eq!(app.billing().open_discrepancies().await.unwrap(), 1);
}

async fn one_that_nobody_told_of_is_found_until_it_is_made_good(database: Database) {
    let stripe = FlakyStripe::start().await;
    let (app, member) = deaf(&stripe, database).await;
    let refund = leave_with_the_money(&app, &member).await;
    nothing_is_found(&app).await;
    app.advance(LATER).await;
    waits_for_a_person(&app, &["refund_failed"]).await;
    refund_at_stripe(&app, text(&refund, "payment_intent"), None).await;
    nothing_is_found(&app).await;
    assert_eq!(app.billing().open_discrepancies().await.unwrap(), 0);
}
