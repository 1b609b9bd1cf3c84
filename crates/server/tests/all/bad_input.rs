//! What cannot be understood is a 4xx problem with a code, and changes nothing.

use serde_json::{Value, json};
use store::{Query as _, args};
use testkit::{App, Database};

testkit::on_both_databases!(
    bad_bodies_are_named_and_change_nothing,
    what_is_no_json_is_refused,
    what_is_too_large_is_refused,
    unknown_paths_and_methods_are_problems,
    a_trailing_slash_may_be_left_out,
);

async fn users(app: &App) -> i64 {
    let mut reader = app.database.db.reader();
    reader.one::<(i64,)>("SELECT COUNT(*) FROM users", args![]).await.unwrap().0
}

fn register(email: &Value, password: &Value) -> Value {
    json!({"email": email, "password": password})
}

async fn bad_bodies_are_named_and_change_nothing(database: Database) {
    let app = App::start(database).await;
    let before = users(&app).await;
    let good = ("ada@members.example", "correct horse");
    let cases = [
        (json!({}), "email"),
        (json!({"email": good.0}), "password"),
        (json!({"email": good.0, "password": good.1, "role": "admin"}), "role"),
        (json!({"email": good.0, "password": good.1, "name": 5}), "name"),
        (json!({"email": good.0, "password": good.1, "name": "two\nlines"}), "name"),
        (register(&json!(null), &json!(good.1)), "email"),
        (register(&json!(["a"]), &json!(good.1)), "email"),
        (register(&json!("nobody"), &json!(good.1)), "email"),
        (register(&json!("a@b.example\u{0}"), &json!(good.1)), ""),
        (register(&json!(format!("{}@b.example", "a".repeat(300))), &json!(good.1)), "email"),
        (register(&json!(good.0), &json!("short")), "password"),
        (register(&json!(good.0), &json!("x".repeat(300))), "password"),
        (register(&json!(good.0), &json!(12_345_678)), "password"),
        (json!([]), ""),
        (json!("text"), ""),
        (json!(null), ""),
    ];
    for (body, field) in cases {
        let refused = app.anyone().post("/api/v1/auth/register/", body.clone()).await;
        let refused = refused.problem(422, "invalid_request");
        assert_eq!(refused["errors"][0]["field"], field, "{body}");
    }
    for path in ["login", "verify-email", "forgot-password", "reset-password"] {
        let path = format!("/api/v1/auth/{path}/");
        app.anyone().post(&path, json!({"unknown": 1})).await.problem(422, "invalid_request");
    }
    assert_eq!(users(&app).await, before);
}

async fn what_is_no_json_is_refused(database: Database) {
    let app = App::start(database).await;
    let path = "/api/v1/auth/register/";
    for bytes in [&b"{"[..], b"{\"email\":}", b"\xff\xfe", "[".repeat(10_000).as_bytes()] {
        app.anyone().post_bytes(path, "application/json", bytes).await.problem(400, "invalid_json");
    }
    let form = app.anyone().post_form(path, &[("email", "a@b.example")]).await;
    form.problem(415, "unsupported_media_type");
}

async fn what_is_too_large_is_refused(database: Database) {
    let app = App::start(database).await;
    let body = json!({"email": "a@b.example", "password": "x".repeat(70_000)});
    app.anyone().post("/api/v1/auth/register/", body).await.problem(413, "payload_too_large");
}

async fn unknown_paths_and_methods_are_problems(database: Database) {
    let app = App::start(database).await;
    app.anyone().get("/api/v1/nowhere/").await.problem(404, "not_found");
    app.anyone().get("/nowhere").await.problem(404, "not_found");
    app.anyone().get("/api/v1/auth/register/").await.problem(405, "method_not_allowed");
    app.anyone()
        .header("authorization", "Basic YTpi")
        .get("/api/v1/auth/me/")
        .await
        .problem(401, "unauthenticated");
    app.anyone().bearer("no.such.token").get("/api/v1/auth/me/").await.problem(401, "unauthenticated");
}

async fn a_trailing_slash_may_be_left_out(database: Database) {
    let app = App::start(database).await;
    let member = app.register().await;
    assert_eq!(
        member.get("/api/v1/auth/me").await.expect(200),
        member.get("/api/v1/auth/me/?x=1").await.expect(200)
    );
}
