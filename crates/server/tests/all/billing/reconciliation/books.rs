//! The ledger against itself, and money against tokens.

use super::super::flaky_stripe::FlakyStripe;
use super::super::support::{buy, count, run_sql, settled, shop};
use super::{
    deaf, found_repaired_and_gone, kinds, look_back, nothing_is_found, paid_in_the_browser, reconcile,
    waits_for_a_person,
};
use domain::time::DAY;
use store::args;
use testkit::{App, Database};

testkit::on_both_databases!(
    trap_39_a_balance_that_is_not_the_sum_of_its_transactions_waits_for_a_person,
    tokens_without_a_payment_or_a_reason_wait_for_a_person,
    what_nobody_can_mend_does_not_make_every_run_look_far_back,
    a_granted_purchase_without_its_grant_waits_for_a_person,
);

async fn trap_39_a_balance_that_is_not_the_sum_of_its_transactions_waits_for_a_person(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    buy(&member, "starter").await;
    settled(&app).await;
    run_sql(&app, "UPDATE user_token_balances SET available = available + 1").await;
    waits_for_a_person(&app, &["ledger_differs"]).await;
    run_sql(&app, "UPDATE user_token_balances SET available = available - 1").await;
    nothing_is_found(&app).await;
    // Held for nobody.
    run_sql(&app, "UPDATE user_token_balances SET available = available - 1, held = held + 1").await;
    waits_for_a_person(&app, &["ledger_differs"]).await;
    run_sql(&app, "UPDATE user_token_balances SET available = available + 1, held = held - 1").await;
    nothing_is_found(&app).await;
    assert_eq!(count(&app, "SELECT COUNT(*) FROM discrepancies WHERE resolved_at IS NULL").await, 0);
}

/// Tokens out of nowhere, and a balance that has them.
async fn conjure(app: &App, kind: &str, source: Option<&str>) {
    let mut tx = app.database.db.begin().await.unwrap();
    let id = format!("ttx_{kind}_{}", source.unwrap_or("none"));
    tx.run_one(
        "INSERT INTO token_transactions (id, account_id, kind, tokens, balance_after, description, source, created_at)
         SELECT $1, id, $2, 10, 10, 'Conjured', $3, 1 FROM accounts WHERE stripe_customer_id IS NOT NULL",
        args![id, kind.to_owned(), source.map(str::to_owned)],
    )
    .await
    .unwrap();
    tx.run_one("UPDATE user_token_balances SET available = available + 10", args![]).await.unwrap();
    tx.commit().await.unwrap();
}

async fn tokens_without_a_payment_or_a_reason_wait_for_a_person(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    buy(&member, "starter").await;
    settled(&app).await;
    conjure(&app, "purchase", Some("pi_nobody")).await;
    conjure(&app, "grant", None).await;
    conjure(&app, "grant", Some("adm_1:grant")).await;
    conjure(&app, "adjustment", Some("adm_2")).await;
    waits_for_a_person(
        &app,
        &["grant_without_payment", "grant_without_reason", "grant_without_reason", "grant_without_reason"],
    )
    .await;
    // Two of them have a reason after all.
    let mut tx = app.database.db.begin().await.unwrap();
    for action in ["adm_1", "adm_2"] {
        let sql = "INSERT INTO admin_actions (id, actor, action, target, reason, created_at)
             VALUES ($1, 'cli', 'tokens.grant', 'acc', 'An apology', 1)";
        tx.run_one(sql, args![action]).await.unwrap();
    }
    tx.commit().await.unwrap();
    waits_for_a_person(&app, &["grant_without_payment", "grant_without_reason"]).await;
}

async fn what_nobody_can_mend_does_not_make_every_run_look_far_back(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    buy(&member, "starter").await;
    settled(&app).await;
    conjure(&app, "grant", None).await;
    conjure(&app, "purchase", Some("pi_nobody")).await;
    for days in [90, 1] {
        let report = look_back(&app, days).await;
        assert_eq!(kinds(&report), ["grant_without_payment", "grant_without_reason"], "{report}");
        let looked_back = app.billing().now().0 - report.since.0;
        assert!((days * DAY..(days + 1) * DAY).contains(&looked_back), "{days} days: {looked_back} ms");
    }
}

async fn a_granted_purchase_without_its_grant_waits_for_a_person(database: Database) {
    let stripe = FlakyStripe::start().await;
    let (app, member) = deaf(&stripe, database).await;
    paid_in_the_browser(&app, &member).await;
    run_sql(&app, "UPDATE token_purchases SET status = 'completed'").await;
    waits_for_a_person(&app, &["grant_differs"]).await;
    run_sql(&app, "UPDATE token_purchases SET status = 'pending'").await;
    found_repaired_and_gone(&app, &["purchase_not_granted"]).await;
    // One that says less was taken back than was.
    run_sql(&app, "UPDATE token_purchases SET tokens_taken_back = 7").await;
    let report = reconcile(&app, false).await;
    assert_eq!(kinds(&report), ["refund_not_applied", "taken_back_differs"], "{report}");
}
