//! Tokens of a host application: HS256 by secret, RS256 and ES256 by published keys.

use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use store::{Query as _, args};
use testkit::{App, Client, Database};
use tokio::net::TcpListener;

testkit::on_both_databases!(
    a_hosts_token_makes_its_user_on_first_use,
    claims_that_do_not_fit_are_refused,
    own_registration_is_off_with_a_host,
    an_admin_is_one_by_the_configured_claim_only,
    a_deleted_subject_is_not_revived,
    a_hosts_user_leaves_by_their_token,
    published_keys_of_both_kinds_are_believed,
    a_token_cannot_choose_its_algorithm,
);

const SECRET: &str = "a secret of at least thirty-two bytes";
const ISSUER: &str = "https://host.example";
const HS256: [(&str, &str); 4] = [
    ("JWT_SECRET", SECRET),
    ("JWT_ISSUER", ISSUER),
    ("JWT_AUDIENCE", "billing"),
    ("JWT_ADMIN_CLAIM", "app.roles=billing-admin"),
];
const ME: &str = "/api/v1/auth/me/";

fn claims() -> Value {
    let exp = testkit::now().seconds() + 600;
    json!({"iss": ISSUER, "aud": "billing", "sub": "42", "exp": exp, "email": "ada@host.example",
           "email_verified": true, "name": "Ada"})
}

fn with(name: &str, value: Value) -> Value {
    let mut claims = claims();
    claims[name] = value;
    claims
}

fn hs256(claims: &Value) -> String {
    let key = EncodingKey::from_secret(SECRET.as_bytes());
    jsonwebtoken::encode(&Header::new(Algorithm::HS256), claims, &key).unwrap()
}

fn bearer(app: &App, claims: &Value) -> Client {
    app.anyone().bearer(&hs256(claims))
}

async fn a_hosts_token_makes_its_user_on_first_use(database: Database) {
    let app = App::start_with(database, &HS256).await;
    let me = bearer(&app, &claims()).get(ME).await.expect(200);
    assert_eq!(me["user"]["email"], "ada@host.example");
    assert_eq!(me["user"]["email_verified"], true);
    assert_eq!(me["user"]["name"], "Ada");
    assert_eq!(me["session"], false, "only the host can take its token back");

    // The same subject, with news; what a token leaves out stays.
    let mut news = with("email", json!("ada@new.example"));
    news.as_object_mut().unwrap().remove("name");
    let again = bearer(&app, &news).get(ME).await.expect(200);
    assert_eq!(again["user"]["id"], me["user"]["id"]);
    assert_eq!(again["user"]["email"], "ada@new.example");
    assert_eq!(again["user"]["name"], "Ada");

    // Many at once make one user.
    let crowd: Vec<_> = (0..8)
        .map(|_| {
            let client = bearer(&app, &with("sub", json!("crowd")));
            tokio::spawn(async move { client.get(ME).await.expect(200)["user"]["id"].clone() })
        })
        .collect();
    let mut ids = vec![];
    for one in crowd {
        ids.push(one.await.unwrap());
    }
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
}

async fn claims_that_do_not_fit_are_refused(database: Database) {
    let app = App::start_with(database, &HS256).await;
    let now = testkit::now().seconds();
    let wrong = [
        with("iss", json!("https://other.example")),
        with("aud", json!("other")),
        with("aud", Value::Null),
        with("exp", json!(now - 60)),
        with("exp", Value::Null),
        with("nbf", json!(now + 600)),
        with("sub", json!("")),
        with("sub", Value::Null),
        with("sub", json!("a\u{0}b")),
        with("sub", json!("x".repeat(300))),
    ];
    for claims in wrong {
        bearer(&app, &claims).get(ME).await.problem(401, "unauthenticated");
    }
    bearer(&app, &with("aud", json!(["other", "billing"]))).get(ME).await.expect(200);
    bearer(&app, &with("sub", json!(42))).get(ME).await.expect(200);
    let forged = EncodingKey::from_secret(b"another secret of more than thirty-two bytes");
    let forged = jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims(), &forged).unwrap();
    app.anyone().bearer(&forged).get(ME).await.problem(401, "unauthenticated");
}

async fn own_registration_is_off_with_a_host(database: Database) {
    let app = App::start_with(database, &HS256).await;
    let body = json!({"email": "ada@members.example", "password": "correct horse"});
    app.anyone().post("/api/v1/auth/register/", body).await.problem(403, "not_allowed");
}

async fn an_admin_is_one_by_the_configured_claim_only(database: Database) {
    let app = App::start_with(database, &HS256).await;
    let role = async |claims: Value| bearer(&app, &claims).get(ME).await.expect(200)["user"]["role"].clone();
    assert_eq!(role(with("app", json!({"roles": ["x", "billing-admin"]}))).await, "admin");
    assert_eq!(role(with("app", json!({"roles": "billing-admin"}))).await, "admin");
    assert_eq!(role(with("app", json!({"roles": "admin"}))).await, "member");
    assert_eq!(role(with("role", json!("admin"))).await, "member");
    assert_eq!(role(claims()).await, "member");
}

async fn a_hosts_user_leaves_by_their_token(database: Database) {
    let app = App::start_with(database, &HS256).await;
    let ada = bearer(&app, &claims());
    ada.get(ME).await.expect(200);
    ada.delete(ME).await.expect(204);
    let refused = ada.get(ME).await.problem(401, "unauthenticated");
    assert_eq!(refused["detail"], "This user was deleted.");
    ada.delete(ME).await.problem(401, "unauthenticated");
    // The host's id is kept, so that its token brings nobody back, and nothing else.
    let sql = "SELECT subject, email, name FROM users WHERE deleted_at IS NOT NULL";
    let row = app.database.db.reader().one::<(String, Option<String>, String)>(sql, args![]).await.unwrap();
    assert_eq!(row, ("42".to_owned(), None, String::new()));
}

async fn a_deleted_subject_is_not_revived(database: Database) {
    let app = App::start_with(database, &HS256).await;
    bearer(&app, &claims()).get(ME).await.expect(200);
    let mut tx = app.database.db.begin().await.unwrap();
    tx.run_one("UPDATE users SET deleted_at = 1 WHERE subject = '42'", args![]).await.unwrap();
    tx.commit().await.unwrap();
    bearer(&app, &claims()).get(ME).await.problem(401, "unauthenticated");
    let mut reader = app.database.db.reader();
    let (users,) =
        reader.one::<(i64,)>("SELECT COUNT(*) FROM users WHERE subject = '42'", args![]).await.unwrap();
    assert_eq!(users, 1);
}

/// A host that publishes one key of each kind. The private halves are in `keys/`, made for this test.
struct Host {
    url: String,
    rsa: EncodingKey,
    ec: EncodingKey,
}

impl Host {
    async fn start() -> Self {
        let rsa = EncodingKey::from_rsa_pem(include_bytes!("keys/rsa.pem")).unwrap();
        let ec = EncodingKey::from_ec_pem(include_bytes!("keys/ec.pem")).unwrap();
        let published = |key: &EncodingKey, algorithm, kid: &str| {
            let mut jwk = Jwk::from_encoding_key(key, algorithm).unwrap();
            jwk.common.key_id = Some(kid.to_owned());
            jwk
        };
        let keys = vec![published(&rsa, Algorithm::RS256, "rsa"), published(&ec, Algorithm::ES256, "ec")];
        let set = serde_json::to_value(JwkSet { keys }).unwrap();
        let router = axum::Router::new()
            .route("/jwks.json", axum::routing::get(async move || axum::Json(set.clone())));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/jwks.json", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, rsa, ec }
    }

    fn token(key: &EncodingKey, algorithm: Algorithm, kid: Option<&str>) -> String {
        let mut claims = claims();
        claims.as_object_mut().unwrap().remove("aud");
        let header = Header { kid: kid.map(str::to_owned), ..Header::new(algorithm) };
        jsonwebtoken::encode(&header, &claims, key).unwrap()
    }
}

async fn published_keys_of_both_kinds_are_believed(database: Database) {
    let host = Host::start().await;
    let app = App::start_with(database, &[("JWKS_URL", &host.url), ("JWT_ISSUER", ISSUER)]).await;
    let rsa = Host::token(&host.rsa, Algorithm::RS256, Some("rsa"));
    let ec = Host::token(&host.ec, Algorithm::ES256, Some("ec"));
    for token in [&rsa, &ec] {
        app.anyone().bearer(token).get(ME).await.expect(200);
    }
    for kid in [None, Some("unknown"), Some("ec")] {
        let token = Host::token(&host.rsa, Algorithm::RS256, kid);
        app.anyone().bearer(&token).get(ME).await.problem(401, "unauthenticated");
    }
}

async fn a_token_cannot_choose_its_algorithm(database: Database) {
    let host = Host::start().await;
    let app = App::start_with(database, &[("JWKS_URL", &host.url), ("JWT_ISSUER", ISSUER)]).await;
    // Signed with what everybody can read, as if it were a secret.
    let public = EncodingKey::from_secret(include_bytes!("keys/rsa.pub.pem"));
    let confused = Host::token(&public, Algorithm::HS256, Some("rsa"));
    app.anyone().bearer(&confused).get(ME).await.problem(401, "unauthenticated");
    let none = "eyJhbGciOiJub25lIn0.eyJzdWIiOiI0MiJ9.";
    app.anyone().bearer(none).get(ME).await.problem(401, "unauthenticated");
    let unpublished = EncodingKey::from_rsa_pem(include_bytes!("keys/other_rsa.pem")).unwrap();
    let forged = Host::token(&unpublished, Algorithm::RS256, Some("rsa"));
    app.anyone().bearer(&forged).get(ME).await.problem(401, "unauthenticated");
}
