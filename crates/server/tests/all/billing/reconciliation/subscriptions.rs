//! Subscriptions and customers that are not what Stripe has.

use super::super::flaky_stripe::FlakyStripe;
use super::super::support::{buy, customer_of, list, overview, paid_now, run_sql, shop, subscribe};
use super::{
    deaf, found_repaired_and_gone, kinds, nothing_is_found, price_of, reconcile, subscribe_at_stripe,
    subscribe_with, text, waits_for_a_person,
};
use testkit::{App, Database};

testkit::on_both_databases!(
    a_cancellation_that_nobody_told_us_of_is_found_and_mirrored,
    a_subscription_that_nobody_told_us_of_is_mirrored,
    a_deleted_customer_is_forgotten,
    a_customer_that_stripe_never_had_is_not_forgotten,
    a_subscription_that_stripe_does_not_have_waits_for_a_person,
    a_subscription_at_a_foreign_price_waits_for_a_person,
    a_price_that_was_changed_to_a_foreign_one_is_mirrored_and_waits_for_a_person,
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

/// As after a backup of another account's was restored.
async fn a_subscription_that_stripe_does_not_have_waits_for_a_person(database: Database) {
    let stripe = FlakyStripe::start().await;
    let (app, member) = deaf(&stripe, database).await;
    let made = subscribe(&member, paid_now("pro-learn", "pm_card_visa")).await;
    let id = text(&made, "stripe_subscription_id");
    let found = store::subscriptions::find(&mut app.database.db.reader(), &id.into()).await.unwrap();
    let mut ghost = found.unwrap();
    app.stripe().delete(&format!("/v1/subscriptions/{id}")).await.expect(200);
    found_repaired_and_gone(&app, &["subscription_differs"]).await;
    ghost.id = domain::ids::UserSubscriptionId::from_stored("usub_ghost");
    ghost.seen.id = "sub_of_another".into();
    let mut tx = app.database.db.begin().await.unwrap();
    store::subscriptions::save(&mut tx, &ghost, app.billing().now()).await.unwrap();
    tx.commit().await.unwrap();
    waits_for_a_person(&app, &["subscription_gone"]).await;
    assert_eq!(overview(&member).await["tier"]["slug"], "pro-learn", "nothing is taken by itself");
    run_sql(
        &app,
        "UPDATE user_subscriptions SET status = 'canceled' WHERE stripe_subscription_id = 'sub_of_another'",
    )
    .await;
    nothing_is_found(&app).await;
}

/// A price that is none of the catalog's.
async fn foreign_price(app: &App) -> String {
    let form = [
        ("currency", "usd"),
        ("unit_amount", "700"),
        ("recurring[interval]", "month"),
        ("recurring[interval_count]", "3"),
        ("product_data[name]", "A friend's price"),
    ];
    let price = app.stripe().post_form("/v1/prices", &form).await.expect(200);
    text(&price, "id").to_owned()
}

async fn a_subscription_at_a_foreign_price_waits_for_a_person(database: Database) {
    let stripe = FlakyStripe::start().await;
    let (app, member) = deaf(&stripe, database).await;
    buy(&member, "starter").await;
    let made = subscribe_with(&app, &member, &foreign_price(&app).await, "pm_card_visa").await;
    waits_for_a_person(&app, &["foreign_price"]).await;
    assert_eq!(overview(&member).await["tier"]["slug"], "free");
    app.stripe().delete(&format!("/v1/subscriptions/{}", text(&made, "id"))).await.expect(200);
    nothing_is_found(&app).await;
}

async fn a_price_that_was_changed_to_a_foreign_one_is_mirrored_and_waits_for_a_person(database: Database) {
    let stripe = FlakyStripe::start().await;
    let (app, member) = deaf(&stripe, database).await;
    let made = subscribe(&member, paid_now("pro-learn", "pm_card_visa")).await;
    let path = format!("/v1/subscriptions/{}", text(&made, "stripe_subscription_id"));
    let item = app.stripe().get(&path).await.expect(200)["items"]["data"][0]["id"].clone();
    let change = async |price: String| {
        let form = [
            ("items[0][id]", item.as_str().unwrap()),
            ("items[0][price]", price.as_str()),
            ("proration_behavior", "none"),
        ];
        app.stripe().post_form(&path, &form).await.expect(200);
    };
    change(foreign_price(&app).await).await;
    assert_eq!(kinds(&reconcile(&app, false).await), ["subscription_differs"]);
    assert_eq!(kinds(&reconcile(&app, true).await), ["foreign_price"]);
    waits_for_a_person(&app, &["foreign_price"]).await;
    assert_eq!(overview(&member).await["tier"]["slug"], "pro-learn", "access stays as it was");
    change(price_of(&app, "pro-learn").await).await;
    found_repaired_and_gone(&app, &["subscription_differs"]).await;
}
