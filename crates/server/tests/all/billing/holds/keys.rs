//! Which service key may end a hold, and holds under an idempotency key.

use super::super::support::{
    at, backend, balance, books_agree, buy, consume, count, run_sql, shop, wait_for_tokens,
};
use super::{capture, has, held, hold, void, with_tokens_only};
use billing::holds::{Named, VoidHold};
use domain::ids::{AccountId, HoldId, ServiceKeyId};
use futures_util::future::join_all;
use serde_json::json;
use store::{Query as _, args};
use testkit::Database;

testkit::on_both_databases!(
    a_hold_is_ended_only_by_the_key_that_made_it,
    once_a_key_is_revoked_another_of_its_host_ends_its_holds,
    a_hold_under_a_key_is_made_once,
    a_retry_under_a_key_gets_the_hold_as_it_is_by_then,
    the_first_retry_of_a_capture_under_a_key_is_told_so,
    what_was_not_paid_is_held_anew_under_its_key,
);

async fn a_hold_is_ended_only_by_the_key_that_made_it(database: Database) {
    let app = shop(database).await;
    let (member, mine) = with_tokens_only(&app).await;
    let (other_member, another_account) = with_tokens_only(&app).await;
    let another_key = backend(&app, &member).await;
    let id = held(&mine, 4_000).await;
    for stranger in [&another_key, &another_account] {
        capture(stranger, &id, 10).await.problem(404, "not_found");
        void(stranger, &id).await.problem(404, "not_found");
    }
    for (who, path) in [(&member, format!("holds/{id}/void/")), (&member, "holds/".to_owned())] {
        who.post(&at(&path), json!({})).await.problem(403, "not_allowed");
    }
    // What the chat holds is nobody's to end.
    run_sql(&app, "UPDATE token_holds SET service_key_id = NULL").await;
    void(&mine, &id).await.problem(404, "not_found");
    has(&member, 96_000, 4_000, 0).await;
    has(&other_member, 100_000, 0, 0).await;
    let looks = app.billing().create_service_key("looks", &["read".to_owned()], "local").await.unwrap();
    let looks = app.anyone().bearer(&looks.secret).header("on-behalf-of", "usr_nobody");
    looks.post(&at("holds/"), json!({"tokens": 1})).await.problem(403, "not_allowed");
}

async fn once_a_key_is_revoked_another_of_its_host_ends_its_holds(database: Database) {
    let app = shop(database).await;
    let (member, old) = with_tokens_only(&app).await;
    let new = backend(&app, &member).await;
    let (captured, voided) = (held(&old, 4_000).await, held(&old, 4_000).await);
    capture(&new, &captured, 812).await.problem(404, "not_found");
    let of_first = "SELECT MIN(service_key_id) FROM token_holds";
    let (revoked,) = app.database.db.reader().one::<(String,)>(of_first, args![]).await.unwrap();
    app.billing().revoke_service_key(&revoked).await.unwrap();
    let me = member.get("/api/v1/auth/me/").await.expect(200)["user"]["id"].clone();
    let scopes = ["usage".to_owned()];
    let key = app.billing().create_service_key("other", &scopes, "https://other.example").await.unwrap();
    let other = app.anyone().bearer(&key.secret).header("on-behalf-of", me.as_str().unwrap());
    for id in [&captured, &voided] {
        capture(&other, id, 812).await.problem(404, "not_found");
        void(&other, id).await.problem(404, "not_found");
    }
    // Nor does it help to be given the account.
    let other = ServiceKeyId::from_stored(key.key.id.as_str());
    let account = balance(&member).await["account_id"].as_str().unwrap().to_owned();
    let named = Named {
        account: AccountId::from_stored(account),
        owner: Some(other),
        hold: HoldId::from_stored(&captured),
    };
    let refused = app.billing().void_hold(VoidHold { named, key: None }).await;
    assert!(matches!(refused, Err(billing::Error::NotFound)), "{refused:?}");
    assert_eq!(capture(&new, &captured, 812).await.expect(200)["hold"]["paid"], 812);
    void(&new, &voided).await.expect(200);
    has(&member, 99_188, 0, 0).await;
    books_agree(&app).await;
}

async fn a_hold_under_a_key_is_made_once(database: Database) {
    let app = shop(database).await;
    let (member, backend) = with_tokens_only(&app).await;
    let keyed = backend.key("once");
    let replies = join_all((0..16).map(|_| hold(&keyed, 4_000))).await;
    assert!(replies.iter().all(|reply| reply.status == 201 && reply.body == replies[0].body));
    let first = replies.iter().filter(|reply| reply.header("idempotent-replayed").is_none()).count();
    assert_eq!(first, 1);
    hold(&keyed, 4_001).await.problem(409, "idempotency_key_reused");
    has(&member, 96_000, 4_000, 0).await;

    let id = replies[0].body["hold"]["id"].as_str().unwrap();
    let captured = capture(&keyed, id, 812).await.expect(200);
    consume(&member).await.expect(200);
    let again = capture(&keyed, id, 812).await;
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(again.expect(200), captured, "as it was then");
    capture(&keyed, id, 813).await.problem(409, "idempotency_key_reused");
    // A refusal is not kept.
    let late = backend.key("late");
    hold(&late, 200_000).await.problem(403, "out_of_tokens");
    buy(&member, "power").await;
    hold(&late, 200_000).await.expect(201);
    books_agree(&app).await;
}

async fn a_retry_under_a_key_gets_the_hold_as_it_is_by_then(database: Database) {
    let app = shop(database).await;
    let (member, backend) = with_tokens_only(&app).await;
    let keyed = backend.key("once");
    let made = hold(&keyed, 4_000).await.expect(201);
    let retried = async || {
        let reply = hold(&keyed, 4_000).await;
        assert_eq!(reply.header("idempotent-replayed"), Some("true"));
        reply.expect(201)
    };
    held(&backend, 1_000).await;
    let again = retried().await;
    assert_eq!((&again["hold"], &again["balance"]["held"]), (&made["hold"], &json!(5_000)));
    let captured = capture(&backend, made["hold"]["id"].as_str().unwrap(), 812).await.expect(200);
    assert_eq!(retried().await, captured, "it was done, and paid");
    assert_eq!(count(&app, "SELECT COUNT(*) FROM token_holds").await, 2);
    has(&member, 98_188, 1_000, 0).await;
    books_agree(&app).await;
}

/// Its hold shows that it was captured before its key is looked at.
async fn the_first_retry_of_a_capture_under_a_key_is_told_so(database: Database) {
    let app = shop(database).await;
    let (_, backend) = with_tokens_only(&app).await;
    let id = held(&backend, 4_000).await;
    let keyed = backend.key("once");
    let captured = capture(&keyed, &id, 812).await.expect(200);
    let again = capture(&keyed, &id, 812).await;
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(again.expect(200), captured);
}

async fn what_was_not_paid_is_held_anew_under_its_key(database: Database) {
    let app = shop(database).await;
    let (member, backend) = with_tokens_only(&app).await;
    let keyed = backend.key("once");
    let first = held(&keyed, 4_000).await;
    void(&backend, &first).await.expect(200);
    let again = join_all((0..8).map(|_| hold(&keyed, 4_000))).await;
    let second = again[0].body["hold"]["id"].as_str().unwrap();
    assert!(second != first && again.iter().all(|reply| reply.body["hold"] == again[0].body["hold"]));
    let new = again.iter().filter(|reply| reply.header("idempotent-replayed").is_none()).count();
    assert_eq!(new, 1, "one of them");
    has(&member, 96_000, 4_000, 0).await;
    app.advance(310).await;
    let third = hold(&keyed, 4_000).await.expect(201)["hold"].clone();
    assert_eq!(third["status"], "held");
    assert_ne!(third["id"], json!(second), "whether or not it was given back yet");
    capture(&backend, third["id"].as_str().unwrap(), 812).await.expect(200);
    assert_eq!(hold(&keyed, 4_000).await.expect(201)["hold"]["status"], "captured");
    wait_for_tokens(&member, 99_188).await;
    has(&member, 99_188, 0, 0).await;
    books_agree(&app).await;
}
