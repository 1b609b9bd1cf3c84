//! Disputes: what was bought with the payment is frozen, restored or gone; what was spent of it is owed.

use super::flaky_stripe::{Fault, FlakyStripe};
use super::support::{
    at, available, balance, books_agree, buy, count, deliver, event, list, order, overview, paid_now,
    run_sql, settled, shop, subscribe, wait_for_subscription, wait_for_tokens,
};
use axum::http::Method;
use futures_util::future::join_all;
use serde_json::{Value, json};
use testkit::{App, Client, Database, wait_until};

testkit::on_both_databases!(
    a_dispute_freezes_what_is_left_and_winning_it_restores_all,
    a_dispute_after_tokens_were_spent_leaves_a_debt_that_winning_it_cancels,
    a_lost_dispute_keeps_the_tokens_and_the_next_purchase_pays_the_debt,
    an_inquiry_freezes_nothing,
    a_dispute_of_a_partly_refunded_purchase_never_takes_more_than_the_purchase,
    of_two_disputes_of_one_payment_each_counts_for_itself,
    events_of_a_dispute_in_any_order_end_the_same,
    a_lost_dispute_of_a_subscription_ends_it_without_giving_money_back,
    a_subscription_whose_end_broke_off_is_ended_by_the_worker,
    a_promised_refund_of_a_disputed_payment_ends_the_subscription_and_tells_a_person,
    trap_13_a_refund_while_tokens_are_being_spent_keeps_the_books,
);

const INQUIRY: &str = "pm_card_createDisputeInquiry";

async fn buy_with(member: &Client, card: &str) -> Value {
    order(member, "starter", Some(card)).await.expect(201)["purchase"].clone()
}

async fn dispute_of(app: &App, purchase: &Value) -> String {
    let intent = purchase["stripe_payment_intent_id"].as_str().unwrap();
    let disputes = list(app, &format!("/v1/disputes?payment_intent={intent}")).await;
    disputes[0]["id"].as_str().unwrap().to_owned()
}

/// Sends evidence to the bank, which takes some seconds over it.
async fn evidence(app: &App, dispute: &str, text: &str) {
    let form = [("evidence[uncategorized_text]", text)];
    app.stripe().post_form(&format!("/v1/disputes/{dispute}"), &form).await.expect(200);
    app.advance(10).await;
}

async fn wait_for_purchase(member: &Client, purchase: &Value, status: &str) -> Value {
    let path = at(&format!("tokens/purchases/{}/", purchase["id"].as_str().unwrap()));
    let look = async || {
        let seen = member.get(&path).await.expect(200)["purchase"].clone();
        (seen["status"] == status).then_some(seen)
    };
    wait_until(&format!("the purchase is {status}"), look).await
}

/// What is available and what is owed.
async fn tokens(member: &Client) -> (i64, i64) {
    let seen = balance(member).await;
    (seen["available"].as_i64().unwrap(), seen["debt"].as_i64().unwrap())
}

async fn spend(member: &Client, tokens: i64) {
    member.post(&at("usage/consume/"), json!({"tokens": tokens})).await.expect(200);
}

async fn a_dispute_freezes_what_is_left_and_winning_it_restores_all(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    let purchase = buy_with(&member, "pm_card_createDispute").await;
    wait_for_purchase(&member, &purchase, "disputed").await;
    assert_eq!(tokens(&member).await, (0, 0));
    evidence(&app, &dispute_of(&app, &purchase).await, "winning_evidence").await;
    wait_for_purchase(&member, &purchase, "completed").await;
    settled(&app).await;
    assert_eq!(tokens(&member).await, (100_000, 0));
    let history = member.get(&at("tokens/history/")).await.expect(200);
    let kinds: Vec<_> = history["data"].as_array().unwrap().iter().map(|one| &one["kind"]).collect();
    assert_eq!(kinds, ["reversal", "refund", "purchase"]);
    assert_eq!(history["data"][1]["description"], "Starter: the payment is disputed");
    books_agree(&app).await;
}

async fn a_dispute_after_tokens_were_spent_leaves_a_debt_that_winning_it_cancels(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    let purchase = buy_with(&member, INQUIRY).await;
    spend(&member, 30_000).await;
    let dispute = dispute_of(&app, &purchase).await;
    evidence(&app, &dispute, "escalate_inquiry_evidence").await;
    wait_for_purchase(&member, &purchase, "disputed").await;
    assert_eq!(tokens(&member).await, (0, 30_000));
    evidence(&app, &dispute, "winning_evidence").await;
    wait_for_purchase(&member, &purchase, "completed").await;
    settled(&app).await;
    assert_eq!(tokens(&member).await, (70_000, 0));
    books_agree(&app).await;
}

async fn a_lost_dispute_keeps_the_tokens_and_the_next_purchase_pays_the_debt(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    let purchase = buy_with(&member, INQUIRY).await;
    spend(&member, 30_000).await;
    let dispute = dispute_of(&app, &purchase).await;
    evidence(&app, &dispute, "escalate_inquiry_evidence").await;
    wait_for_purchase(&member, &purchase, "disputed").await;
    evidence(&app, &dispute, "losing_evidence").await;
    let lost = async || {
        (count(&app, "SELECT COUNT(*) FROM disputes WHERE status = 'lost'").await == 1).then_some(())
    };
    wait_until("it is lost", lost).await;
    settled(&app).await;
    assert_eq!(tokens(&member).await, (0, 30_000));
    let seen = wait_for_purchase(&member, &purchase, "disputed").await;
    assert_eq!(seen["refunded_amount"], 0, "nobody gave it back");
    buy(&member, "starter").await;
    assert_eq!(tokens(&member).await, (70_000, 0));
    books_agree(&app).await;
}

async fn an_inquiry_freezes_nothing(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    let purchase = buy_with(&member, INQUIRY).await;
    let inquired = async || (count(&app, "SELECT COUNT(*) FROM disputes").await == 1).then_some(());
    wait_until("it is heard of", inquired).await;
    settled(&app).await;
    assert_eq!(tokens(&member).await, (100_000, 0));
    let path = format!("/v1/disputes/{}/close", dispute_of(&app, &purchase).await);
    app.stripe().post_form(&path, &[]).await.expect(200);
    let closed = "SELECT COUNT(*) FROM disputes WHERE status = 'warning_closed' AND closed_at IS NOT NULL";
    wait_until("it is closed", async || (count(&app, closed).await == 1).then_some(())).await;
    settled(&app).await;
    assert_eq!(tokens(&member).await, (100_000, 0));
    wait_for_purchase(&member, &purchase, "completed").await;
    assert_eq!(count(&app, "SELECT COUNT(*) FROM token_transactions").await, 1);
}

async fn a_dispute_of_a_partly_refunded_purchase_never_takes_more_than_the_purchase(database: Database) {
    let app = shop(database).await;
    let [loser, winner] = [app.register().await, app.register().await];
    for (member, verdict) in [(&loser, "losing_evidence"), (&winner, "winning_evidence")] {
        let purchase = buy_with(member, INQUIRY).await;
        let form =
            [("payment_intent", purchase["stripe_payment_intent_id"].as_str().unwrap()), ("amount", "200")];
        app.stripe().post_form("/v1/refunds", &form).await.expect(200);
        wait_for_tokens(member, 60_000).await;
        // A refund that has not arrived yet would be stopped by the dispute.
        app.advance(300).await;
        let dispute = dispute_of(&app, &purchase).await;
        evidence(&app, &dispute, "escalate_inquiry_evidence").await;
        wait_for_purchase(member, &purchase, "disputed").await;
        assert_eq!(tokens(member).await, (0, 0));
        evidence(&app, &dispute, verdict).await;
        let closed = async || {
            let open = "SELECT COUNT(*) FROM disputes WHERE closed_at IS NULL";
            (count(&app, open).await == 0).then_some(())
        };
        wait_until("it is closed", closed).await;
    }
    settled(&app).await;
    assert_eq!((tokens(&loser).await, tokens(&winner).await), ((0, 0), (60_000, 0)));
    let more = "SELECT COUNT(*) FROM token_purchases WHERE tokens_taken_back > tokens";
    assert_eq!(count(&app, more).await, 0);
    books_agree(&app).await;
}

async fn of_two_disputes_of_one_payment_each_counts_for_itself(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    let purchase = buy_with(&member, "pm_card_createMultipleDisputes").await;
    wait_for_purchase(&member, &purchase, "disputed").await;
    let intent = purchase["stripe_payment_intent_id"].as_str().unwrap();
    let both = list(&app, &format!("/v1/disputes?payment_intent={intent}")).await;
    assert_eq!(both.len(), 2);
    evidence(&app, both[0]["id"].as_str().unwrap(), "losing_evidence").await;
    settled(&app).await;
    assert_eq!(tokens(&member).await, (0, 0), "the other one is open");
    evidence(&app, both[1]["id"].as_str().unwrap(), "winning_evidence").await;
    wait_for_tokens(&member, 50_000).await;
    wait_for_purchase(&member, &purchase, "disputed").await;
    books_agree(&app).await;
}

/// The events of a whole dispute, delivered in an order of their own, twice.
async fn events_of_a_dispute_in_any_order_end_the_same(database: Database) {
    let stripe = FlakyStripe::start().await;
    let app = stripe.quiet_shop(database).await;
    let answer = app.register().await;
    let mut ends = Vec::new();
    for order_of_events in [[0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1]] {
        let member = app.register().await;
        let asked = order(&member, "starter", None).await.expect(201);
        let intent = asked["purchase"]["stripe_payment_intent_id"].as_str().unwrap();
        let card = [("payment_method", "pm_card_createDispute"), ("return_url", "https://example.com/")];
        let path = format!("/v1/payment_intents/{intent}/confirm");
        let paid = app.stripe().post_form(&path, &card).await.expect(200);
        let dispute = dispute_of(&app, &asked["purchase"]).await;
        evidence(&app, &dispute, "winning_evidence").await;
        let now = app.stripe().get(&format!("/v1/disputes/{dispute}")).await.expect(200);
        let told = [
            event(&format!("evt_{intent}_0"), "payment_intent.succeeded", &paid),
            event(&format!("evt_{intent}_1"), "charge.dispute.created", &now),
            event(&format!("evt_{intent}_2"), "charge.dispute.closed", &now),
            event(&format!("evt_{intent}_3"), "charge.dispute.funds_reinstated", &now),
        ];
        for _ in 0..2 {
            for number in order_of_events {
                deliver(&app, &told[number]).await.expect(200);
                settled(&app).await;
            }
        }
        ends.push((
            tokens(&member).await,
            wait_for_purchase(&member, &asked["purchase"], "completed").await["tokens"].clone(),
        ));
    }
    assert_eq!(ends, vec![((100_000, 0), json!(100_000)); 3]);
    assert_eq!(available(&answer).await, 0);
    books_agree(&app).await;
}

async fn lose_subscription(app: &App, member: &Client) -> Value {
    let made = subscribe(member, paid_now("pro-learn", "pm_card_createDispute")).await;
    let dispute = list(app, "/v1/disputes").await[0]["id"].as_str().unwrap().to_owned();
    let heard = async || (count(app, "SELECT COUNT(*) FROM disputes").await == 1).then_some(());
    wait_until("it is heard of", heard).await;
    assert_eq!(overview(member).await["tier"]["slug"], "pro-learn", "until it is decided");
    evidence(app, &dispute, "losing_evidence").await;
    made
}

async fn a_lost_dispute_of_a_subscription_ends_it_without_giving_money_back(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    lose_subscription(&app, &member).await;
    wait_for_subscription(&member, "id", json!(null)).await;
    assert_eq!(overview(&member).await["tier"]["slug"], "free");
    settled(&app).await;
    assert_eq!(list(&app, "/v1/refunds").await.len(), 0);
    assert_eq!(list(&app, "/v1/subscriptions").await.len(), 0);
    let told = "SELECT COUNT(*) FROM discrepancies WHERE kind = 'dispute_lost' AND resolved_at IS NULL";
    assert_eq!(count(&app, told).await, 1);
    let mirrored = "SELECT COUNT(*) FROM disputes WHERE status = 'lost' AND purchase_id IS NULL
         AND stripe_subscription_id IS NOT NULL AND stripe_invoice_id IS NOT NULL";
    assert_eq!(count(&app, mirrored).await, 1);
    // Who has lost one may subscribe anew.
    subscribe(&member, paid_now("pro-learn", "pm_card_visa")).await;
}

async fn a_subscription_whose_end_broke_off_is_ended_by_the_worker(database: Database) {
    let stripe = FlakyStripe::start().await;
    let app = stripe.shop(database).await;
    let member = app.register().await;
    stripe.set(Method::DELETE, "/v1/subscriptions/", Fault::Refuse);
    lose_subscription(&app, &member).await;
    stripe.met(1).await;
    let open =
        "SELECT COUNT(*) FROM promised_refunds WHERE done_at IS NULL AND amount = 0 AND cause = 'reconcile'";
    assert_eq!(count(&app, open).await, 1, "it is written down");
    stripe.heal();
    let ended = async || {
        run_sql(&app, "UPDATE promised_refunds SET next_attempt_at = 0").await;
        app.billing().keep_promised_refunds().await.unwrap();
        (count(&app, open).await == 0).then_some(())
    };
    wait_until("it is ended", ended).await;
    assert_eq!(overview(&member).await["subscription"], json!(null));
    assert_eq!(list(&app, "/v1/refunds").await.len(), 0);
}

async fn a_promised_refund_of_a_disputed_payment_ends_the_subscription_and_tells_a_person(
    database: Database,
) {
    let app = shop(database).await;
    let member = app.register().await;
    subscribe(&member, paid_now("pro-learn", "pm_card_createDispute")).await;
    let goodbye = json!({"at": "now", "refund": true});
    let gone = member.post(&at("cancel/"), goodbye).await.expect(200);
    assert_eq!(gone["subscription"], json!(null));
    assert_eq!(list(&app, "/v1/refunds").await.len(), 0, "the bank has the money");
    let told = "SELECT COUNT(*) FROM discrepancies WHERE kind = 'refund_blocked' AND resolved_at IS NULL";
    assert_eq!(count(&app, told).await, 1);
}

async fn trap_13_a_refund_while_tokens_are_being_spent_keeps_the_books(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    let purchase = buy(&member, "starter").await;
    let form = [("payment_intent", purchase["stripe_payment_intent_id"].as_str().unwrap())];
    let stripe = app.stripe();
    let refund = async { stripe.post_form("/v1/refunds", &form).await.expect(200) };
    let spends =
        (0..24).map(|_| async { member.post(&at("usage/consume/"), json!({"tokens": 5_000})).await.status });
    let (_, answers) = futures_util::future::join(refund, join_all(spends)).await;
    assert!(answers.iter().all(|status| [200, 403].contains(status)), "{answers:?}");
    let taken = async || {
        let refunded = "SELECT COUNT(*) FROM token_purchases WHERE status = 'refunded'";
        (count(&app, refunded).await == 1).then_some(())
    };
    wait_until("it is taken back", taken).await;
    let spent = balance(&member).await["spent"].as_i64().unwrap();
    assert_eq!(tokens(&member).await, (0, spent), "what was spent is owed, all of it");
    buy(&member, "booster").await;
    assert_eq!(tokens(&member).await, (500_000 - spent, 0));
    books_agree(&app).await;
}
