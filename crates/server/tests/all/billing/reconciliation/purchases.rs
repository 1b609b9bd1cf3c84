//! Payments for tokens, and what went back of them.

use super::super::flaky_stripe::{Fault, FlakyStripe};
use super::super::support::{DAY, at, available, buy, count, customer_of, list, order, run_sql};
use super::{
    account_of, deaf, found_repaired_and_gone, kinds, nothing_is_found, paid_in_the_browser, reconcile,
    refund_at_stripe, text, win_the_dispute,
};
use axum::http::Method;
use billing::admin_actions::Actor;
use billing::reconciliation::Outcome;
use billing::tokens::GrantTokens;
use domain::ids::AccountId;
use ledger::Tokens;
use serde_json::json;
use testkit::Database;

testkit::on_both_databases!(
    a_payment_that_nobody_told_us_of_is_granted_once,
    a_payment_that_cannot_be_granted_is_in_nobody_elses_way,
    a_refund_that_nobody_told_us_of_is_taken_back,
    of_an_old_purchase_the_refunds_before_the_window_count_as_well,
    a_dispute_that_nobody_told_us_of_freezes_its_purchase,
    a_purchase_that_was_given_up_and_paid_all_the_same_is_given_back,
    a_given_up_purchase_whose_payment_is_disputed_is_given_back_once_the_dispute_is_won,
    a_purchase_that_was_refused_at_stripe_is_mirrored,
    a_call_that_nobody_finished_is_undone,
    a_call_that_cannot_be_undone_is_reported_although_it_is_tried_again_and_again,
    a_forgotten_purchase_that_its_worker_did_not_close_is_closed,
);

async fn a_payment_that_nobody_told_us_of_is_granted_once(database: Database) {
    let stripe = FlakyStripe::start().await;
    let (app, member) = deaf(&stripe, database).await;
    paid_in_the_browser(&app, &member).await;
    found_repaired_and_gone(&app, &["purchase_not_granted"]).await;
    assert_eq!(available(&member).await, 100_000);
    reconcile(&app, true).await;
    assert_eq!(count(&app, "SELECT COUNT(*) FROM token_transactions").await, 1);
}

async fn a_payment_that_cannot_be_granted_is_in_nobody_elses_way(database: Database) {
    let stripe = FlakyStripe::start().await;
    let (app, ada) = deaf(&stripe, database).await;
    let bob = app.register().await;
    for member in [&ada, &bob] {
        paid_in_the_browser(&app, member).await;
    }
    // Customers are repaired in the order of their ids.
    let bob_is_first = customer_of(&app, &bob).await < customer_of(&app, &ada).await;
    let (first, second) = if bob_is_first { (bob, ada) } else { (ada, bob) };
    let grant = GrantTokens {
        account: AccountId::from_stored(account_of(&first).await),
        tokens: Tokens::new(i64::MAX).unwrap(),
        actor: Actor::command_line(),
        reason: "as many as fit, so that what was bought does not".to_owned(),
        request_key: "grant".to_owned(),
    };
    app.billing().grant_tokens(grant).await.unwrap();
    let report = reconcile(&app, true).await;
    assert_eq!(
        (kinds(&report), report.outcome),
        (vec!["purchase_not_granted"], Outcome::Differs),
        "{report}"
    );
    assert_eq!(available(&second).await, 100_000);
    assert_eq!(app.billing().open_discrepancies().await.unwrap(), 1);
}

async fn a_refund_that_nobody_told_us_of_is_taken_back(database: Database) {
    let stripe = FlakyStripe::start().await;
    let (app, member) = deaf(&stripe, database).await;
    let bought = buy(&member, "starter").await;
    // Long after it was bought: the purchase is older than what is looked back at.
    app.advance(40 * DAY).await;
    refund_at_stripe(&app, text(&bought, "stripe_payment_intent_id"), Some("250")).await;
    found_repaired_and_gone(&app, &["refund_not_applied"]).await;
    assert_eq!(available(&member).await, 50_000);
}

async fn of_an_old_purchase_the_refunds_before_the_window_count_as_well(database: Database) {
    let stripe = FlakyStripe::start().await;
    let (app, member) = deaf(&stripe, database).await;
    let bought = buy(&member, "starter").await;
    let intent = text(&bought, "stripe_payment_intent_id");
    refund_at_stripe(&app, intent, Some("100")).await;
    found_repaired_and_gone(&app, &["refund_not_applied"]).await;
    app.advance(40 * DAY).await;
    // The window has only this one, which is as much as was applied already.
    refund_at_stripe(&app, intent, Some("100")).await;
    found_repaired_and_gone(&app, &["refund_not_applied"]).await;
    assert_eq!(available(&member).await, 60_000);
}

async fn a_dispute_that_nobody_told_us_of_freezes_its_purchase(database: Database) {
    let stripe = FlakyStripe::start().await;
    let (app, member) = deaf(&stripe, database).await;
    order(&member, "starter", Some("pm_card_createDispute")).await.expect(201);
    assert_eq!(available(&member).await, 100_000);
    found_repaired_and_gone(&app, &["refund_not_applied", "dispute_not_applied"]).await;
    assert_eq!(available(&member).await, 0);
    // It is settled later, and nobody tells us either.
    win_the_dispute(&app).await;
    app.advance(40 * DAY).await;
    found_repaired_and_gone(&app, &["refund_not_applied", "dispute_not_applied"]).await;
    assert_eq!(available(&member).await, 100_000);
}

async fn a_purchase_that_was_given_up_and_paid_all_the_same_is_given_back(database: Database) {
    let stripe = FlakyStripe::start().await;
    let (app, member) = deaf(&stripe, database).await;
    paid_in_the_browser(&app, &member).await;
    run_sql(&app, "UPDATE token_purchases SET status = 'canceled'").await;
    found_repaired_and_gone(&app, &["paid_after_all"]).await;
    assert_eq!(list(&app, "/v1/refunds").await.len(), 1);
    assert_eq!(available(&member).await, 0);
}

async fn a_given_up_purchase_whose_payment_is_disputed_is_given_back_once_the_dispute_is_won(
    database: Database,
) {
    let stripe = FlakyStripe::start().await;
    let (app, member) = deaf(&stripe, database).await;
    let answer = order(&member, "starter", None).await.expect(201);
    let intent = text(&answer["purchase"], "stripe_payment_intent_id").to_owned();
    let card = [("payment_method", "pm_card_createDispute"), ("return_url", "https://example.com/")];
    app.stripe().post_form(&format!("/v1/payment_intents/{intent}/confirm"), &card).await.expect(200);
    // As after a call whose answer was lost, and whose voiding could not refund what the bank has.
    run_sql(&app, "UPDATE token_purchases SET status = 'canceled'").await;
    found_repaired_and_gone(&app, &["dispute_not_applied"]).await;
    assert_eq!(list(&app, "/v1/refunds").await.len(), 0, "the bank has the money");
    win_the_dispute(&app).await;
    found_repaired_and_gone(&app, &["paid_after_all", "dispute_not_applied"]).await;
    let refunds = list(&app, "/v1/refunds").await;
    assert_eq!((refunds.len(), &refunds[0]["amount"]), (1, &json!(500)));
}

async fn a_purchase_that_was_refused_at_stripe_is_mirrored(database: Database) {
    let stripe = FlakyStripe::start().await;
    let (app, member) = deaf(&stripe, database).await;
    let answer = order(&member, "starter", None).await.expect(201);
    let intent = text(&answer["purchase"], "stripe_payment_intent_id").to_owned();
    app.stripe().post_form(&format!("/v1/payment_intents/{intent}/cancel"), &[]).await.expect(200);
    found_repaired_and_gone(&app, &["purchase_differs"]).await;
    let path = at(&format!("tokens/purchases/{}/", text(&answer["purchase"], "id")));
    assert_eq!(member.get(&path).await.expect(200)["purchase"]["status"], "canceled");
}

async fn a_call_that_nobody_finished_is_undone(database: Database) {
    let stripe = FlakyStripe::start().await;
    let (app, member) = deaf(&stripe, database).await;
    buy(&member, "starter").await;
    let stuck = order(&member, "starter", None).await.expect(201)["purchase"].clone();
    // Its worker does not come to it: it is another process that has died, and time stands still here.
    run_sql(
        &app,
        "UPDATE token_purchases SET call_state = 'unclear', updated_at = 1000 WHERE status = 'pending'",
    )
    .await;
    let dry = reconcile(&app, false).await;
    assert_eq!(kinds(&dry), ["call_stuck"], "{dry}");
    let repaired = reconcile(&app, true).await;
    assert_eq!(repaired.left, [], "{repaired}");
    nothing_is_found(&app).await;
    let path = at(&format!("tokens/purchases/{}/", text(&stuck, "id")));
    assert_eq!(member.get(&path).await.expect(200)["purchase"]["status"], "canceled");
}

async fn a_call_that_cannot_be_undone_is_reported_although_it_is_tried_again_and_again(database: Database) {
    let stripe = FlakyStripe::start().await;
    let (app, member) = deaf(&stripe, database).await;
    stripe.set(Method::POST, "/v1/payment_intents", Fault::LoseAnswer);
    order(&member, "starter", Some("pm_card_visa")).await.problem(503, "stripe_unavailable");
    // Paid, and Stripe does not give it back.
    stripe.set(Method::POST, "/v1/refunds", Fault::Garble);
    for tries in 1..=7 {
        app.advance(601).await;
        app.billing().void_stuck_purchases().await.unwrap();
        stripe.met(tries).await;
    }
    let dry = reconcile(&app, false).await;
    assert_eq!(kinds(&dry), ["call_stuck"], "{dry}");
    stripe.heal();
    app.advance(601).await;
    app.billing().void_stuck_purchases().await.unwrap();
    nothing_is_found(&app).await;
}

async fn a_forgotten_purchase_that_its_worker_did_not_close_is_closed(database: Database) {
    let stripe = FlakyStripe::start().await;
    let (app, member) = deaf(&stripe, database).await;
    let asked = order(&member, "starter", None).await.expect(201)["purchase"].clone();
    // Its worker was there, and could not reach Stripe.
    run_sql(&app, "UPDATE token_purchases SET updated_at = 1000").await;
    let dry = reconcile(&app, false).await;
    assert_eq!(kinds(&dry), ["call_stuck"], "{dry}");
    assert_eq!(reconcile(&app, true).await.left, []);
    nothing_is_found(&app).await;
    let path = at(&format!("tokens/purchases/{}/", text(&asked, "id")));
    assert_eq!(member.get(&path).await.expect(200)["purchase"]["status"], "canceled");
}
