//! What is held, from where, and what is refused.

use super::super::support::{DAY, at, backend, books_agree, buy, consume, count, shop};
use super::{all_expired, capture, has, held, hold, today, void, with_tokens_only};
use futures_util::future::join_all;
use serde_json::json;
use testkit::{Database, Reply};

testkit::on_both_databases!(
    trap_13_fifty_concurrent_holds_on_tokens_for_ten_exactly_ten_are_held,
    a_refusal_holds_nothing_and_says_what_would_help,
    the_source_is_fixed_when_the_hold_is_made,
    trap_29_a_voided_unit_goes_back_to_the_window_that_it_was_taken_from,
    what_is_no_hold_is_refused,
);

async fn trap_13_fifty_concurrent_holds_on_tokens_for_ten_exactly_ten_are_held(database: Database) {
    let app = shop(database).await;
    let (member, backend) = with_tokens_only(&app).await;
    let replies = join_all((0..50).map(|_| hold(&backend, 10_000))).await;
    let (made, refused): (Vec<_>, Vec<_>) = replies.into_iter().partition(|reply| reply.status == 201);
    assert_eq!((made.len(), refused.len()), (10, 40));
    for reply in refused {
        let refused = reply.problem(403, "out_of_ai_requests");
        assert_eq!(refused["balance"], json!({"available": 0, "held": 100_000}));
    }
    has(&member, 0, 100_000, 0).await;
    let id = |reply: Reply| reply.body["hold"]["id"].as_str().unwrap().to_owned();
    let ids: Vec<_> = made.into_iter().map(id).collect();
    join_all(ids.iter().map(|id| capture(&backend, id, 7_000))).await;
    has(&member, 30_000, 0, 0).await;
    books_agree(&app).await;
}

async fn a_refusal_holds_nothing_and_says_what_would_help(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    let backend = backend(&app, &member).await;
    hold(&backend, 4_001).await.problem(403, "out_of_tokens");
    for _ in 0..3 {
        assert_eq!(hold(&backend, 4_000).await.expect(201)["hold"]["source"], "allowance");
    }
    let refused = hold(&backend, 1).await.problem(403, "out_of_ai_requests");
    assert_eq!((&refused["upgrade_to"], &refused["allowance"]["used"]), (&json!("community-pro"), &json!(3)));
    assert!(refused["resets_at"].is_string());
    consume(&member).await.problem(403, "out_of_ai_requests");
    buy(&member, "starter").await;
    let refused = hold(&backend, 100_001).await.problem(403, "out_of_tokens");
    assert_eq!(refused["balance"], json!({"available": 100_000, "held": 0}));
    assert_eq!(count(&app, "SELECT COUNT(*) FROM token_holds").await, 3);
    has(&member, 100_000, 0, 0).await;
    books_agree(&app).await;
}

async fn the_source_is_fixed_when_the_hold_is_made(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    let backend = backend(&app, &member).await;
    let id = held(&backend, 3_000).await;
    buy(&member, "starter").await;
    for _ in 0..2 {
        consume(&member).await.expect(200);
    }
    // The allowance is used up, and has paid for this one.
    let done = capture(&backend, &id, 2_500).await.expect(200);
    assert_eq!((&done["hold"]["source"], &done["hold"]["paid"]), (&json!("allowance"), &json!(0)));
    assert_eq!(done["allowance"]["used"], 3);
    has(&member, 100_000, 0, 0).await;
    // And this one was held in tokens, whatever the allowance has by then.
    let id = held(&backend, 3_000).await;
    app.advance(DAY).await;
    assert_eq!(today(&member).await["ai_requests"], 0);
    void(&backend, &id).await.problem(409, "hold_not_held");
    all_expired(&app).await;
    let mut body = json!({"tokens": 5_000, "expires_in": 86_400});
    let id = backend.post(&at("holds/"), body.take()).await.expect(201)["hold"]["id"].clone();
    app.advance(DAY - 60).await;
    let done = capture(&backend, id.as_str().unwrap(), 1_000).await.expect(200);
    assert_eq!((&done["hold"]["source"], &done["hold"]["paid"]), (&json!("tokens"), &json!(1_000)));
    assert_eq!(done["allowance"]["used"], 0);
    books_agree(&app).await;
}

async fn trap_29_a_voided_unit_goes_back_to_the_window_that_it_was_taken_from(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    let backend = backend(&app, &member).await;
    // Noon, so that the day ends while the holds last.
    app.advance(DAY + DAY / 2 - app.billing().now().seconds().rem_euclid(DAY)).await;
    let long = json!({"tokens": 100, "expires_in": 86_400});
    let mut ids = Vec::new();
    for _ in 0..3 {
        let made = backend.post(&at("holds/"), long.clone()).await.expect(201);
        ids.push(made["hold"]["id"].as_str().unwrap().to_owned());
    }
    // On the same day the unit can be used again.
    assert_eq!(void(&backend, &ids[0]).await.expect(200)["allowance"]["used"], 2);
    assert_eq!(consume(&member).await.expect(200)["allowance"]["used"], 3);
    app.advance(DAY - 60).await;
    for _ in 0..2 {
        consume(&member).await.expect(200);
    }
    let new_day = "SELECT CAST(MAX(starts_at) AS BIGINT) FROM usage_windows";
    let old_day = "SELECT CAST(MIN(starts_at) AS BIGINT) FROM usage_windows";
    assert_eq!(count(&app, new_day).await - count(&app, old_day).await, DAY * 1_000);
    let voided = void(&backend, &ids[1]).await.expect(200);
    assert_eq!(voided["allowance"]["used"], 2, "the new day has nothing back");
    let used = "SELECT used FROM usage_windows ORDER BY starts_at LIMIT 1";
    assert_eq!(count(&app, used).await, 2, "the old day has");
    app.advance(120).await;
    all_expired(&app).await;
    assert_eq!(count(&app, used).await, 1, "and by time, too");
}

async fn what_is_no_hold_is_refused(database: Database) {
    let app = shop(database).await;
    let (_, backend) = with_tokens_only(&app).await;
    let wrong = [
        (json!({}), "tokens"),
        (json!({"tokens": 0}), "tokens"),
        (json!({"tokens": -1}), "tokens"),
        (json!({"tokens": 1, "expires_in": 0}), "expires_in"),
        (json!({"tokens": 1, "expires_in": 86_401}), "expires_in"),
        (json!({"tokens": 1, "feature": "a b"}), "feature"),
        (json!({"tokens": 1, "token": 1}), "token"),
    ];
    for (body, field) in wrong {
        let refused = backend.post(&at("holds/"), body).await.problem(422, "invalid_request");
        assert_eq!(refused["errors"][0]["field"], field);
    }
    let largest = i64::MAX;
    hold(&backend, largest).await.problem(403, "out_of_tokens");
    let id = held(&backend, 1).await;
    for tokens in [0, -5] {
        let refused = capture(&backend, &id, tokens).await.problem(422, "invalid_request");
        assert_eq!(refused["errors"][0]["field"], "tokens");
    }
    capture(&backend, &id, largest).await.expect(200);
    capture(&backend, "hold_of_nobody", 1).await.problem(404, "not_found");
    void(&backend, "hold_of_nobody").await.problem(404, "not_found");
    books_agree(&app).await;
}
