//! A host's backend, on behalf of its users.

use futures_util::future::join_all;
use std::time::Duration;
use store::args;
use store::db::{Query as _, built};
use testkit::{App, Client, Database, wait_until};

testkit::on_both_databases!(
    a_key_acts_for_the_user_it_names,
    a_key_of_a_host_makes_its_users_on_first_use,
    users_who_are_looked_up_together_are_told_apart,
    what_cannot_be_looked_up_fails_for_all_and_only_then,
    who_was_deleted_is_not_taken_for_a_wrong_key,
    a_revoked_or_unknown_key_is_refused,
    a_burst_with_one_key_notes_its_use_once,
    a_key_is_good_though_its_use_cannot_be_noted,
    a_key_does_only_what_its_scopes_say,
    a_key_must_say_for_whom_it_calls,
    a_members_own_affairs_are_not_for_keys,
);

mod silent {
    testkit::on_postgres!(a_database_that_is_silent_is_not_waited_for);

    use super::a_database_that_is_silent_is_not_waited_for;
}

async fn key(app: &App, scopes: &[&str], issuer: &str) -> billing::service_keys::CreatedKey {
    let scopes: Vec<_> = scopes.iter().map(|scope| (*scope).to_owned()).collect();
    app.billing().create_service_key("backend", &scopes, issuer).await.unwrap()
}

fn on_behalf_of(app: &App, secret: &str, subject: &str) -> Client {
    app.anyone().bearer(secret).header("on-behalf-of", subject)
}

async fn run(app: &App, sql: &str) {
    let mut tx = app.database.db.begin().await.unwrap();
    tx.run(built(sql.to_owned()), args![]).await.unwrap();
    tx.commit().await.unwrap();
}

const ENTITLEMENTS: &str = "/api/v1/billing/entitlements/";
const CONSUME: &str = "/api/v1/billing/usage/consume/";

async fn a_key_acts_for_the_user_it_names(database: Database) {
    let app = App::start(database).await;
    let member = app.register().await;
    let me = member.get("/api/v1/auth/me/").await.expect(200);
    let key = key(&app, &["usage"], "local").await;
    let service = on_behalf_of(&app, &key.secret, me["user"]["id"].as_str().unwrap());
    service.post(CONSUME, serde_json::json!({})).await.expect(200);
    let usage = member.get("/api/v1/billing/usage/").await.expect(200);
    assert_eq!(usage["today"]["ai_requests"], 1);
    let nobody = on_behalf_of(&app, &key.secret, "usr_nobody").get(ENTITLEMENTS).await;
    let told = nobody.problem(404, "not_found")["detail"].clone();
    assert!(told.as_str().unwrap().contains("issuer of your own"), "{told}");
}

async fn a_key_of_a_host_makes_its_users_on_first_use(database: Database) {
    let app = App::start(database).await;
    let key = key(&app, &["usage"], "https://host.example").await;
    for _ in 0..2 {
        let entitled = on_behalf_of(&app, &key.secret, "42").get(ENTITLEMENTS).await.expect(200);
        assert_eq!(entitled["tier_slug"], "free");
    }
    let mut reader = app.database.db.reader();
    let user = store::users::find_by_subject(&mut reader, "https://host.example", "42").await.unwrap();
    assert!(user.is_some());
}

async fn users_who_are_looked_up_together_are_told_apart(database: Database) {
    let app = App::start(database).await;
    let billing = app.billing();
    let subjects: Vec<_> = (0..300).map(|number| number.to_string()).collect();
    for made in join_all(subjects.iter().map(|subject| billing.new_user("host", subject))).await {
        made.unwrap();
    }
    run(&app, "UPDATE users SET deleted_at = 1 WHERE subject = '7'").await;
    let nobody = [("other", "7"), ("host", "new")];
    let named = subjects.iter().chain(&subjects).map(|subject| ("host", subject.as_str())).chain(nobody);
    let asked =
        named.map(async |(issuer, subject)| (issuer, subject, billing.look_up_user(issuer, subject).await));
    for (issuer, subject, answer) in join_all(asked).await {
        if (issuer, subject) == ("host", "7") {
            assert!(matches!(answer, Err(billing::users::Error::Deleted)));
            continue;
        }
        let mut reader = app.database.db.reader();
        let user = store::users::find_by_subject(&mut reader, issuer, subject).await.unwrap();
        let known = answer.unwrap().map(|known| (known.user, known.account));
        assert_eq!(known, user.map(|user| (user.id, user.account_id)), "{issuer} {subject}");
    }
}

async fn what_cannot_be_looked_up_fails_for_all_and_only_then(database: Database) {
    let app = App::start(database).await;
    let key = key(&app, &["usage"], "host").await;
    let billing = app.billing();
    run(&app, "ALTER TABLE service_keys RENAME TO away").await;
    let keys = join_all((0..40).map(|_| billing.authenticate_service_key(&key.secret))).await;
    run(&app, "ALTER TABLE away RENAME TO service_keys").await;
    run(&app, "ALTER TABLE users RENAME TO away").await;
    let subjects: Vec<_> = (0..40).map(|number| number.to_string()).collect();
    let users = join_all(subjects.iter().map(|subject| billing.look_up_user("host", subject))).await;
    run(&app, "ALTER TABLE away RENAME TO users").await;
    for (key, user) in keys.into_iter().zip(users) {
        let (key, user) = (key.unwrap_err().to_string(), user.unwrap_err().to_string());
        assert!(key.contains("service_keys") && user.contains("users"), "{key} {user}");
    }
    on_behalf_of(&app, &key.secret, "1").post(CONSUME, serde_json::json!({})).await.expect(200);
}

/// What holds the table has it until it is dropped.
async fn a_database_that_is_silent_is_not_waited_for(database: Database) {
    let app = App::start(database).await;
    let key = key(&app, &["usage"], "host").await;
    let mut holds = app.database.db.begin().await.unwrap();
    holds.run("LOCK TABLE users, service_keys IN ACCESS EXCLUSIVE MODE", args![]).await.unwrap();
    let asked = app.billing().authenticate_service_key(&key.secret);
    let looked_up = join_all(["1", "2", "3", "4"].map(|subject| app.billing().look_up_user("host", subject)));
    let ((asked, looked_up), took) = tokio::time::timeout(Duration::from_secs(35), async {
        let started = tokio::time::Instant::now();
        (tokio::join!(asked, looked_up), started.elapsed())
    })
    .await
    .expect("two of them are looked up, and two wait, and no longer than they");
    assert!(took > Duration::from_secs(15), "{took:?}");
    assert!(matches!(asked, Err(billing::Error::Store(error)) if error.is_lost()));
    for user in looked_up {
        let error = user.unwrap_err();
        assert!(
            matches!(&error, billing::users::Error::Other(billing::Error::Store(error)) if error.is_lost()),
            "{error}"
        );
    }
    drop(holds);
    on_behalf_of(&app, &key.secret, "1").post(CONSUME, serde_json::json!({})).await.expect(200);
}

async fn who_was_deleted_is_not_taken_for_a_wrong_key(database: Database) {
    let app = App::start(database).await;
    let key = key(&app, &["usage"], "https://host.example").await;
    let host = on_behalf_of(&app, &key.secret, "42");
    host.get(ENTITLEMENTS).await.expect(200);
    run(&app, "UPDATE users SET deleted_at = 1 WHERE subject = '42'").await;
    host.get(ENTITLEMENTS).await.problem(403, "account_deleted");
    host.post(CONSUME, serde_json::json!({})).await.problem(403, "account_deleted");
}

async fn a_revoked_or_unknown_key_is_refused(database: Database) {
    let app = App::start(database).await;
    let key = key(&app, &["usage"], "host").await;
    app.billing().revoke_service_key(key.key.id.as_str()).await.unwrap();
    assert!(app.billing().revoke_service_key(key.key.id.as_str()).await.is_err());
    for secret in [key.secret.as_str(), "atb_made-up"] {
        on_behalf_of(&app, secret, "42").get(ENTITLEMENTS).await.problem(401, "unauthenticated");
    }
    let keys = app.billing().list_service_keys().await.unwrap();
    assert!(keys[0].revoked_at.is_some() && keys[0].prefix.len() < key.secret.len());
}

/// From now on `then`, in PL/pgSQL and in SQLite's language, is done with each change of a service key.
async fn at_each_change(app: &App, then: &str) {
    let trigger = "CREATE TRIGGER changed BEFORE UPDATE ON service_keys";
    if app.database.is_postgres() {
        let body = format!("BEGIN {then}; RETURN NEW; END");
        run(app, &format!("CREATE FUNCTION changed() RETURNS trigger AS $$ {body} $$ LANGUAGE plpgsql"))
            .await;
        run(app, &format!("{trigger} FOR EACH ROW EXECUTE FUNCTION changed()")).await;
    } else {
        run(app, &format!("{trigger} BEGIN {then}; END")).await;
    }
}

async fn a_burst_with_one_key_notes_its_use_once(database: Database) {
    let app = App::start(database).await;
    let key = key(&app, &["usage"], "host").await;
    run(&app, "CREATE TABLE changes (number BIGINT)").await;
    at_each_change(&app, "INSERT INTO changes VALUES (1)").await;
    let billing = app.billing();
    let asked = (0..256).map(|_| billing.authenticate_service_key(&key.secret));
    for answer in join_all(asked).await {
        assert_eq!(answer.unwrap().unwrap().id, key.key.id);
    }
    let changes = async || {
        let sql = "SELECT CAST(COUNT(*) AS BIGINT) FROM changes";
        app.database.db.reader().one::<(i64,)>(sql, args![]).await.unwrap().0
    };
    wait_until("the use of the key", async || (changes().await > 0).then_some(())).await;
    billing.revoke_service_key(key.key.id.as_str()).await.unwrap();
    assert_eq!(changes().await, 2, "one for its use, one for its end");
    assert!(billing.authenticate_service_key(&key.secret).await.unwrap().is_none(), "known at once");
}

async fn a_key_is_good_though_its_use_cannot_be_noted(database: Database) {
    let app = App::start(database).await;
    let key = key(&app, &["usage"], "host").await;
    let refuse =
        if app.database.is_postgres() { "RAISE EXCEPTION 'full'" } else { "SELECT RAISE(ABORT, 'full')" };
    at_each_change(&app, refuse).await;
    on_behalf_of(&app, &key.secret, "42").get(ENTITLEMENTS).await.expect(200);
    let refused = app.billing().revoke_service_key(key.key.id.as_str()).await.unwrap_err();
    assert!(refused.to_string().contains("full"), "{refused}");
}

async fn a_key_does_only_what_its_scopes_say(database: Database) {
    let app = App::start(database).await;
    let key = key(&app, &["read"], "host").await;
    let service = on_behalf_of(&app, &key.secret, "42");
    service.get(ENTITLEMENTS).await.expect(200);
    service.post(CONSUME, serde_json::json!({})).await.problem(403, "not_allowed");
    let unknown = app.billing().create_service_key("x", &["everything".to_owned()], "host").await;
    assert!(unknown.is_err());
}

async fn a_key_must_say_for_whom_it_calls(database: Database) {
    let app = App::start(database).await;
    let key = key(&app, &["usage"], "host").await;
    let nobody = app.anyone().bearer(&key.secret);
    nobody.get(ENTITLEMENTS).await.problem(422, "invalid_request");
    nobody.header("on-behalf-of", &"x".repeat(300)).get(ENTITLEMENTS).await.problem(422, "invalid_request");
}

async fn a_members_own_affairs_are_not_for_keys(database: Database) {
    let app = App::start(database).await;
    let key = key(&app, &["usage"], "host").await;
    on_behalf_of(&app, &key.secret, "42").get("/api/v1/auth/me/").await.problem(403, "not_allowed");
}
