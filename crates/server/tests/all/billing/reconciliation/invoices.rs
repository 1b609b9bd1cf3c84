//! Invoices, and periods that are paid for.

use super::super::flaky_stripe::FlakyStripe;
use super::super::support::{DAY, buy, count, customer_of, list, paid_now, subscribe};
use super::{account_of, deaf, found_repaired_and_gone, kinds, price_of, reconcile, text};
use billing::reconciliation::{Outcome, Reconcile};
use domain::time::{MINUTE, Timestamp};
use serde_json::Value;
use testkit::{App, Client, Database};

testkit::on_both_databases!(
    a_renewal_that_nobody_told_us_of_is_found_with_its_invoice,
    an_invoice_that_was_a_draft_before_the_window_is_no_finding,
    a_period_that_is_paid_in_parts_is_no_finding,
);

async fn a_renewal_that_nobody_told_us_of_is_found_with_its_invoice(database: Database) {
    let stripe = FlakyStripe::start().await;
    let (app, member) = deaf(&stripe, database).await;
    subscribe(&member, paid_now("pro-learn", "pm_card_visa")).await;
    app.advance(93 * DAY).await;
    found_repaired_and_gone(&app, &["subscription_differs", "invoice_differs"]).await;
    assert_eq!(count(&app, "SELECT COUNT(*) FROM invoices WHERE status = 'paid'").await, 2);
}

async fn an_invoice_that_was_a_draft_before_the_window_is_no_finding(database: Database) {
    let stripe = FlakyStripe::start().await;
    let (app, member) = deaf(&stripe, database).await;
    subscribe(&member, paid_now("pro-learn", "pm_card_visa")).await;
    app.advance(93 * DAY).await;
    reconcile(&app, true).await;
    let drafted = count(&app, "SELECT MAX(created_at) FROM invoices").await;
    app.advance(40 * DAY).await;
    // Payments of invoices are looked back at 30 days further, for dunning: to between the draft and its end.
    let since = Some(Timestamp(drafted).plus(30 * domain::time::DAY + 30 * MINUTE));
    let looked = app.billing().reconcile(Reconcile { repair: false, since }, |_| {}).await;
    let report = looked.unwrap().unwrap();
    assert_eq!((kinds(&report), report.outcome), (vec![], Outcome::Agrees), "{report}");
    assert_eq!(report.looked.invoices, 1, "its payment is in the window");
}

/// A subscription whose invoices are sent, with its first one, which waits for payments.
async fn invoiced(app: &App, member: &Client) -> Value {
    buy(member, "starter").await;
    let (customer, account) = (customer_of(app, member).await, account_of(member).await);
    let price = price_of(app, "community-pro").await;
    let form = [
        ("customer", customer.as_str()),
        ("items[0][price]", price.as_str()),
        ("collection_method", "send_invoice"),
        ("days_until_due", "30"),
        ("metadata[account_id]", account.as_str()),
    ];
    let made = app.stripe().post_form("/v1/subscriptions", &form).await.expect(200);
    let path = format!("/v1/invoices/{}/finalize", text(&made, "latest_invoice"));
    let invoice = app.stripe().post_form(&path, &[]).await.expect(200);
    reconcile(app, true).await;
    invoice
}

async fn a_period_that_is_paid_in_parts_is_no_finding(database: Database) {
    let stripe = FlakyStripe::start().await;
    let (app, member) = deaf(&stripe, database).await;
    let invoice = invoiced(&app, &member).await;
    let (attach, customer) =
        (format!("/v1/invoices/{}/attach_payment", text(&invoice, "id")), customer_of(&app, &member).await);
    for _ in 0..2 {
        let form = [
            ("amount", "2700"),
            ("currency", "usd"),
            ("customer", &customer),
            ("payment_method", "pm_card_visa"),
            ("payment_method_types[]", "card"),
            ("confirm", "true"),
        ];
        let intent = app.stripe().post_form("/v1/payment_intents", &form).await.expect(200);
        app.stripe().post_form(&attach, &[("payment_intent", text(&intent, "id"))]).await.expect(200);
    }
    found_repaired_and_gone(&app, &["invoice_differs"]).await;
    assert_eq!(count(&app, "SELECT COUNT(*) FROM invoices WHERE status = 'paid'").await, 1);
    let paid = list(&app, "/v1/invoice_payments?status=paid").await;
    assert_eq!(paid.len(), 2);
}
