//! Subscriptions, customers and invoices that are not what Stripe has.

use super::super::flaky_stripe::FlakyStripe;
use super::super::support::{
    DAY, buy, count, customer_of, list, overview, paid_now, run_sql, shop, subscribe,
};
use super::{deaf, found_repaired_and_gone, kinds, nothing_is_found, reconcile, subscribe_at_stripe, text};
use testkit::Database;

testkit::on_both_databases!(
    a_cancellation_that_nobody_told_us_of_is_found_and_mirrored,
    a_renewal_that_nobody_told_us_of_is_found_with_its_invoice,
    a_subscription_that_nobody_told_us_of_is_mirrored,
    a_deleted_customer_is_forgotten,
    a_customer_that_stripe_never_had_is_not_forgotten,
);

async fn a_cancellation_that_nobody_told_us_of_is_found_and_mirrored(database: Database) {
    let stripe = FlakyStripe::start().await;
    let (app, member) = deaf(&stripe, database).await;
    let made = subscribe(&member, paid_now("pro-learn", "pm_card_visa")).await;
    nothing_is_found(&app).await;
    app.stripe()
        .delete(&format!("/v1/subscriptions/{}", text(&made, "stripe_subscription_id")))
        .await
        .expect(200);
    assert_eq!(overview(&member).await["tier"]["slug"], "pro-learn");
    found_repaired_and_gone(&app, &["subscription_differs"]).await;
    assert_eq!(overview(&member).await["tier"]["slug"], "free");
}

async fn a_renewal_that_nobody_told_us_of_is_found_with_its_invoice(database: Database) {
    let stripe = FlakyStripe::start().await;
    let (app, member) = deaf(&stripe, database).await;
    subscribe(&member, paid_now("pro-learn", "pm_card_visa")).await;
    app.advance(93 * DAY).await;
    found_repaired_and_gone(&app, &["subscription_differs", "invoice_differs"]).await;
    assert_eq!(count(&app, "SELECT COUNT(*) FROM invoices WHERE status = 'paid'").await, 2);
}

async fn a_subscription_that_nobody_told_us_of_is_mirrored(database: Database) {
    let stripe = FlakyStripe::start().await;
    let (app, member) = deaf(&stripe, database).await;
    buy(&member, "starter").await;
    subscribe_at_stripe(&app, &member, "pro-learn").await;
    found_repaired_and_gone(&app, &["subscription_missing"]).await;
    assert_eq!(overview(&member).await["tier"]["slug"], "pro-learn");
    assert_eq!(list(&app, "/v1/refunds").await.len(), 0);
}

async fn a_deleted_customer_is_forgotten(database: Database) {
    let stripe = FlakyStripe::start().await;
    let (app, member) = deaf(&stripe, database).await;
    subscribe(&member, paid_now("pro-learn", "pm_card_visa")).await;
    let customer = customer_of(&app, &member).await;
    app.stripe().delete(&format!("/v1/customers/{customer}")).await.expect(200);
    found_repaired_and_gone(&app, &["customer_deleted", "subscription_differs"]).await;
    assert_eq!(overview(&member).await["tier"]["slug"], "free");
    subscribe(&member, paid_now("pro-learn", "pm_card_visa")).await;
    assert_ne!(customer_of(&app, &member).await, customer);
}

/// As with the key of another account of Stripe's.
async fn a_customer_that_stripe_never_had_is_not_forgotten(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    buy(&member, "starter").await;
    run_sql(
        &app,
        "UPDATE accounts SET stripe_customer_id = 'cus_of_another' WHERE stripe_customer_id IS NOT NULL",
    )
    .await;
    for repair in [false, true] {
        let report = reconcile(&app, repair).await;
        assert!(kinds(&report).contains(&"customer_gone"), "{report}");
    }
    assert_eq!(customer_of(&app, &member).await, "cus_of_another");
}
