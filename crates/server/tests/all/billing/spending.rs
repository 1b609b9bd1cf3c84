//! Tokens: spent in one atomic step, kept for ever, never counted twice.

use super::support::{
    DAY, at, available, balance, books_agree, buy, consume, count, list, order, paid_now, quarterly, shop,
    subscribe,
};
use futures_util::future::join_all;
use serde_json::json;
use testkit::Database;

testkit::on_both_databases!(
    trap_13_sixty_four_concurrent_consumes_on_ten_tokens_exactly_ten_succeed,
    trap_13_concurrent_consumes_use_each_unit_of_the_allowance_once,
    trap_16_one_call_checks_and_spends_and_a_refusal_spends_nothing,
    trap_17_bought_tokens_survive_a_subscription_its_renewal_and_its_end,
    trap_24_the_balance_changes_in_the_answer_of_the_call_that_spends,
    trap_26_the_same_package_can_be_bought_twice_in_one_day,
    trap_29_a_day_window_resets_at_midnight_and_not_before,
    trap_31_renewals_give_no_second_allowance_for_the_same_day,
    trap_39_every_movement_is_a_row,
    a_consume_under_a_key_is_done_once,
);

async fn trap_13_sixty_four_concurrent_consumes_on_ten_tokens_exactly_ten_succeed(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    buy(&member, "starter").await;
    for _ in 0..3 {
        consume(&member).await.expect(200);
    }
    member.post(&at("usage/consume/"), json!({"tokens": 99_990})).await.expect(200);
    assert_eq!(available(&member).await, 10);

    let replies = join_all((0..64).map(|_| consume(&member))).await;
    let (done, refused): (Vec<_>, Vec<_>) = replies.into_iter().partition(|reply| reply.status == 200);
    assert_eq!((done.len(), refused.len()), (10, 54));
    for reply in refused {
        reply.problem(403, "out_of_ai_requests");
    }
    let mut left: Vec<_> =
        done.iter().map(|reply| reply.body["balance"]["available"].as_i64().unwrap()).collect();
    left.sort_unstable();
    assert_eq!(left, (0..10).collect::<Vec<_>>(), "each saw the balance after its own");
    let after = balance(&member).await;
    assert_eq!((&after["available"], &after["spent"]), (&json!(0), &json!(100_000)));
    books_agree(&app).await;
}

async fn trap_13_concurrent_consumes_use_each_unit_of_the_allowance_once(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    let replies = join_all((0..32).map(|_| consume(&member))).await;
    let mut used: Vec<_> = replies
        .iter()
        .filter_map(|reply| reply.body["allowance"]["used"].as_i64().filter(|_| reply.status == 200))
        .collect();
    used.sort_unstable();
    assert_eq!(used, [1, 2, 3]);
    let usage = member.get(&at("usage/")).await.expect(200);
    assert_eq!(usage["today"], json!({"ai_requests": 3, "tokens": 0}));
}

async fn trap_16_one_call_checks_and_spends_and_a_refusal_spends_nothing(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    for _ in 0..3 {
        consume(&member).await.expect(200);
    }
    for _ in 0..5 {
        consume(&member).await.problem(403, "out_of_ai_requests");
    }
    let usage = member.get(&at("usage/")).await.expect(200);
    assert_eq!((&usage["today"]["ai_requests"], &usage["allowance"]["used"]), (&json!(3), &json!(3)));
    assert_eq!(count(&app, "SELECT COUNT(*) FROM token_transactions").await, 0);
}

async fn trap_17_bought_tokens_survive_a_subscription_its_renewal_and_its_end(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    buy(&member, "starter").await;
    subscribe(&member, quarterly("community-pro", "pm_card_visa")).await;
    assert_eq!(available(&member).await, 100_000);
    app.advance(8 * DAY).await;
    super::support::wait_for_subscription(&member, "status", json!("active")).await;
    assert_eq!(available(&member).await, 100_000);
    app.advance(95 * DAY).await;
    let renewed = async || (list(&app, "/v1/charges").await.len() == 3).then_some(());
    testkit::wait_until("the tokens and two periods are paid", renewed).await;
    member.post(&at("cancel/"), json!({"at": "now"})).await.expect(200);
    assert_eq!(available(&member).await, 100_000);
    app.advance(4 * 365 * DAY).await;
    assert_eq!(available(&member).await, 100_000, "they never expire");
}

async fn trap_24_the_balance_changes_in_the_answer_of_the_call_that_spends(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    buy(&member, "starter").await;
    for spent in 1..=5 {
        let answer = member.post(&at("usage/consume/"), json!({"tokens": 10_000})).await.expect(200);
        assert_eq!(answer["balance"]["available"], 100_000 - 10_000 * spent);
        assert_eq!(available(&member).await, 100_000 - 10_000 * spent);
    }
}

async fn trap_26_the_same_package_can_be_bought_twice_in_one_day(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    let (first, second) = (buy(&member, "starter").await, buy(&member, "starter").await);
    assert_ne!(first["id"], second["id"]);
    assert_ne!(first["stripe_payment_intent_id"], second["stripe_payment_intent_id"]);
    assert_eq!(available(&member).await, 200_000);
    assert_eq!(list(&app, "/v1/charges").await.len(), 2);
    // Only the same key is the same order.
    let body = order(&member.key("k"), "starter", Some("pm_card_visa")).await.expect(201);
    assert_eq!(order(&member.key("k"), "starter", Some("pm_card_visa")).await.expect(201), body);
    order(&member.key("k"), "booster", Some("pm_card_visa")).await.problem(409, "idempotency_key_reused");
    assert_eq!(available(&member).await, 300_000);
}

async fn trap_29_a_day_window_resets_at_midnight_and_not_before(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    for _ in 0..3 {
        consume(&member).await.expect(200);
    }
    let refused = consume(&member).await.problem(403, "out_of_ai_requests");
    let resets = app.billing().now().0.div_euclid(86_400_000) * 86_400 + 86_400;
    let now = app.billing().now().seconds();
    app.advance(resets - now - 30).await;
    consume(&member).await.problem(403, "out_of_ai_requests");
    app.advance(60).await;
    let answer = consume(&member).await.expect(200);
    assert_eq!((&answer["source"], &answer["allowance"]["used"]), (&json!("allowance"), &json!(1)));
    assert_ne!(answer["allowance"]["resets_at"], refused["resets_at"]);
}

async fn trap_31_renewals_give_no_second_allowance_for_the_same_day(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    let mut monthly = paid_now("community-pro", "pm_card_visa");
    monthly["billing_period"] = json!("monthly");
    subscribe(&member, monthly).await;
    for _ in 0..7 {
        consume(&member).await.expect(200);
    }
    // The end of one subscription and the start of another, on the same day.
    member.post(&at("cancel/"), json!({"at": "now"})).await.expect(200);
    subscribe(&member, paid_now("pro-learn", "pm_card_visa")).await;
    let answer = consume(&member).await.expect(200);
    assert_eq!((&answer["allowance"]["limit"], &answer["allowance"]["used"]), (&json!(500), &json!(8)));
}

async fn trap_39_every_movement_is_a_row(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    let purchase = buy(&member, "starter").await;
    for tokens in [5_000, 6_000, 4_500] {
        member.post(&at("usage/consume/"), json!({"tokens": tokens})).await.expect(200);
    }
    let refund =
        [("payment_intent", purchase["stripe_payment_intent_id"].as_str().unwrap()), ("amount", "250")];
    app.stripe().post_form("/v1/refunds", &refund).await.expect(200);
    super::support::wait_for_tokens(&member, 34_500).await;
    let history = member.get(&at("tokens/history/")).await.expect(200);
    let rows: Vec<_> =
        history["data"].as_array().unwrap().iter().map(|row| row["tokens"].as_i64().unwrap()).collect();
    assert_eq!(rows, [-50_000, -4_500, -6_000, -5_000, 100_000]);
    assert_eq!(rows.iter().sum::<i64>(), available(&member).await);
    books_agree(&app).await;
}

async fn a_consume_under_a_key_is_done_once(database: Database) {
    let app = shop(database).await;
    let member = app.register().await.key("once");
    let replies = join_all((0..16).map(|_| consume(&member))).await;
    assert!(replies.iter().all(|reply| reply.status == 200 && reply.body == replies[0].body));
    let first = replies.iter().filter(|reply| reply.header("idempotent-replayed").is_none()).count();
    assert_eq!(first, 1);
    member.post(&at("usage/consume/"), json!({"tokens": 2})).await.problem(409, "idempotency_key_reused");
    let usage = member.get(&at("usage/")).await.expect(200);
    assert_eq!(usage["today"]["ai_requests"], 1);
}
