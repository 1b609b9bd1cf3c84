//! How members of a host come to our pages: by its cookie, or by a code that its backend asks for.

use serde_json::{Value, json};
use store::args;
use testkit::{App, Client, Database, Reply};

testkit::on_both_databases!(
    a_hosts_cookie_signs_in_and_a_stale_one_is_nobodys,
    another_site_cannot_use_a_hosts_cookie,
    a_code_lets_its_member_in_once,
    a_code_is_good_for_two_minutes,
    the_address_of_a_hosts_member_is_the_hosts_to_verify,
    a_code_needs_a_key_that_may_sign_in,
    a_code_of_somebody_who_has_left_lets_nobody_in,
    a_revoked_key_ends_what_it_has_opened,
    admins_and_people_of_our_own_login_get_no_code,
    the_hosts_cookie_goes_before_a_sign_in_of_somebody_else,
    the_pages_are_told_where_members_sign_in,
);

const SECRET: &str = "a secret of at least thirty-two bytes";
const ISSUER: &str = "https://host.example";
const HOST: [(&str, &str); 4] = [
    ("JWT_SECRET", SECRET),
    ("JWT_ISSUER", ISSUER),
    ("JWT_COOKIE", "host_token"),
    ("HOST_SIGN_IN_URL", "https://host.example/login?next={next}"),
];
const ME: &str = "/api/v1/auth/me/";
const CODES: &str = "/api/v1/auth/codes/";
const ENTER: &str = "/api/v1/auth/enter/";

/// `seconds` from now it ends.
fn cookie(seconds: i64) -> String {
    let exp = testkit::now().seconds() + seconds;
    let claims = json!({"iss": ISSUER, "sub": "42", "exp": exp, "email": "ada@host.example", "name": "Ada"});
    let key = jsonwebtoken::EncodingKey::from_secret(SECRET.as_bytes());
    let header = jsonwebtoken::Header::new(jsonwebtoken::Algorithm::HS256);
    format!("host_token={}", jsonwebtoken::encode(&header, &claims, &key).unwrap())
}

async fn key(app: &App, scope: &str) -> String {
    app.billing().create_service_key("backend", &[scope.to_owned()], ISSUER).await.unwrap().secret
}

async fn code(app: &App) -> Value {
    let backend = app.anyone().bearer(&key(app, "sign_in").await).header("on-behalf-of", "42");
    backend.post(CODES, json!({})).await.expect(201)
}

async fn enter(app: &App, code: &str) -> Reply {
    app.anyone().post(ENTER, json!({"code": code})).await
}

async fn a_hosts_cookie_signs_in_and_a_stale_one_is_nobodys(database: Database) {
    let app = App::start_with(database, &HOST).await;
    let member = app.anyone().header("cookie", &cookie(600));
    assert_eq!(member.get(ME).await.expect(200)["user"]["email"], "ada@host.example");
    let stale = app.anyone().header("cookie", &cookie(-600));
    assert_eq!(stale.get(ME).await.expect(401)["code"], "unauthenticated");
    stale.get("/api/v1/billing/tiers/").await.expect(200);
    let other = cookie(600).replace("host_token", "another");
    app.anyone().header("cookie", &other).get(ME).await.expect(401);
}

async fn another_site_cannot_use_a_hosts_cookie(database: Database) {
    let app = App::start_with(database, &HOST).await;
    let consume = "/api/v1/billing/usage/consume/";
    let member = app.anyone().header("cookie", &cookie(600));
    let foreign = member.header("sec-fetch-site", "cross-site");
    assert_eq!(foreign.post(consume, json!({})).await.expect(403)["code"], "not_allowed");
    let own = member.header("sec-fetch-site", "same-origin");
    own.post(consume, json!({})).await.expect(200);
}

async fn a_code_lets_its_member_in_once(database: Database) {
    let app = App::start_with(database, &HOST).await;
    let issued = code(&app).await;
    let text = issued["code"].as_str().unwrap();
    let path = format!("/enter?code={text}");
    assert!(issued["url"].as_str().unwrap().ends_with(&path), "{issued}");
    let entered = enter(&app, text).await;
    let session = entered.header("set-cookie").unwrap().to_owned();
    assert!(session.contains("Max-Age=43200") && session.contains("HttpOnly"), "{session}");
    let token = entered.expect(200)["token"].as_str().unwrap().to_owned();
    let me = app.anyone().bearer(&token).get(ME).await.expect(200);
    assert_eq!(
        me["user"]["id"],
        app.anyone().header("cookie", &cookie(600)).get(ME).await.expect(200)["user"]["id"]
    );
    assert_eq!(enter(&app, text).await.expect(422)["code"], "invalid_request");
    enter(&app, "atc_nothing").await.expect(422);
}

async fn a_code_is_good_for_two_minutes(database: Database) {
    let app = App::start_with(database, &HOST).await;
    let issued = code(&app).await;
    let until: jiff::Timestamp = issued["expires_at"].as_str().unwrap().parse().unwrap();
    let left = until.as_second() - testkit::now().seconds();
    assert!((110..=120).contains(&left), "{left} seconds");
    let mut tx = app.database.db.begin().await.unwrap();
    tx.run("UPDATE sign_in_codes SET expires_at = $1", args![testkit::now()]).await.unwrap();
    tx.commit().await.unwrap();
    enter(&app, issued["code"].as_str().unwrap()).await.expect(422);
}

async fn the_address_of_a_hosts_member_is_the_hosts_to_verify(database: Database) {
    let strict = [&HOST[..], &[("REQUIRE_VERIFIED_EMAIL", "true")]].concat();
    let app = App::start_with(database, &strict).await;
    let issued = code(&app).await;
    let entered = enter(&app, issued["code"].as_str().unwrap()).await.expect(200);
    assert_eq!(entered["user"]["email_verified"], false);
    let member = app.anyone().bearer(entered["token"].as_str().unwrap());
    member.post("/api/v1/billing/usage/consume/", json!({})).await.expect(200);
}

async fn a_code_needs_a_key_that_may_sign_in(database: Database) {
    let app = App::start_with(database, &HOST).await;
    for scope in ["usage", "read"] {
        let backend = app.anyone().bearer(&key(&app, scope).await).header("on-behalf-of", "42");
        assert_eq!(backend.post(CODES, json!({})).await.expect(403)["code"], "not_allowed");
    }
    let member = app.anyone().header("cookie", &cookie(600)).header("sec-fetch-site", "same-origin");
    member.post(CODES, json!({})).await.expect(403);
    app.anyone().post(CODES, json!({})).await.expect(401);
    let narrow = app.anyone().bearer(&key(&app, "sign_in").await).header("on-behalf-of", "42");
    narrow.get("/api/v1/billing/usage/").await.expect(403);
}

async fn a_code_of_somebody_who_has_left_lets_nobody_in(database: Database) {
    let app = App::start_with(database, &HOST).await;
    let issued = code(&app).await;
    let member: Client = app.anyone().header("cookie", &cookie(600)).header("sec-fetch-site", "same-origin");
    member.delete(ME).await.expect(204);
    enter(&app, issued["code"].as_str().unwrap()).await.expect(422);
}

async fn the_pages_are_told_where_members_sign_in(database: Database) {
    let app = App::start_with(database, &HOST).await;
    let config = app.anyone().get("/api/v1/billing/config/").await.expect(200);
    assert_eq!(config["own_login"], false);
    assert_eq!(config["host_sign_in_url"], "https://host.example/login?next={next}");
}

async fn a_revoked_key_ends_what_it_has_opened(database: Database) {
    let app = App::start_with(database, &HOST).await;
    let made = app.billing().create_service_key("backend", &["sign_in".to_owned()], ISSUER).await.unwrap();
    let backend = app.anyone().bearer(&made.secret).header("on-behalf-of", "42");
    let used = backend.post(CODES, json!({})).await.expect(201);
    let unused = backend.post(CODES, json!({})).await.expect(201);
    let entered = enter(&app, used["code"].as_str().unwrap()).await.expect(200);
    let member = app.anyone().bearer(entered["token"].as_str().unwrap());
    member.get(ME).await.expect(200);
    app.billing().revoke_service_key(made.key.id.as_str()).await.unwrap();
    member.get(ME).await.expect(401);
    enter(&app, unused["code"].as_str().unwrap()).await.expect(422);
}

async fn admins_and_people_of_our_own_login_get_no_code(database: Database) {
    let app = App::start_with(database, &HOST).await;
    code(&app).await;
    app.billing().make_admin("ada@host.example").await.unwrap_err();
    app.anyone().header("cookie", &cookie(600)).get(ME).await.expect(200);
    app.billing().make_admin("ada@host.example").await.unwrap();
    let backend = app.anyone().bearer(&key(&app, "sign_in").await).header("on-behalf-of", "42");
    assert_eq!(backend.post(CODES, json!({})).await.expect(403)["code"], "not_allowed");

    let own = App::start(Database::sqlite().await).await;
    let answer = own.register().await.get(ME).await.expect(200);
    let secret =
        own.billing().create_service_key("backend", &["sign_in".to_owned()], "local").await.unwrap().secret;
    let backend = own.anyone().bearer(&secret).header("on-behalf-of", answer["user"]["id"].as_str().unwrap());
    assert_eq!(backend.post(CODES, json!({})).await.expect(403)["code"], "not_allowed");
}

async fn the_hosts_cookie_goes_before_a_sign_in_of_somebody_else(database: Database) {
    let app = App::start_with(database, &HOST).await;
    let backend = app.anyone().bearer(&key(&app, "sign_in").await).header("on-behalf-of", "somebody else");
    let issued = backend.post(CODES, json!({})).await.expect(201);
    let entered = enter(&app, issued["code"].as_str().unwrap()).await.expect(200);
    let session = format!("allthrive_session={}", entered["token"].as_str().unwrap());
    let both = app.anyone().header("cookie", &format!("{session}; {}", cookie(600)));
    assert_eq!(both.get(ME).await.expect(200)["user"]["email"], "ada@host.example");
    let stale = app.anyone().header("cookie", &format!("{session}; {}", cookie(-600)));
    assert_eq!(stale.get(ME).await.expect(200)["user"]["id"], entered["user"]["id"]);
}
