//! kill -9 at the wrong moment: what was acknowledged is there, once; what was stored is applied.

use super::flaky_stripe::{Fault, FlakyStripe};
use super::program::Program;
use super::support::{at, available, buy, order, wait_for_tokens};
use axum::http::Method;
use futures_util::{StreamExt as _, stream};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};
use store::{Query as _, args};
use testkit::{Client, Database, wait_until};

testkit::on_both_databases!(
    kill_9_during_64_consumes_loses_nothing_and_does_nothing_twice,
    kill_9_between_storing_and_applying_an_event_loses_no_payment,
    kill_9_while_stripe_charges_is_finished_under_the_same_key,
);

/// What was acknowledged; `None` when the connection broke before the answer was there.
async fn ask(member: &Client, number: usize) -> Option<Value> {
    let member = member.key(&format!("ask-{number}"));
    let request = member.request(Method::POST, &at("usage/consume/")).json(&json!({}));
    let answer = request.send().await.ok()?;
    assert_eq!(answer.status().as_u16(), 200);
    answer.json().await.ok()
}

async fn kill_9_during_64_consumes_loses_nothing_and_does_nothing_twice(database: Database) {
    let mut program = Program::start(&database, None).await;
    let member = program.register().await;
    buy(&member, "starter").await;
    let acknowledged = AtomicUsize::new(0);
    let asked = stream::iter(0..64).map(|number| {
        let (member, acknowledged) = (&member, &acknowledged);
        async move {
            let answer = ask(member, number).await;
            acknowledged.fetch_add(usize::from(answer.is_some()), Ordering::SeqCst);
            (number, answer)
        }
    });
    let asking = asked.buffer_unordered(16).collect::<Vec<_>>();
    let killing = async {
        let enough = async || (acknowledged.load(Ordering::SeqCst) >= 20).then_some(());
        wait_until("some are acknowledged", enough).await;
        program.kill();
    };
    let (before, ()) = tokio::join!(asking, killing);
    let _program = program.start_again().await;
    for (number, answer) in &before {
        let again = ask(&member, *number).await.unwrap();
        if let Some(answer) = answer {
            assert_eq!(again, *answer, "what was acknowledged is replayed");
        }
    }
    let usage = member.get(&at("usage/")).await.expect(200);
    assert_eq!(usage["today"], json!({"ai_requests": 64, "tokens": 61}));
    assert_eq!(available(&member).await, 100_000 - 61);
    let sum = "SELECT CAST(SUM(tokens) AS BIGINT) FROM token_transactions";
    assert_eq!(database.db.reader().one::<(i64,)>(sum, args![]).await.unwrap().0, 100_000 - 61);
}

async fn kill_9_between_storing_and_applying_an_event_loses_no_payment(database: Database) {
    let stripe = FlakyStripe::start().await;
    let mut program = Program::start(&database, Some(&stripe.url)).await;
    let member = program.register().await;
    let answer = order(&member, "starter", None).await.expect(201);
    let intent = answer["purchase"]["stripe_payment_intent_id"].as_str().unwrap();
    // Stored it will be, applied it cannot be.
    stripe.set(Method::GET, "/v1/payment_intents/", Fault::Refuse);
    let at_stripe = Client::new(&stripe.behind).bearer("sk_test_sandbox");
    let card = [("payment_method", "pm_card_visa"), ("return_url", "https://example.com/")];
    at_stripe.post_form(&format!("/v1/payment_intents/{intent}/confirm"), &card).await.expect(200);
    let stored = async || {
        let sql = "SELECT COUNT(*) FROM stripe_events WHERE state = 'pending' AND type = 'payment_intent.succeeded'";
        let stored = database.db.reader().one::<(i64,)>(sql, args![]).await.unwrap().0;
        (stored == 1).then_some(())
    };
    wait_until("the event is stored", stored).await;
    program.kill();
    stripe.heal();
    leases_end(&database).await;
    let _program = program.start_again().await;
    wait_for_tokens(&member, 100_000).await;
}

async fn kill_9_while_stripe_charges_is_finished_under_the_same_key(database: Database) {
    let stripe = FlakyStripe::start().await;
    let mut program = Program::start(&database, Some(&stripe.url)).await;
    let member = program.register().await.key("order");
    stripe.set(Method::POST, "/v1/payment_intents", Fault::HoldAnswer);
    let body = json!({"package_slug": "starter", "payment_method_id": "pm_card_visa"});
    let calling = member.request(Method::POST, &at("tokens/purchase/")).json(&body).send();
    let killing = async {
        stripe.met(1).await;
        program.kill();
    };
    let (called, ()) = tokio::join!(calling, killing);
    assert!(called.is_err());
    stripe.heal();
    leases_end(&database).await;
    let _program = program.start_again().await;
    let finished = order(&member, "starter", Some("pm_card_visa")).await.expect(201);
    assert_eq!(finished["purchase"]["status"], "completed");
    assert_eq!(available(&member).await, 100_000);
    let charges = Client::new(&stripe.behind).bearer("sk_test_sandbox").get("/v1/charges").await.expect(200);
    assert_eq!(charges["data"].as_array().unwrap().len(), 1);
}

/// On PostgreSQL, as if a minute or two had passed: what the dead process had taken is free for the living. An
/// embedded database has one process, which takes it up at its start.
async fn leases_end(database: &Database) {
    if database.url.starts_with("sqlite") {
        return;
    }
    let mut tx = database.db.begin().await.unwrap();
    tx.run("UPDATE idempotency_keys SET lease_until = 0", args![]).await.unwrap();
    tx.run("UPDATE customer_syncs SET lease_until = 0", args![]).await.unwrap();
    tx.commit().await.unwrap();
}
