//! Answers that are kept under an Idempotency-Key, and how they are forgotten.

use super::begin;
use domain::time::Timestamp;
use store::idempotency_keys::delete_expired;
use store::{Query, Tx, args};
use testkit::Database;

testkit::on_both_databases!(what_has_expired_is_forgotten_a_part_at_a_time_and_the_oldest_first,);

/// Numbered keys that each expire at their number. The last one's request still runs.
pub(super) async fn with_keys(database: &Database, count: i64) -> Tx {
    let mut tx = begin(database).await;
    for number in 1..=count {
        let lease_until = if number == count { i64::MAX } else { 0 };
        let sql = "INSERT INTO idempotency_keys
                 (scope, idempotency_key, request_hash, lease_until, created_at, expires_at)
             VALUES ('scope', $1, 'hash', $2, 0, $3)";
        tx.run_one(sql, args![number.to_string(), lease_until, number]).await.unwrap();
    }
    tx.commit().await.unwrap();
    begin(database).await
}

pub(super) async fn kept(tx: &mut Tx) -> Vec<String> {
    let sql = "SELECT idempotency_key FROM idempotency_keys ORDER BY expires_at";
    tx.all::<(String,)>(sql, args![]).await.unwrap().into_iter().map(|(key,)| key).collect()
}

async fn what_has_expired_is_forgotten_a_part_at_a_time_and_the_oldest_first(database: Database) {
    let mut tx = with_keys(&database, 7).await;
    assert!(delete_expired(&mut tx, Timestamp(5), 3).await.unwrap(), "there may be more");
    assert_eq!(kept(&mut tx).await, ["4", "5", "6", "7"]);
    assert!(!delete_expired(&mut tx, Timestamp(5), 3).await.unwrap());
    assert_eq!(kept(&mut tx).await, ["6", "7"]);
    assert!(!delete_expired(&mut tx, Timestamp(7), 3).await.unwrap());
    assert_eq!(kept(&mut tx).await, ["7"], "while a request runs, its key stays");
}
