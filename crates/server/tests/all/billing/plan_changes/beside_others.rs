//! A change beside what else is pending: a cancellation, a scheduled change, another wish.

use super::super::support::{DAY, at, count, list, overview, settled, shop};
use super::{accept, confirm, paid, subscriber, to, update, use_card};
use serde_json::json;
use testkit::Database;

testkit::on_both_databases!(
    an_upgrade_takes_a_pending_cancellation_back,
    a_downgrade_takes_a_pending_cancellation_back,
    an_upgrade_over_a_scheduled_downgrade_that_is_declined_leaves_it_scheduled,
    another_wish_replaces_one_that_waits_for_the_bank,
    what_the_member_decides_while_a_change_waits_for_the_bank_stands,
);

async fn an_upgrade_takes_a_pending_cancellation_back(database: Database) {
    let app = shop(database).await;
    let (member, made) = subscriber(&app, "community-pro", "pm_card_visa").await;
    member.post(&at("cancel/"), json!({})).await.expect(200);
    // A card that declines leaves it pending.
    use_card(&app, &made, "pm_card_chargeCustomerFail").await;
    update(&member, to("pro-learn")).await.problem(402, "card_declined");
    assert_eq!(overview(&member).await["subscription"]["cancel_at"], made["current_period_end"]);
    use_card(&app, &made, "pm_card_visa").await;
    let (_, answer) = accept(&member, to("pro-learn")).await;
    assert_eq!(
        (&answer["subscription"]["cancel_at"], &answer["subscription"]["tier_slug"]),
        (&json!(null), &json!("pro-learn"))
    );
}

async fn a_downgrade_takes_a_pending_cancellation_back(database: Database) {
    let app = shop(database).await;
    let (member, made) = subscriber(&app, "pro-learn", "pm_card_visa").await;
    member.post(&at("cancel/"), json!({})).await.expect(200);
    let (_, answer) = accept(&member, to("community-pro")).await;
    assert_eq!(answer["subscription"]["cancel_at"], json!(null));
    assert_eq!(answer["subscription"]["scheduled_change"]["at"], made["current_period_end"]);
}

async fn an_upgrade_over_a_scheduled_downgrade_that_is_declined_leaves_it_scheduled(database: Database) {
    let app = shop(database).await;
    let (member, made) = subscriber(&app, "pro-learn", "pm_card_visa").await;
    update(&member, to("community-pro")).await.expect(200);
    let scheduled = overview(&member).await["subscription"]["scheduled_change"].clone();
    use_card(&app, &made, "pm_card_chargeCustomerFail").await;
    update(&member, json!({"billing_period": "annual"})).await.problem(402, "card_declined");
    settled(&app).await;
    assert_eq!(overview(&member).await["subscription"]["scheduled_change"], scheduled);
    use_card(&app, &made, "pm_card_visa").await;
    let answer = update(&member, json!({"billing_period": "annual"})).await.expect(200);
    assert_eq!(answer["subscription"]["scheduled_change"], json!(null));
    assert_eq!(answer["subscription"]["billing_period"], "annual");
}

async fn another_wish_replaces_one_that_waits_for_the_bank(database: Database) {
    let app = shop(database).await;
    let (member, made) = subscriber(&app, "pro-learn", "pm_card_visa").await;
    update(&member, to("community-pro")).await.expect(200);
    let scheduled = overview(&member).await["subscription"]["scheduled_change"].clone();
    use_card(&app, &made, "pm_card_authenticationRequired").await;
    let (_, first) = accept(&member, json!({"billing_period": "annual"})).await;
    assert_eq!(first["subscription"]["scheduled_change"], json!(null));
    // The tab is closed, and somebody thinks again: nothing of the first is left to pay.
    use_card(&app, &made, "pm_card_chargeCustomerFail").await;
    update(&member, json!({"billing_period": "annual"})).await.problem(402, "card_declined");
    settled(&app).await;
    assert_eq!(overview(&member).await["subscription"]["scheduled_change"], scheduled);
    assert!(list(&app, "/v1/invoices?status=open").await.is_empty());
    // And over one that waits, a change for the end of the period.
    use_card(&app, &made, "pm_card_authenticationRequired").await;
    let (_, second) = accept(&member, json!({"billing_period": "annual"})).await;
    assert_eq!(second["confirm"]["action"], "next_action");
    let answer = update(&member, json!({"billing_period": "monthly"})).await.expect(200);
    assert_eq!(answer["subscription"]["scheduled_change"]["billing_period"], "monthly");
    confirm(&app, &second, "succeeded").await;
    settled(&app).await;
    assert_eq!(paid(&app).await, [10_500], "what was replaced cannot be paid any more");
}

async fn what_the_member_decides_while_a_change_waits_for_the_bank_stands(database: Database) {
    let app = shop(database).await;
    let (member, made) = subscriber(&app, "community-pro", "pm_card_visa").await;
    use_card(&app, &made, "pm_card_authenticationRequired").await;
    member.post(&at("cancel/"), json!({})).await.expect(200);
    let (_, answer) = accept(&member, to("pro-learn")).await;
    assert_eq!(answer["confirm"]["action"], "next_action");
    member.post(&at("resume/"), json!({})).await.expect(200);
    // Nobody confirms it: Stripe gives it up after 23 hours.
    app.advance(DAY + 3_600).await;
    settled(&app).await;
    app.billing().settle_plan_changes().await.unwrap();
    settled(&app).await;
    let seen = overview(&member).await;
    assert_eq!(
        (&seen["subscription"]["tier_slug"], &seen["subscription"]["cancel_at"]),
        (&json!("community-pro"), &json!(null)),
        "it was resumed"
    );
    let open = "SELECT COUNT(*) FROM plan_changes WHERE state NOT IN ('done', 'failed')";
    assert_eq!(count(&app, open).await, 0);
}
