//! Answers under an Idempotency-Key: the rules of keeping, and the wrapper over HTTP.

use billing::idempotency::{Answer, Begun, Keep, Ticket};
use serde_json::json;
use store::{Query as _, args};
use testkit::{App, Database};

testkit::on_both_databases!(
    a_final_answer_is_replayed,
    another_body_under_the_same_key_is_refused,
    while_the_first_runs_the_second_is_told_to_wait,
    refusals_that_may_change_are_not_kept,
    a_key_whose_process_died_is_taken_over,
    scopes_do_not_meet,
    kept_answers_are_forgotten_in_time,
    kept_answers_are_forgotten_until_none_is_left,
    over_http_the_first_answer_comes_again,
    over_http_an_answer_is_forgotten_in_time_also_where_nobody_has_deleted_it,
    a_key_is_at_most_255_characters,
);

fn answer(status: u16) -> Answer {
    Answer { status, content_type: "application/json".into(), body: format!("{{\"status\":{status}}}") }
}

async fn begin(app: &App, scope: &str, body: &str) -> Begun {
    app.billing().begin_idempotent(scope, "key-1", body, Keep::Money).await.unwrap()
}

async fn run(app: &App) -> Ticket {
    match begin(app, "usr_1:buy", "body").await {
        Begun::Run(ticket) => ticket,
        other => panic!("{other:?}"),
    }
}

/// As if time had passed: `column` of every entry lies in the past.
async fn let_pass(app: &App, column: &str) {
    let mut tx = app.database.db.begin().await.unwrap();
    let sql = store::db::built(format!("UPDATE idempotency_keys SET {column} = 1"));
    tx.run(sql, args![]).await.unwrap();
    tx.commit().await.unwrap();
}

async fn a_final_answer_is_replayed(database: Database) {
    let app = App::start(database).await;
    for status in [200, 201, 402, 404, 422] {
        let scope = format!("usr_1:{status}");
        let Begun::Run(ticket) = begin(&app, &scope, "body").await else { panic!("{status}") };
        app.billing().end_idempotent(&ticket, &answer(status)).await.unwrap();
        assert_eq!(begin(&app, &scope, "body").await, Begun::Replay(answer(status)));
    }
}

async fn another_body_under_the_same_key_is_refused(database: Database) {
    let app = App::start(database).await;
    let ticket = run(&app).await;
    assert_eq!(begin(&app, "usr_1:buy", "another").await, Begun::Reused);
    app.billing().end_idempotent(&ticket, &answer(201)).await.unwrap();
    assert_eq!(begin(&app, "usr_1:buy", "another").await, Begun::Reused);
}

async fn while_the_first_runs_the_second_is_told_to_wait(database: Database) {
    let app = App::start(database).await;
    run(&app).await;
    let second = begin(&app, "usr_1:buy", "body").await;
    assert!(matches!(second, Begun::InUse { retry_after_seconds: 1.. }), "{second:?}");
}

async fn refusals_that_may_change_are_not_kept(database: Database) {
    let app = App::start(database).await;
    for status in [403, 409, 429, 500, 503] {
        let ticket = run(&app).await;
        app.billing().end_idempotent(&ticket, &answer(status)).await.unwrap();
    }
    run(&app).await;
}

async fn a_key_whose_process_died_is_taken_over(database: Database) {
    let app = App::start(database).await;
    let dead = run(&app).await;
    let_pass(&app, "lease_until").await;
    let alive = run(&app).await;
    // The first was only slow, and answers after all: the second's answer counts.
    app.billing().end_idempotent(&dead, &answer(402)).await.unwrap();
    app.billing().end_idempotent(&alive, &answer(201)).await.unwrap();
    assert_eq!(begin(&app, "usr_1:buy", "body").await, Begun::Replay(answer(201)));
}

async fn scopes_do_not_meet(database: Database) {
    let app = App::start(database).await;
    run(&app).await;
    for scope in ["usr_2:buy", "usr_1:subscribe", "key_1:usr_1:buy"] {
        assert!(matches!(begin(&app, scope, "another").await, Begun::Run(_)), "{scope}");
    }
}

async fn kept_answers_are_forgotten_in_time(database: Database) {
    let app = App::start(database).await;
    let ticket = run(&app).await;
    app.billing().end_idempotent(&ticket, &answer(201)).await.unwrap();
    app.billing().forget_expired().await.unwrap();
    assert_eq!(begin(&app, "usr_1:buy", "body").await, Begun::Replay(answer(201)));
    let_pass(&app, "expires_at").await;
    let_pass(&app, "lease_until").await;
    assert!(matches!(begin(&app, "usr_1:buy", "another").await, Begun::Run(_)));
    let_pass(&app, "expires_at").await;
    let_pass(&app, "lease_until").await;
    app.billing().forget_expired().await.unwrap();
    assert!(matches!(begin(&app, "usr_1:buy", "third").await, Begun::Run(_)));
}

async fn kept_answers_are_forgotten_until_none_is_left(database: Database) {
    let app = App::start(database).await;
    app.billing().end_idempotent(&run(&app).await, &answer(201)).await.unwrap();
    let mut tx = app.database.db.begin().await.unwrap();
    let sql = "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 2500)
         INSERT INTO idempotency_keys (scope, idempotency_key, request_hash, lease_until, created_at, expires_at)
         SELECT 'old', CAST(n AS TEXT), 'hash', 0, 0, n FROM numbers";
    tx.run(sql, args![]).await.unwrap();
    tx.commit().await.unwrap();
    while app.billing().forget_expired().await.unwrap().unwrap() <= app.billing().wall() {}
    let sql = "SELECT COUNT(*) FROM idempotency_keys";
    let (left,): (i64,) = app.database.db.reader().one(sql, args![]).await.unwrap();
    assert_eq!(left, 1);
}

const CONSUME: &str = "/api/v1/billing/usage/consume/";

async fn over_http_the_first_answer_comes_again(database: Database) {
    let app = App::start(database).await;
    let member = app.register().await.key("one");
    let first = member.post(CONSUME, json!({"tokens": 1, "feature": "ai_request"})).await;
    assert_eq!(first.header("idempotent-replayed"), None);
    let first = first.expect(200);
    let again = member.post(CONSUME, json!({"feature": "ai_request", "tokens": 1})).await;
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(again.expect(200), first);
    member.post(CONSUME, json!({"tokens": 2})).await.problem(409, "idempotency_key_reused");
    let other = app.register().await.key("one");
    assert_eq!(other.post(CONSUME, json!({"tokens": 2})).await.header("idempotent-replayed"), None);
}

async fn over_http_an_answer_is_forgotten_in_time_also_where_nobody_has_deleted_it(database: Database) {
    let app = App::start(database).await;
    let member = app.register().await.key("one");
    member.post(CONSUME, json!({"tokens": 1})).await.expect(200);
    let_pass(&app, "expires_at").await;
    let anew = member.post(CONSUME, json!({"tokens": 2})).await;
    assert_eq!(anew.header("idempotent-replayed"), None);
    assert_eq!(anew.expect(200)["allowance"]["used"], 2);
    let again = member.post(CONSUME, json!({"tokens": 2})).await;
    assert_eq!(again.header("idempotent-replayed"), Some("true"), "and kept anew");
}

async fn a_key_is_at_most_255_characters(database: Database) {
    let app = App::start(database).await;
    let member = app.register().await;
    member.key(&"k".repeat(255)).post(CONSUME, json!({})).await.expect(200);
    let refused = member.key(&"k".repeat(256)).post(CONSUME, json!({})).await;
    assert_eq!(refused.problem(422, "invalid_request")["errors"][0]["field"], "Idempotency-Key");
    member.key("").post(CONSUME, json!({})).await.problem(422, "invalid_request");
}
