//! Requests that outlive their hold.

use super::super::support::{DAY, backend, books_agree, buy, consume, count, run_sql, shop};
use super::{all_expired, capture, has, held, today, with_tokens_only};
use futures_util::future::join_all;
use serde_json::json;
use testkit::Database;

testkit::on_both_databases!(
    trap_15_a_request_that_outlives_its_hold_is_paid_with_tokens,
    trap_15_a_request_that_outlives_its_unit_takes_one_of_the_same_window_again,
    trap_15_a_late_capture_takes_nothing_of_another_window,
    trap_15_of_many_late_captures_and_the_worker_one_counts,
);

async fn trap_15_a_request_that_outlives_its_hold_is_paid_with_tokens(database: Database) {
    let app = shop(database).await;
    let (member, backend) = with_tokens_only(&app).await;
    let (first, second) = (held(&backend, 4_000).await, held(&backend, 4_000).await);
    app.advance(310).await;
    all_expired(&app).await;
    has(&member, 100_000, 0, 0).await;
    let done = capture(&backend, &first, 812).await.expect(200);
    let hold = &done["hold"];
    assert_eq!(
        (&hold["status"], &hold["used"], &hold["paid"], &hold["late"]),
        (&json!("captured"), &json!(812), &json!(812), &json!(true))
    );
    assert_eq!(done["balance"], json!({"available": 99_188, "held": 0}));
    assert_eq!(today(&member).await, json!({"ai_requests": 4, "tokens": 812}));
    assert_eq!(capture(&backend, &first, 812).await.expect(200), done, "once");
    capture(&backend, &first, 813).await.problem(409, "hold_not_held");
    // As far as it goes, also where nothing is left.
    held(&backend, 99_100).await;
    let done = capture(&backend, &second, 812).await.expect(200);
    assert_eq!((&done["hold"]["used"], &done["hold"]["paid"]), (&json!(812), &json!(88)));
    assert_eq!(today(&member).await, json!({"ai_requests": 5, "tokens": 900}), "it is counted");
    has(&member, 0, 99_100, 0).await;
    books_agree(&app).await;
}

async fn trap_15_a_request_that_outlives_its_unit_takes_one_of_the_same_window_again(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    let backend = backend(&app, &member).await;
    // Noon, so that the day does not end by itself.
    app.advance(DAY + DAY / 2 - app.billing().now().seconds().rem_euclid(DAY)).await;
    let (first, second) = (held(&backend, 3_000).await, held(&backend, 3_000).await);
    app.advance(310).await;
    all_expired(&app).await;
    let done = capture(&backend, &first, 2_500).await.expect(200);
    let hold = &done["hold"];
    assert_eq!(
        (&hold["source"], &hold["paid"], &hold["late"]),
        (&json!("allowance"), &json!(0), &json!(true))
    );
    assert_eq!(done["allowance"]["used"], 1);
    for _ in 0..2 {
        consume(&member).await.expect(200);
    }
    // The window has none left.
    buy(&member, "starter").await;
    let done = capture(&backend, &second, 2_500).await.expect(200);
    assert_eq!((&done["hold"]["source"], &done["hold"]["paid"]), (&json!("allowance"), &json!(2_500)));
    assert_eq!((&done["allowance"]["used"], &done["balance"]["available"]), (&json!(3), &json!(97_500)));
    assert_eq!(today(&member).await, json!({"ai_requests": 4, "tokens": 2_500}));
    books_agree(&app).await;
}

async fn trap_15_a_late_capture_takes_nothing_of_another_window(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    let backend = backend(&app, &member).await;
    app.advance(2 * DAY - 60 - app.billing().now().seconds().rem_euclid(DAY)).await;
    let id = held(&backend, 3_000).await;
    app.advance(400).await;
    all_expired(&app).await;
    let done = capture(&backend, &id, 2_500).await.expect(200);
    assert_eq!((&done["hold"]["paid"], &done["allowance"]["used"]), (&json!(0), &json!(0)));
    assert_eq!(count(&app, "SELECT used FROM usage_windows").await, 1, "of the day that it began in");
}

async fn trap_15_of_many_late_captures_and_the_worker_one_counts(database: Database) {
    let app = shop(database).await;
    let (member, backend) = with_tokens_only(&app).await;
    let id = held(&backend, 4_000).await;
    run_sql(&app, "UPDATE token_holds SET created_at = 0, expires_at = expires_at - 300000").await;
    let captures = join_all((0..8).map(|number| capture(&backend, &id, 100 + number)));
    let turns = join_all((0..4).map(|_| app.billing().expire_holds()));
    let (captures, turns) = tokio::join!(captures, turns);
    assert!(turns.iter().all(Result::is_ok), "{turns:?}");
    let done: Vec<_> = captures.iter().filter(|reply| reply.status == 200).collect();
    assert_eq!((done.len(), &done[0].body["hold"]["late"]), (1, &json!(true)));
    has(&member, 100_000 - done[0].body["hold"]["paid"].as_i64().unwrap(), 0, 0).await;
    books_agree(&app).await;
}
