//! A run: what it leaves alone, how it ends, what it keeps, and how it is begun.

use super::super::flaky_stripe::{Fault, FlakyStripe};
use super::super::program::{command, run};
use super::super::support::{
    DAY, available, buy, count, list, order, paid_now, run_sql, settled, shop, subscribe, wait_for_tokens,
};
use super::{
    deaf, found_repaired_and_gone, kinds, look_back, nothing_is_found, paid_in_the_browser, pay_at_stripe,
    reconcile, refund_at_stripe, text,
};
use axum::http::Method;
use billing::reconciliation::{Outcome, Reconcile};
use serde_json::{Value, json};
use store::{Query as _, args};
use testkit::Database;

testkit::on_both_databases!(
    where_everything_agrees_nothing_is_found,
    trap_40_what_another_product_sells_in_the_same_account_is_no_finding,
    one_run_at_a_time_and_a_dead_one_is_taken_over,
    a_run_that_cannot_reach_stripe_says_so_and_resolves_nothing,
    what_is_open_is_looked_at_again_however_old_it_is,
    what_is_reported_while_a_run_looks_stays_open,
    trap_11_the_schedule_repairs_by_itself_and_keeps_its_report,
    the_command_says_by_its_exit_code_what_it_found,
    an_event_that_was_given_up_is_applied_once_more,
    an_event_that_fails_again_is_left_for_a_person,
    a_person_closes_what_was_seen_to,
);

async fn where_everything_agrees_nothing_is_found(database: Database) {
    let app = shop(database).await;
    let [subscriber, buyer, disputed] = [app.register().await, app.register().await, app.register().await];
    subscribe(&subscriber, paid_now("pro-learn", "pm_card_visa")).await;
    let bought = buy(&buyer, "starter").await;
    refund_at_stripe(&app, text(&bought, "stripe_payment_intent_id"), Some("100")).await;
    wait_for_tokens(&buyer, 80_000).await;
    order(&disputed, "starter", Some("pm_card_createDispute")).await.expect(201);
    order(&disputed, "starter", Some("pm_card_chargeDeclined")).await.problem(402, "card_declined");
    order(&disputed, "starter", None).await.expect(201);
    settled(&app).await;
    wait_for_tokens(&disputed, 0).await;
    settled(&app).await;
    let report = reconcile(&app, false).await;
    assert_eq!((kinds(&report), report.outcome), (vec![], Outcome::Agrees), "{report}");
    assert_eq!((report.looked.subscriptions, report.looked.payments, report.looked.disputes), (1, 4, 1));
    assert!(report.to_string().ends_with("Everything agrees.\n"), "{report}");
    // A repair has nothing to do, and does nothing.
    assert_eq!(reconcile(&app, true).await.outcome, Outcome::Agrees);
    assert_eq!(list(&app, "/v1/refunds").await.len(), 1);
}

async fn trap_40_what_another_product_sells_in_the_same_account_is_no_finding(database: Database) {
    let stripe = FlakyStripe::start().await;
    let (app, member) = deaf(&stripe, database).await;
    buy(&member, "starter").await;
    let others = app.stripe();
    let form = [
        ("amount", "900"),
        ("currency", "usd"),
        ("payment_method", "pm_card_createDispute"),
        ("confirm", "true"),
        ("payment_method_types[]", "card"),
        ("metadata[purchase_id]", "their_own"),
        ("metadata[account_id]", "their_own"),
    ];
    others.post_form("/v1/payment_intents", &form).await.expect(200);
    let customer = others.post_form("/v1/customers", &[("name", "Somebody")]).await.expect(200);
    let card = [("customer", text(&customer, "id"))];
    let card = others.post_form("/v1/payment_methods/pm_card_visa/attach", &card).await.expect(200);
    let price = list(&app, "/v1/prices?lookup_keys[0]=pro-learn_quarterly_usd").await.remove(0);
    let form = [
        ("customer", text(&customer, "id")),
        ("items[0][price]", text(&price, "id")),
        ("default_payment_method", text(&card, "id")),
    ];
    others.post_form("/v1/subscriptions", &form).await.expect(200);
    nothing_is_found(&app).await;
    reconcile(&app, true).await;
    assert_eq!(list(&app, "/v1/refunds").await.len(), 0);
    assert_eq!(list(&app, "/v1/subscriptions").await.len(), 1);
}

async fn one_run_at_a_time_and_a_dead_one_is_taken_over(database: Database) {
    let app = shop(database).await;
    let begin = "INSERT INTO reconciliation_runs (id, started_at, running, lease_until) VALUES ('run_other', 1, true, 9000000000000)";
    run_sql(&app, begin).await;
    let second = app.billing().reconcile(Reconcile::default(), |_| {}).await.unwrap();
    assert!(second.is_none());
    run_sql(&app, "UPDATE reconciliation_runs SET lease_until = 1").await;
    nothing_is_found(&app).await;
    let dead = "SELECT COUNT(*) FROM reconciliation_runs WHERE id = 'run_other' AND NOT running AND outcome = 'unfinished'";
    assert_eq!(count(&app, dead).await, 1);
}

async fn a_run_that_cannot_reach_stripe_says_so_and_resolves_nothing(database: Database) {
    let stripe = FlakyStripe::start().await;
    let (app, member) = deaf(&stripe, database).await;
    paid_in_the_browser(&app, &member).await;
    assert_eq!(kinds(&reconcile(&app, false).await), ["purchase_not_granted"]);
    stripe.set(Method::GET, "/v1/disputes", Fault::Refuse);
    let report = reconcile(&app, true).await;
    assert_eq!(report.outcome, Outcome::Unfinished);
    assert!(report.to_string().contains("could not come to its end"), "{report}");
    let open = "SELECT COUNT(*) FROM discrepancies WHERE resolved_at IS NULL";
    assert_eq!(count(&app, open).await, 1);
    stripe.heal();
}

async fn what_is_reported_while_a_run_looks_stays_open(database: Database) {
    let stripe = FlakyStripe::start().await;
    let (app, member) = deaf(&stripe, database).await;
    buy(&member, "starter").await;
    // Because of it the run looks twice.
    pay_at_stripe(&app, &member, "pur_lost").await;
    stripe.set(Method::GET, "/v1/invoices", Fault::HoldAnswer);
    let running = tokio::spawn({
        let billing = app.billing().clone();
        async move { billing.reconcile(Reconcile::default(), |_| {}).await.unwrap().unwrap() }
    });
    stripe.met(1).await;
    let mut tx = app.database.db.begin().await.unwrap();
    let (id, details, now) = ("dis_told", "the bank sent it back", app.billing().wall());
    store::discrepancies::report(&mut tx, id, "refund_failed", "re_1", None, details, now).await.unwrap();
    tx.commit().await.unwrap();
    stripe.heal();
    stripe.release();
    let report = running.await.unwrap();
    assert_eq!(kinds(&report), ["payment_without_purchase"], "{report}");
    assert_eq!(app.billing().open_discrepancies().await.unwrap(), 2, "a person has to see it");
    // The next one knows of it, and finds that it is not so.
    assert_eq!(kinds(&reconcile(&app, false).await), ["payment_without_purchase"]);
    assert_eq!(app.billing().open_discrepancies().await.unwrap(), 1);
}

async fn what_is_open_is_looked_at_again_however_old_it_is(database: Database) {
    let stripe = FlakyStripe::start().await;
    let (app, member) = deaf(&stripe, database).await;
    buy(&member, "starter").await;
    let lost = pay_at_stripe(&app, &member, "pur_lost").await;
    app.advance(60 * DAY).await;
    assert_eq!(kinds(&look_back(&app, 30).await), [""; 0], "nobody has looked so far back");
    for days in [90, 30, 1] {
        let report = look_back(&app, days).await;
        assert_eq!(kinds(&report), ["payment_without_purchase"], "{report}");
    }
    app.advance(60 * DAY).await;
    assert_eq!(kinds(&look_back(&app, 1).await), ["payment_without_purchase"]);
    refund_at_stripe(&app, text(&lost, "id"), None).await;
    assert_eq!(kinds(&look_back(&app, 1).await), [""; 0]);
    assert_eq!(app.billing().open_discrepancies().await.unwrap(), 0);
}

async fn trap_11_the_schedule_repairs_by_itself_and_keeps_its_report(database: Database) {
    let stripe = FlakyStripe::start().await;
    let (app, member) = deaf(&stripe, database).await;
    paid_in_the_browser(&app, &member).await;
    let billing = app.billing();
    let due = billing.reconcile_step(3_600_000).await.unwrap().unwrap();
    assert!(due > billing.wall() && available(&member).await == 0, "not before an hour has gone by");
    run_sql(&app, "UPDATE settings SET value = '0' WHERE name = 'reconciliation_schedule_began'").await;
    let due = billing.reconcile_step(3_600_000).await.unwrap().unwrap();
    assert!(due > billing.wall().plus(3_500_000));
    assert_eq!(available(&member).await, 100_000);
    let kept =
        "SELECT readable FROM reconciliation_runs WHERE outcome = 'repaired' AND found = 1 AND left_open = 0";
    let kept = app.database.db.reader().one::<(String,)>(kept, args![]).await.unwrap().0;
    assert!(kept.contains("purchase_not_granted") && kept.contains("Everything agrees now."), "{kept}");
    billing.reconcile_step(3_600_000).await.unwrap();
    assert_eq!(
        count(&app, "SELECT COUNT(*) FROM reconciliation_runs").await,
        1,
        "the next is due in an hour"
    );
}

async fn the_command_says_by_its_exit_code_what_it_found(database: Database) {
    let stripe = FlakyStripe::start().await;
    let (app, member) = deaf(&stripe, database).await;
    let reconcile = async |arguments: &'static [&'static str]| {
        let mut program = command();
        program.arg("reconcile").args(arguments).current_dir(app.database.folder());
        program.env("DATABASE_URL", &app.database.url).env("SANDBOX_URL", &stripe.url);
        let output = run(program).await;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        (output.status.code().unwrap(), said)
    };
    let (code, said) = reconcile(&[]).await;
    assert!(code == 0 && said.contains("Everything agrees."), "{code} {said}");
    paid_in_the_browser(&app, &member).await;
    let (code, said) = reconcile(&["--since", "24h"]).await;
    assert!(code == 1 && said.contains("purchase_not_granted") && said.contains("--repair"), "{code} {said}");
    let (code, said) = reconcile(&["--repair", "--json"]).await;
    let report: Value = serde_json::from_str(&said).unwrap();
    assert_eq!((code, &report["outcome"], &report["left"]), (0, &json!("repaired"), &json!([])));
    assert_eq!(report["repaired"][0]["kind"], "purchase_not_granted");
    assert_eq!(available(&member).await, 100_000);
    stripe.set(Method::GET, "/v1/customers", Fault::Refuse);
    let (code, said) = reconcile(&[]).await;
    assert!(code == 2 && said.contains("could not come to its end"), "{code} {said}");
    stripe.heal();
    let (code, said) = reconcile(&["--since", "yesterday"]).await;
    assert_eq!((code, said.as_str()), (2, ""));
}

async fn an_event_that_was_given_up_is_applied_once_more(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    buy(&member, "starter").await;
    settled(&app).await;
    run_sql(&app, "UPDATE stripe_events SET state = 'dead' WHERE type = 'payment_intent.succeeded'").await;
    found_repaired_and_gone(&app, &["event_dead"]).await;
    assert_eq!(count(&app, "SELECT COUNT(*) FROM stripe_events WHERE state = 'dead'").await, 0);
    assert_eq!(available(&member).await, 100_000);
}

async fn an_event_that_fails_again_is_left_for_a_person(database: Database) {
    let stripe = FlakyStripe::start().await;
    let (app, member) = deaf(&stripe, database).await;
    subscribe(&member, paid_now("pro-learn", "pm_card_visa")).await;
    settled(&app).await;
    run_sql(
        &app,
        "INSERT INTO stripe_events (id, type, object_id, stripe_customer_id, stripe_subscription_id, payload,
             state, attempts, next_attempt_at, stripe_created_at, received_at)
         SELECT 'evt_poison', 'customer.subscription.updated', stripe_subscription_id, stripe_customer_id,
             stripe_subscription_id, '{}', 'dead', 16, 0, 0, 0
         FROM user_subscriptions",
    )
    .await;
    // What comes back by its id cannot be read.
    stripe.set(Method::GET, "/v1/subscriptions/", Fault::Garble);
    for _ in 0..2 {
        let report = reconcile(&app, true).await;
        assert_eq!((kinds(&report), report.outcome), (vec!["event_dead"], Outcome::Differs), "{report}");
    }
    stripe.heal();
    let report = reconcile(&app, true).await;
    assert_eq!((kinds(&report), report.outcome), (vec![], Outcome::Repaired), "{report}");
}

async fn a_person_closes_what_was_seen_to(database: Database) {
    let app = shop(database).await;
    let actor = billing::admin_actions::Actor::command_line();
    run_sql(
        &app,
        "INSERT INTO discrepancies (id, kind, object_id, details, found_at)
         VALUES ('dis_1', 'dispute_lost', 'dp_1', 'ended', 1900000000000)",
    )
    .await;
    reconcile(&app, true).await;
    assert_eq!(app.billing().open_discrepancies().await.unwrap(), 1, "it is not the run's to close");
    app.billing().resolve_discrepancy("dispute_lost", "dp_1", &actor, "seen to").await.unwrap();
    assert_eq!(app.billing().open_discrepancies().await.unwrap(), 0);
    let twice = app.billing().resolve_discrepancy("dispute_lost", "dp_1", &actor, "again").await;
    assert!(matches!(twice, Err(billing::Error::NotFound)), "{twice:?}");
    let logged = "SELECT COUNT(*) FROM admin_actions WHERE action = 'discrepancy.resolve'";
    assert_eq!(count(&app, logged).await, 1);
}
