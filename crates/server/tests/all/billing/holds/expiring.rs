//! Holds that nobody ends: time gives them back.

use super::super::support::{DAY, books_agree, count, run_sql, shop, wait_for_tokens};
use super::{all_expired, capture, has, held, today, void, with_tokens_only};
use axum::http::Method;
use futures_util::future::join_all;
use serde_json::json;
use testkit::Database;

testkit::on_both_databases!(
    trap_14_a_hold_that_nobody_ends_is_given_back_in_time,
    trap_14_several_workers_give_a_hold_back_once,
    trap_14_holds_that_cannot_be_given_back_keep_no_other_waiting,
    trap_14_a_hold_outlives_its_process_and_still_expires,
    who_leaves_with_an_open_hold_leaves_books_that_agree,
);

async fn trap_14_a_hold_that_nobody_ends_is_given_back_in_time(database: Database) {
    let app = shop(database).await;
    let (member, backend) = with_tokens_only(&app).await;
    let id = held(&backend, 4_000).await;
    app.advance(200).await;
    has(&member, 96_000, 4_000, 0).await;
    app.advance(150).await;
    let late = void(&backend, &id).await.problem(409, "hold_not_held");
    assert_eq!(late["hold"]["status"], "expired", "whether or not it was given back yet");
    wait_for_tokens(&member, 100_000).await;
    has(&member, 100_000, 0, 0).await;
    assert_eq!(today(&member).await["tokens"], 0);
    assert_eq!(count(&app, "SELECT COUNT(*) FROM token_holds WHERE status = 'expired'").await, 1);
    app.advance(DAY).await;
    let late = capture(&backend, &id, 812).await.problem(409, "hold_not_held");
    assert_eq!(late["hold"]["status"], "expired", "and a day later nobody is billed for it");
    books_agree(&app).await;
}

async fn trap_14_several_workers_give_a_hold_back_once(database: Database) {
    let app = shop(database).await;
    let (member, backend) = with_tokens_only(&app).await;
    for _ in 0..5 {
        held(&backend, 4_000).await;
    }
    // As if time had passed: the application's own worker does not know yet.
    run_sql(&app, "UPDATE token_holds SET created_at = 0, expires_at = 1").await;
    let turns = join_all((0..4).map(|_| app.billing().expire_holds())).await;
    assert!(turns.iter().all(|turn| matches!(turn, Ok(Some(_)))), "{turns:?}");
    has(&member, 100_000, 0, 0).await;
    books_agree(&app).await;
}

async fn trap_14_holds_that_cannot_be_given_back_keep_no_other_waiting(database: Database) {
    let app = shop(database).await;
    let (wrong, backend) = with_tokens_only(&app).await;
    // As many as one turn takes, the oldest of all; and books that do not have what they reserve.
    let ids = join_all((0..100).map(|_| held(&backend, 1))).await;
    run_sql(&app, "UPDATE token_holds SET created_at = 0, expires_at = 1").await;
    run_sql(&app, "UPDATE user_token_balances SET available = available + held, held = 0").await;
    let (member, backend) = with_tokens_only(&app).await;
    held(&backend, 4_000).await;
    app.advance(310).await;
    wait_for_tokens(&member, 100_000).await;
    let waiting = "SELECT COUNT(*) FROM token_holds WHERE status = 'held' AND retry_at IS NOT NULL";
    assert_eq!(count(&app, waiting).await, i64::try_from(ids.len()).unwrap());
    let mended = "UPDATE user_token_balances SET available = available - 100, held = 100
        WHERE account_id IN (SELECT account_id FROM token_holds WHERE status = 'held')";
    run_sql(&app, mended).await;
    app.advance(2 * 3_600).await;
    all_expired(&app).await;
    has(&wrong, 100_000, 0, 0).await;
    books_agree(&app).await;
}

async fn trap_14_a_hold_outlives_its_process_and_still_expires(database: Database) {
    let app = shop(database).await;
    let (member, backend) = with_tokens_only(&app).await;
    held(&backend, 4_000).await;
    let token = member.get("/api/v1/auth/me/").await.expect(200)["user"]["email"].clone();
    let app = app.restart().await;
    let login = json!({"email": token, "password": "correct horse"});
    let signed_in = app.anyone().post("/api/v1/auth/login/", login).await.expect(200);
    let member = app.anyone().bearer(signed_in["token"].as_str().unwrap());
    has(&member, 96_000, 4_000, 0).await;
    app.advance(310).await;
    wait_for_tokens(&member, 100_000).await;
    books_agree(&app).await;
}

async fn who_leaves_with_an_open_hold_leaves_books_that_agree(database: Database) {
    let app = shop(database).await;
    let (member, backend) = with_tokens_only(&app).await;
    let captured = held(&backend, 3_000).await;
    capture(&backend, &captured, 1_000).await.expect(200);
    held(&backend, 4_000).await;
    let mine = member.get("/api/v1/auth/me/export/").await.expect(200);
    let rows = mine["token_holds"].as_array().unwrap();
    assert_eq!(rows.len(), 2);
    assert_eq!((&rows[0]["status"], &rows[0]["used"]), (&json!("captured"), &json!(1_000)));
    let leave =
        member.request(Method::DELETE, "/api/v1/auth/me/").json(&json!({"password": "correct horse"}));
    member.send(leave).await.expect(204);
    books_agree(&app).await;
    app.advance(310).await;
    all_expired(&app).await;
    assert_eq!(count(&app, "SELECT COUNT(*) FROM token_holds").await, 2, "kept, as the ledger is");
    assert_eq!(count(&app, "SELECT available FROM user_token_balances").await, 99_000);
    books_agree(&app).await;
}
