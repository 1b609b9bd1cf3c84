//! Our own login: it works, it is done twice, it is refused.

use serde_json::{Value, json};
use testkit::{App, Client, Database, wait_until};

testkit::on_both_databases!(
    registering_signs_in,
    an_address_is_taken_whatever_its_case,
    a_password_lets_in_and_a_wrong_one_does_not,
    an_unknown_address_is_answered_like_a_wrong_password,
    logging_out_ends_the_session_and_twice_is_no_error,
    the_cookie_serves_a_browser_and_no_other_site,
    the_link_of_the_mail_verifies_the_address_once,
    a_verification_mail_is_sent_again_and_ends_the_link_before,
    a_forgotten_password_is_replaced_by_the_link_once,
    a_forgotten_password_of_nobody_is_answered_alike,
    the_demo_user_can_sign_in,
    tries_at_one_address_are_limited,
);

const REGISTER: &str = "/api/v1/auth/register/";
const LOGIN: &str = "/api/v1/auth/login/";
const ME: &str = "/api/v1/auth/me/";

fn ada() -> Value {
    json!({"email": "Ada@Members.example", "password": "correct horse", "name": "Ada"})
}

/// The token in the newest mail with this subject.
async fn mailed_token(app: &App, subject: &str) -> String {
    wait_until("the mail is in the mailbox", async || {
        let mailbox = app.anyone().get("/mailbox.json").await.expect(200);
        let mails = mailbox["data"].as_array().unwrap();
        let mail = mails.iter().find(|mail| mail["subject"] == subject)?;
        let (_, token) = mail["text"].as_str().unwrap().split_once("?token=").unwrap();
        Some(token.split_whitespace().next().unwrap().to_owned())
    })
    .await
}

async fn log_in(app: &App, password: &str) -> testkit::Reply {
    app.anyone().post(LOGIN, json!({"email": "ada@members.example", "password": password})).await
}

async fn registering_signs_in(database: Database) {
    let app = App::start(database).await;
    let registered = app.anyone().post(REGISTER, ada()).await;
    assert!(registered.header("set-cookie").unwrap().contains("HttpOnly; SameSite=Lax"));
    let registered = registered.expect(201);
    assert_eq!(registered["user"]["email"], "Ada@Members.example");
    assert_eq!(registered["user"]["role"], "member");
    assert!(registered["user"]["id"].as_str().unwrap().starts_with("usr_"));

    let me = app.anyone().bearer(registered["token"].as_str().unwrap()).get(ME).await.expect(200);
    assert_eq!(me["user"], registered["user"]);
    assert_eq!(me["session"], true);
    app.anyone().get(ME).await.problem(401, "unauthenticated");
    app.anyone().bearer("ats_made-up").get(ME).await.problem(401, "unauthenticated");
}

async fn an_address_is_taken_whatever_its_case(database: Database) {
    let app = App::start(database).await;
    app.anyone().post(REGISTER, ada()).await.expect(201);
    let again = json!({"email": "ada@MEMBERS.example ", "password": "another password"});
    let refused = app.anyone().post(REGISTER, again).await.problem(422, "invalid_request");
    assert_eq!(refused["errors"][0]["field"], "email");
    log_in(&app, "correct horse").await.expect(200);
}

async fn a_password_lets_in_and_a_wrong_one_does_not(database: Database) {
    let app = App::start(database).await;
    app.anyone().post(REGISTER, ada()).await.expect(201);
    let signed_in = log_in(&app, "correct horse").await.expect(200);
    app.anyone().bearer(signed_in["token"].as_str().unwrap()).get(ME).await.expect(200);
    log_in(&app, "wrong horse").await.problem(401, "unauthenticated");
}

async fn an_unknown_address_is_answered_like_a_wrong_password(database: Database) {
    let app = App::start(database).await;
    app.anyone().post(REGISTER, ada()).await.expect(201);
    let wrong = log_in(&app, "wrong horse").await.problem(401, "unauthenticated");
    let body = json!({"email": "nobody@members.example", "password": "wrong horse"});
    let unknown = app.anyone().post(LOGIN, body).await.problem(401, "unauthenticated");
    assert_eq!(unknown, wrong);
}

async fn logging_out_ends_the_session_and_twice_is_no_error(database: Database) {
    let app = App::start(database).await;
    let (member, other) = (app.register().await, app.register().await);
    member.post("/api/v1/auth/logout/", json!({})).await.expect(204);
    member.get(ME).await.problem(401, "unauthenticated");
    app.anyone().post("/api/v1/auth/logout/", json!({})).await.expect(204);
    other.get(ME).await.expect(200);
}

async fn the_cookie_serves_a_browser_and_no_other_site(database: Database) {
    let app = App::start(database).await;
    let registered = app.anyone().post(REGISTER, ada()).await;
    let cookie = registered.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
    let browser: Client = app.anyone().header("cookie", &cookie);
    browser.get(ME).await.expect(200);

    let logout = "/api/v1/auth/logout/";
    let elsewhere = browser.header("origin", "https://evil.example");
    elsewhere.post(logout, json!({})).await.problem(403, "not_allowed");
    browser.header("sec-fetch-site", "cross-site").post(logout, json!({})).await.problem(403, "not_allowed");
    browser.post(logout, json!({})).await.problem(403, "not_allowed");
    browser.get(ME).await.expect(200);

    let over = browser.header("origin", &app.url).post(logout, json!({})).await;
    assert!(over.header("set-cookie").unwrap().contains("Max-Age=0"));
    over.expect(204);
    browser.get(ME).await.problem(401, "unauthenticated");
}

async fn the_link_of_the_mail_verifies_the_address_once(database: Database) {
    let app = App::start(database).await;
    let registered = app.anyone().post(REGISTER, ada()).await.expect(201);
    let member = app.anyone().bearer(registered["token"].as_str().unwrap());
    assert_eq!(member.get(ME).await.expect(200)["user"]["email_verified"], false);

    let token = mailed_token(&app, "Please verify your e-mail address").await;
    let verify = "/api/v1/auth/verify-email/";
    let verified = app.anyone().post(verify, json!({ "token": token })).await.expect(200);
    assert_eq!(verified["user"]["email_verified"], true);
    assert_eq!(member.get(ME).await.expect(200)["user"]["email_verified"], true);
    for spent in [token.as_str(), "atv_made-up", ""] {
        let refused = app.anyone().post(verify, json!({ "token": spent })).await;
        assert_eq!(refused.problem(422, "invalid_request")["errors"][0]["field"], "token");
    }
}

async fn a_verification_mail_is_sent_again_and_ends_the_link_before(database: Database) {
    let app = App::start(database).await;
    let registered = app.anyone().post(REGISTER, ada()).await.expect(201);
    let member = app.anyone().bearer(registered["token"].as_str().unwrap());
    let (again, verify) = ("/api/v1/auth/verification-mail/", "/api/v1/auth/verify-email/");
    let subject = "Please verify your e-mail address";
    let lost = mailed_token(&app, subject).await;
    member.post(again, json!({})).await.expect(202);
    let token = wait_until("another mail is there", async || {
        Some(mailed_token(&app, subject).await).filter(|token| *token != lost)
    })
    .await;
    app.anyone().post(verify, json!({ "token": lost })).await.problem(422, "invalid_request");
    app.anyone().post(verify, json!({ "token": token })).await.expect(200);

    member.post(again, json!({})).await.expect(202);
    assert_eq!(mailed_token(&app, subject).await, token, "who is verified gets no other");
    app.anyone().post(again, json!({})).await.problem(401, "unauthenticated");
}

async fn a_forgotten_password_is_replaced_by_the_link_once(database: Database) {
    let app = App::start(database).await;
    let registered = app.anyone().post(REGISTER, ada()).await.expect(201);
    let member = app.anyone().bearer(registered["token"].as_str().unwrap());

    let forgotten = json!({"email": "ADA@members.example"});
    app.anyone().post("/api/v1/auth/forgot-password/", forgotten).await.expect(202);
    let token = mailed_token(&app, "Set a new password").await;
    let reset = "/api/v1/auth/reset-password/";
    let weak = app.anyone().post(reset, json!({"token": token, "password": "short"})).await;
    assert_eq!(weak.problem(422, "invalid_request")["errors"][0]["field"], "password");
    app.anyone().post(reset, json!({"token": token, "password": "battery staple"})).await.expect(204);

    // Whoever knew the old password is out.
    member.get(ME).await.problem(401, "unauthenticated");
    log_in(&app, "correct horse").await.problem(401, "unauthenticated");
    log_in(&app, "battery staple").await.expect(200);
    let again = app.anyone().post(reset, json!({"token": token, "password": "staple battery"})).await;
    again.problem(422, "invalid_request");
}

async fn a_forgotten_password_of_nobody_is_answered_alike(database: Database) {
    let app = App::start(database).await;
    app.anyone().post(REGISTER, ada()).await.expect(201);
    let ask = async |email: &str| {
        app.anyone().post("/api/v1/auth/forgot-password/", json!({ "email": email })).await.expect(202)
    };
    assert_eq!(ask("ada@members.example").await, ask("nobody@members.example").await);
    mailed_token(&app, "Set a new password").await;
    let mailbox = app.anyone().get("/mailbox.json").await.expect(200).to_string();
    assert!(!mailbox.contains("nobody@members.example"), "{mailbox}");
}

async fn the_demo_user_can_sign_in(database: Database) {
    let app = App::start(database).await.restart().await;
    let body = json!({"email": "demo@allthrive.example", "password": "demo-password"});
    let signed_in = app.anyone().post(LOGIN, body).await.expect(200);
    assert_eq!(signed_in["user"]["email_verified"], true);
}

async fn tries_at_one_address_are_limited(database: Database) {
    let app = App::start(database).await;
    let body = json!({"email": "victim@members.example"});
    let mut last = app.anyone().post("/api/v1/auth/forgot-password/", body.clone()).await;
    for _ in 0..40 {
        last = app.anyone().post("/api/v1/auth/forgot-password/", body.clone()).await;
    }
    assert!(last.header("retry-after").is_some());
    last.problem(429, "rate_limited");
    let other = json!({"email": "other@members.example"});
    app.anyone().post("/api/v1/auth/forgot-password/", other).await.expect(202);
}
