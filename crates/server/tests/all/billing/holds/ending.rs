//! Holds that end by what was used, or by being given up: once.

use super::super::support::{at, backend, balance, books_agree, buy, count, shop, wait_for_tokens};
use super::{capture, has, held, shop_with, today, void, with_tokens_only};
use futures_util::future::join_all;
use serde_json::{Value, json};
use testkit::Database;

testkit::on_both_databases!(
    a_hold_is_captured_with_what_was_used_and_the_rest_comes_back,
    a_hold_that_nothing_used_is_voided,
    what_was_done_is_answered_as_done_and_everything_else_is_refused,
    trap_13_of_many_ends_at_once_one_counts,
    trap_15_without_a_report_the_estimate_is_taken_and_flagged,
    more_than_was_held_is_taken_from_the_balance_as_far_as_it_goes,
    more_than_a_unit_covers_is_taken_from_the_balance,
    where_the_catalog_caps_nothing_is_taken_beyond_the_hold,
    trap_12_what_is_given_back_pays_a_debt_first,
);

async fn a_hold_is_captured_with_what_was_used_and_the_rest_comes_back(database: Database) {
    let app = shop(database).await;
    let (member, backend) = with_tokens_only(&app).await;
    let body = json!({"tokens": 4_000, "feature": "essay"});
    let made = backend.post(&at("holds/"), body).await.expect(201);
    let (id, expires) = (made["hold"]["id"].as_str().unwrap(), made["hold"]["expires_at"].as_str().unwrap());
    assert!(id.starts_with("hold_"));
    let expires: domain::time::Timestamp = expires.parse().unwrap();
    assert!((290..=300).contains(&(expires.seconds() - app.billing().now().seconds())));
    let hold = |status: &str, used: Value| {
        json!({"id": id, "status": status, "tokens": 4_000, "source": "tokens",
            "expires_at": made["hold"]["expires_at"], "used": used, "paid": used, "estimated": false, "late": false})
    };
    assert_eq!(made["hold"], hold("held", Value::Null));
    assert_eq!(made["balance"], json!({"available": 96_000, "held": 4_000}));
    assert_eq!(made["allowance"]["remaining"], 0);
    has(&member, 96_000, 4_000, 0).await;
    assert_eq!(today(&member).await, json!({"ai_requests": 3, "tokens": 0}), "counted when it is captured");
    assert_eq!(count(&app, "SELECT COUNT(*) FROM token_transactions").await, 1, "a hold moves nothing");
    books_agree(&app).await;

    let done = capture(&backend, id, 812).await.expect(200);
    assert_eq!(done["hold"], hold("captured", json!(812)));
    assert_eq!(done["balance"], json!({"available": 99_188, "held": 0}));
    assert_eq!(today(&member).await, json!({"ai_requests": 4, "tokens": 812}));
    let history = member.get(&at("tokens/history/")).await.expect(200);
    let row = &history["data"][0];
    assert_eq!(
        (&row["kind"], &row["tokens"], &row["balance_after"], &row["description"]),
        (&json!("usage"), &json!(-812), &json!(99_188), &json!("essay"))
    );
    assert_eq!(balance(&member).await["spent"], 812);
    books_agree(&app).await;
}

async fn a_hold_that_nothing_used_is_voided(database: Database) {
    let app = shop(database).await;
    let (member, backend) = with_tokens_only(&app).await;
    let id = held(&backend, 4_000).await;
    let done = void(&backend, &id).await.expect(200);
    assert_eq!((&done["hold"]["status"], &done["hold"]["used"]), (&json!("voided"), &Value::Null));
    assert_eq!(done["balance"], json!({"available": 100_000, "held": 0}));
    assert_eq!(today(&member).await, json!({"ai_requests": 3, "tokens": 0}));
    assert_eq!(count(&app, "SELECT COUNT(*) FROM token_transactions").await, 1);
    books_agree(&app).await;
}

async fn what_was_done_is_answered_as_done_and_everything_else_is_refused(database: Database) {
    let app = shop(database).await;
    let (member, backend) = with_tokens_only(&app).await;
    let captured = held(&backend, 4_000).await;
    let first = capture(&backend, &captured, 812).await.expect(200);
    assert_eq!(capture(&backend, &captured, 812).await.expect(200), first);
    let refused = capture(&backend, &captured, 813).await.problem(409, "hold_not_held");
    assert_eq!((&refused["hold"]["status"], &refused["hold"]["used"]), (&json!("captured"), &json!(812)));
    void(&backend, &captured).await.problem(409, "hold_not_held");

    let voided = held(&backend, 4_000).await;
    let first = void(&backend, &voided).await.expect(200);
    assert_eq!(void(&backend, &voided).await.expect(200), first);
    let refused = capture(&backend, &voided, 812).await.problem(409, "hold_not_held");
    assert_eq!(refused["hold"]["status"], "voided");
    has(&member, 99_188, 0, 0).await;
    assert_eq!(today(&member).await, json!({"ai_requests": 4, "tokens": 812}));
    books_agree(&app).await;
}

async fn trap_13_of_many_ends_at_once_one_counts(database: Database) {
    let app = shop(database).await;
    let (member, backend) = with_tokens_only(&app).await;
    let id = held(&backend, 4_000).await;
    let captures = join_all((0..8).map(|number| capture(&backend, &id, 100 + number)));
    let voids = join_all((0..8).map(|_| void(&backend, &id)));
    let (captures, voids) = tokio::join!(captures, voids);
    let done: Vec<_> = captures.iter().filter(|reply| reply.status == 200).collect();
    let voided = voids.iter().filter(|reply| reply.status == 200).count();
    assert!((done.len() == 1 && voided == 0) || (done.is_empty() && voided == 8), "{}, {voided}", done.len());
    let paid = done.first().map_or(0, |reply| reply.body["hold"]["paid"].as_i64().unwrap());
    has(&member, 100_000 - paid, 0, 0).await;
    books_agree(&app).await;
}

async fn trap_15_without_a_report_the_estimate_is_taken_and_flagged(database: Database) {
    let app = shop(database).await;
    let (member, backend) = with_tokens_only(&app).await;
    let id = held(&backend, 4_000).await;
    let path = at(&format!("holds/{id}/capture/"));
    let done = backend.post(&path, json!({})).await.expect(200);
    assert_eq!((&done["hold"]["used"], &done["hold"]["estimated"]), (&json!(4_000), &json!(true)));
    assert_eq!(backend.post(&path, json!({})).await.expect(200), done);
    has(&member, 96_000, 0, 0).await;
    books_agree(&app).await;
}

async fn more_than_was_held_is_taken_from_the_balance_as_far_as_it_goes(database: Database) {
    let app = shop(database).await;
    let (member, backend) = with_tokens_only(&app).await;
    let id = held(&backend, 4_000).await;
    let done = capture(&backend, &id, 5_000).await.expect(200);
    assert_eq!((&done["hold"]["used"], &done["hold"]["paid"]), (&json!(5_000), &json!(5_000)));
    has(&member, 95_000, 0, 0).await;
    let (open, id) = (held(&backend, 80_000).await, held(&backend, 4_000).await);
    let done = capture(&backend, &id, 1_000_000).await.expect(200);
    assert_eq!((&done["hold"]["used"], &done["hold"]["paid"]), (&json!(1_000_000), &json!(15_000)));
    has(&member, 0, 80_000, 0).await;
    void(&backend, &open).await.expect(200);
    has(&member, 80_000, 0, 0).await;
    books_agree(&app).await;
}

async fn more_than_a_unit_covers_is_taken_from_the_balance(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    let backend = backend(&app, &member).await;
    let (within, beyond, without) =
        (held(&backend, 10).await, held(&backend, 10).await, held(&backend, 10).await);
    let done = capture(&backend, &without, 9_000).await.expect(200);
    assert_eq!(done["hold"]["paid"], 0, "there is nothing to take");
    buy(&member, "starter").await;
    assert_eq!(capture(&backend, &within, 4_000).await.expect(200)["hold"]["paid"], 0);
    let done = capture(&backend, &beyond, 4_500).await.expect(200);
    assert_eq!((&done["hold"]["source"], &done["hold"]["paid"]), (&json!("allowance"), &json!(500)));
    has(&member, 99_500, 0, 0).await;
    assert_eq!(today(&member).await, json!({"ai_requests": 3, "tokens": 500}));
    books_agree(&app).await;
}

async fn where_the_catalog_caps_nothing_is_taken_beyond_the_hold(database: Database) {
    let app = shop_with(database, "over = \"balance\"", "over = \"cap\"").await;
    let member = app.register().await;
    let backend = backend(&app, &member).await;
    buy(&member, "starter").await;
    let by_allowance = held(&backend, 10).await;
    let by_tokens = held(&backend, 5_000).await;
    assert_eq!(capture(&backend, &by_allowance, 9_000).await.expect(200)["hold"]["paid"], 0);
    let done = capture(&backend, &by_tokens, 9_000).await.expect(200);
    assert_eq!((&done["hold"]["used"], &done["hold"]["paid"]), (&json!(9_000), &json!(5_000)));
    has(&member, 95_000, 0, 0).await;
    books_agree(&app).await;
}

async fn trap_12_what_is_given_back_pays_a_debt_first(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    let purchase = buy(&member, "starter").await;
    let backend = backend(&app, &member).await;
    let (voided, captured) = (held(&backend, 50_000).await, held(&backend, 20_000).await);
    let payment = purchase["stripe_payment_intent_id"].as_str().unwrap();
    let refund = [("payment_intent", payment), ("amount", "400")];
    app.stripe().post_form("/v1/refunds", &refund).await.expect(200);
    wait_for_tokens(&member, 0).await;
    has(&member, 0, 70_000, 50_000).await;
    let done = capture(&backend, &captured, 15_000).await.expect(200);
    assert_eq!(done["balance"], json!({"available": 0, "held": 50_000}));
    has(&member, 0, 50_000, 45_000).await;
    let done = void(&backend, &voided).await.expect(200);
    assert_eq!(done["balance"], json!({"available": 5_000, "held": 0}));
    has(&member, 5_000, 0, 0).await;
    books_agree(&app).await;
}
