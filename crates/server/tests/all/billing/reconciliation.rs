//! What goes wrong behind our back: found by a dry run, which changes nothing; mended by a repair; not there in the
//! next run.

use super::flaky_stripe::{Fault, FlakyStripe};
use super::program::{command, run};
use super::support::{
    DAY, all_applied, at, available, balance, books_agree, buy, count, customer_of, deliver, event, list,
    order, overview, paid_now, run_sql, shop, subscribe, wait_for_tokens,
};
use axum::http::Method;
use billing::reconciliation::{Outcome, Reconcile, Report};
use serde_json::{Value, json};
use store::{Query as _, args};
use testkit::{App, Client, Database};

testkit::on_both_databases!(
    where_everything_agrees_nothing_is_found,
    a_cancellation_that_nobody_told_us_of_is_found_and_mirrored,
    a_renewal_that_nobody_told_us_of_is_found_with_its_invoice,
    a_subscription_that_nobody_told_us_of_is_mirrored,
    trap_04_a_second_live_subscription_is_ended_and_its_payment_given_back,
    a_second_subscription_that_ended_by_itself_is_given_back_all_the_same,
    one_that_ended_before_it_was_heard_of_is_no_second_one,
    while_a_second_subscription_waits_to_be_ended_its_member_cancels_the_first,
    a_payment_that_nobody_told_us_of_is_granted_once,
    a_refund_that_nobody_told_us_of_is_taken_back,
    a_dispute_that_nobody_told_us_of_freezes_its_purchase,
    a_purchase_that_was_given_up_and_paid_all_the_same_is_given_back,
    a_given_up_purchase_whose_payment_is_disputed_is_given_back_once_the_dispute_is_won,
    a_purchase_that_was_refused_at_stripe_is_mirrored,
    a_call_that_nobody_finished_is_undone,
    a_forgotten_purchase_that_its_worker_did_not_close_is_closed,
    a_deleted_customer_is_forgotten,
    a_customer_that_stripe_never_had_is_not_forgotten,
    an_event_that_fails_again_is_left_for_a_person,
    a_person_closes_what_was_seen_to,
    an_event_that_was_given_up_is_applied_once_more,
    trap_39_a_balance_that_is_not_the_sum_of_its_transactions_waits_for_a_person,
    tokens_without_a_payment_or_a_reason_wait_for_a_person,
    a_granted_purchase_without_its_grant_waits_for_a_person,
    a_payment_of_another_amount_waits_for_a_person,
    trap_40_what_another_product_sells_in_the_same_account_is_no_finding,
    one_run_at_a_time_and_a_dead_one_is_taken_over,
    a_run_that_cannot_reach_stripe_says_so_and_resolves_nothing,
    trap_11_the_schedule_repairs_by_itself_and_keeps_its_report,
    the_command_says_by_its_exit_code_what_it_found,
);

async fn reconcile(app: &App, repair: bool) -> Report {
    app.billing().reconcile(Reconcile { repair, since: None }, |_| {}).await.unwrap().unwrap()
}

fn kinds(report: &Report) -> Vec<&'static str> {
    report.left.iter().map(|finding| finding.kind.as_str()).collect()
}

/// A dry run finds this and changes nothing; a repair mends all of it; the next run finds nothing.
async fn found_repaired_and_gone(app: &App, expected: &[&str]) {
    let dry = reconcile(app, false).await;
    assert_eq!((kinds(&dry), dry.outcome), (expected.to_vec(), Outcome::Differs), "{dry}");
    let again = reconcile(app, false).await;
    assert_eq!(kinds(&again), expected, "a dry run changes nothing: {again}");
    let open = "SELECT COUNT(*) FROM discrepancies WHERE resolved_at IS NULL AND run_id IS NOT NULL";
    assert_eq!(count(app, open).await, i64::try_from(expected.len()).unwrap());
    let repair = reconcile(app, true).await;
    assert_eq!((kinds(&repair), repair.outcome), (vec![], Outcome::Repaired), "{repair}");
    nothing_is_found(app).await;
    assert_eq!(count(app, open).await, 0, "what no longer holds is resolved");
    books_agree(app).await;
}

async fn nothing_is_found(app: &App) {
    let report = reconcile(app, false).await;
    assert_eq!((kinds(&report), report.outcome), (vec![], Outcome::Agrees), "{report}");
}

/// Found, left by a repair, and gone once a person has mended it.
async fn waits_for_a_person(app: &App, expected: &[&str]) {
    for repair in [false, true, true] {
        let report = reconcile(app, repair).await;
        assert_eq!((kinds(&report), report.outcome), (expected.to_vec(), Outcome::Differs), "{report}");
    }
    let open = "SELECT COUNT(*) FROM discrepancies WHERE resolved_at IS NULL AND run_id IS NOT NULL";
    assert_eq!(count(app, open).await, i64::try_from(expected.len()).unwrap(), "each is open once");
}

/// An application that hears nothing of what happens at Stripe.
async fn deaf(stripe: &FlakyStripe, database: Database) -> (App, Client) {
    let app = stripe.quiet_shop(database).await;
    let member = app.register().await;
    (app, member)
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap()
}

async fn where_everything_agrees_nothing_is_found(database: Database) {
    let app = shop(database).await;
    let [subscriber, buyer, disputed] = [app.register().await, app.register().await, app.register().await];
    subscribe(&subscriber, paid_now("pro-learn", "pm_card_visa")).await;
    let bought = buy(&buyer, "starter").await;
    let form = [("payment_intent", text(&bought, "stripe_payment_intent_id")), ("amount", "100")];
    app.stripe().post_form("/v1/refunds", &form).await.expect(200);
    wait_for_tokens(&buyer, 80_000).await;
    order(&disputed, "starter", Some("pm_card_createDispute")).await.expect(201);
    order(&disputed, "starter", Some("pm_card_chargeDeclined")).await.problem(402, "card_declined");
    order(&disputed, "starter", None).await.expect(201);
    all_applied(&app).await;
    wait_for_tokens(&disputed, 0).await;
    all_applied(&app).await;
    let report = reconcile(&app, false).await;
    assert_eq!((kinds(&report), report.outcome), (vec![], Outcome::Agrees), "{report}");
    assert_eq!((report.looked.subscriptions, report.looked.payments, report.looked.disputes), (1, 4, 1));
    assert!(report.to_string().ends_with("Everything agrees.\n"), "{report}");
    // A repair has nothing to do, and does nothing.
    assert_eq!(reconcile(&app, true).await.outcome, Outcome::Agrees);
    assert_eq!(list(&app, "/v1/refunds").await.len(), 1);
}

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

/// What somebody makes at Stripe for our member, as our own call would have.
async fn subscribe_at_stripe(app: &App, member: &Client, tier: &str) -> Value {
    let customer = customer_of(app, member).await;
    let account = text(&balance(member).await, "account_id").to_owned();
    let stripe = app.stripe();
    let card = stripe
        .post_form("/v1/payment_methods/pm_card_visa/attach", &[("customer", &customer)])
        .await
        .expect(200);
    let price = list(app, &format!("/v1/prices?lookup_keys[0]={tier}_quarterly_usd")).await.remove(0);
    let form = [
        ("customer", customer.as_str()),
        ("items[0][price]", text(&price, "id")),
        ("default_payment_method", text(&card, "id")),
        ("metadata[account_id]", &account),
    ];
    stripe.post_form("/v1/subscriptions", &form).await.expect(200)
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

async fn trap_04_a_second_live_subscription_is_ended_and_its_payment_given_back(database: Database) {
    let stripe = FlakyStripe::start().await;
    let (app, member) = deaf(&stripe, database).await;
    let first = subscribe(&member, paid_now("pro-learn", "pm_card_visa")).await;
    let second = subscribe_at_stripe(&app, &member, "community-pro").await;
    found_repaired_and_gone(&app, &["subscription_missing"]).await;
    let seen = overview(&member).await;
    assert_eq!(seen["subscription"]["stripe_subscription_id"], first["stripe_subscription_id"]);
    let live = list(&app, "/v1/subscriptions").await;
    assert_eq!((live.len(), &live[0]["id"]), (1, &first["stripe_subscription_id"]));
    let refunds = list(&app, "/v1/refunds").await;
    assert_eq!((refunds.len(), &refunds[0]["amount"]), (1, &json!(5_400)));
    let by = "SELECT COUNT(*) FROM promised_refunds WHERE cause = 'reconcile' AND done_at IS NOT NULL";
    assert_eq!(count(&app, by).await, 1);
    assert_ne!(second["id"], first["stripe_subscription_id"]);
}

async fn a_second_subscription_that_ended_by_itself_is_given_back_all_the_same(database: Database) {
    let stripe = FlakyStripe::start().await;
    let (app, member) = deaf(&stripe, database).await;
    subscribe(&member, paid_now("pro-learn", "pm_card_visa")).await;
    let second = subscribe_at_stripe(&app, &member, "community-pro").await;
    deliver(&app, &event("evt_made", "customer.subscription.created", &second)).await.expect(200);
    all_applied(&app).await;
    let path = format!("/v1/subscriptions/{}", text(&second, "id"));
    let ended = app.stripe().delete(&path).await.expect(200);
    deliver(&app, &event("evt_ended", "customer.subscription.deleted", &ended)).await.expect(200);
    all_applied(&app).await;
    found_repaired_and_gone(&app, &["extra_subscription"]).await;
    let refunds = list(&app, "/v1/refunds").await;
    assert_eq!((refunds.len(), &refunds[0]["amount"]), (1, &json!(5_400)));
    assert_eq!(overview(&member).await["tier"]["slug"], "pro-learn");
}

async fn one_that_ended_before_it_was_heard_of_is_no_second_one(database: Database) {
    let stripe = FlakyStripe::start().await;
    let (app, member) = deaf(&stripe, database).await;
    buy(&member, "starter").await;
    let first = subscribe_at_stripe(&app, &member, "community-pro").await;
    app.stripe().delete(&format!("/v1/subscriptions/{}", text(&first, "id"))).await.expect(200);
    subscribe(&member, paid_now("pro-learn", "pm_card_visa")).await;
    found_repaired_and_gone(&app, &["subscription_missing"]).await;
    assert_eq!(list(&app, "/v1/refunds").await.len(), 0, "it was wanted, and has had its time");
    assert_eq!(overview(&member).await["tier"]["slug"], "pro-learn");
}

async fn while_a_second_subscription_waits_to_be_ended_its_member_cancels_the_first(database: Database) {
    let stripe = FlakyStripe::start().await;
    let (app, member) = deaf(&stripe, database).await;
    let first = subscribe(&member, paid_now("pro-learn", "pm_card_visa")).await;
    subscribe_at_stripe(&app, &member, "community-pro").await;
    stripe.set(Method::DELETE, "/v1/subscriptions/", Fault::Refuse);
    let report = reconcile(&app, true).await;
    assert_eq!(kinds(&report), ["extra_subscription"], "{report}");
    stripe.heal();
    let canceled = async || {
        let answer = member.post(&at("cancel/"), json!({"at": "period_end"})).await;
        (answer.status == 200).then_some(answer.body)
    };
    let canceled = testkit::wait_until("the breaker lets it through", canceled).await;
    assert_eq!(canceled["subscription"]["id"], first["id"]);
    assert_eq!(canceled["subscription"]["cancel_at"], first["current_period_end"]);
    assert_eq!(reconcile(&app, true).await.left, []);
    nothing_is_found(&app).await;
}

/// Asked for here, paid in the browser.
async fn paid_in_the_browser(app: &App, member: &Client) -> String {
    let answer = order(member, "starter", None).await.expect(201);
    let intent = text(&answer["purchase"], "stripe_payment_intent_id").to_owned();
    let card = [("payment_method", "pm_card_visa"), ("return_url", "https://example.com/")];
    app.stripe().post_form(&format!("/v1/payment_intents/{intent}/confirm"), &card).await.expect(200);
    intent
}

async fn a_payment_that_nobody_told_us_of_is_granted_once(database: Database) {
    let stripe = FlakyStripe::start().await;
    let (app, member) = deaf(&stripe, database).await;
    paid_in_the_browser(&app, &member).await;
    found_repaired_and_gone(&app, &["purchase_not_granted"]).await;
    assert_eq!(available(&member).await, 100_000);
    reconcile(&app, true).await;
    assert_eq!(count(&app, "SELECT COUNT(*) FROM token_transactions").await, 1);
}

async fn a_refund_that_nobody_told_us_of_is_taken_back(database: Database) {
    let stripe = FlakyStripe::start().await;
    let (app, member) = deaf(&stripe, database).await;
    let bought = buy(&member, "starter").await;
    // Long after it was bought: the purchase is older than what is looked back at.
    app.advance(40 * DAY).await;
    let form = [("payment_intent", text(&bought, "stripe_payment_intent_id")), ("amount", "250")];
    app.stripe().post_form("/v1/refunds", &form).await.expect(200);
    found_repaired_and_gone(&app, &["refund_not_applied"]).await;
    assert_eq!(available(&member).await, 50_000);
}

async fn a_dispute_that_nobody_told_us_of_freezes_its_purchase(database: Database) {
    let stripe = FlakyStripe::start().await;
    let (app, member) = deaf(&stripe, database).await;
    order(&member, "starter", Some("pm_card_createDispute")).await.expect(201);
    assert_eq!(available(&member).await, 100_000);
    found_repaired_and_gone(&app, &["refund_not_applied", "dispute_not_applied"]).await;
    assert_eq!(available(&member).await, 0);
    // It is settled later, and nobody tells us either.
    let dispute = list(&app, "/v1/disputes").await.remove(0);
    let form = [("evidence[uncategorized_text]", "winning_evidence")];
    app.stripe().post_form(&format!("/v1/disputes/{}", text(&dispute, "id")), &form).await.expect(200);
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
    let dispute = list(&app, "/v1/disputes").await.remove(0);
    let form = [("evidence[uncategorized_text]", "winning_evidence")];
    app.stripe().post_form(&format!("/v1/disputes/{}", text(&dispute, "id")), &form).await.expect(200);
    app.advance(10).await;
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

async fn an_event_that_was_given_up_is_applied_once_more(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    buy(&member, "starter").await;
    all_applied(&app).await;
    run_sql(&app, "UPDATE stripe_events SET state = 'dead' WHERE type = 'payment_intent.succeeded'").await;
    found_repaired_and_gone(&app, &["event_dead"]).await;
    assert_eq!(count(&app, "SELECT COUNT(*) FROM stripe_events WHERE state = 'dead'").await, 0);
    assert_eq!(available(&member).await, 100_000);
}

async fn trap_39_a_balance_that_is_not_the_sum_of_its_transactions_waits_for_a_person(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    buy(&member, "starter").await;
    all_applied(&app).await;
    run_sql(&app, "UPDATE user_token_balances SET available = available + 1").await;
    waits_for_a_person(&app, &["ledger_differs"]).await;
    run_sql(&app, "UPDATE user_token_balances SET available = available - 1").await;
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
    all_applied(&app).await;
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

async fn a_payment_of_another_amount_waits_for_a_person(database: Database) {
    let stripe = FlakyStripe::start().await;
    let (app, member) = deaf(&stripe, database).await;
    paid_in_the_browser(&app, &member).await;
    run_sql(&app, "UPDATE token_purchases SET amount = 600").await;
    waits_for_a_person(&app, &["payment_mismatch"]).await;
    assert_eq!(available(&member).await, 0);
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

async fn an_event_that_fails_again_is_left_for_a_person(database: Database) {
    let stripe = FlakyStripe::start().await;
    let (app, member) = deaf(&stripe, database).await;
    subscribe(&member, paid_now("pro-learn", "pm_card_visa")).await;
    all_applied(&app).await;
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
