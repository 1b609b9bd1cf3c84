//! What requests under an Idempotency-Key were answered. `billing::idempotency` says what the columns mean.

use crate::db::{Query, Result, Rows, Tx, Type, Writes, built};
use crate::{args, row};
use domain::time::Timestamp;

row! {
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Entry {
        request_hash: String,
        attempt: i64,
        lease_until: Timestamp,
        /// HTTP status of the kept answer; `None` while the request runs.
        status: Option<i64>,
        content_type: Option<String>,
        body: Option<String>,
        expires_at: Timestamp,
    }
}

impl Entry {
    /// Whether it counts no more, although nobody has come by to delete it.
    pub fn has_expired(&self, now: Timestamp) -> bool {
        self.expires_at <= now && self.lease_until <= now
    }
}

/// False when there is an entry under this key already.
pub async fn insert(
    tx: &mut Tx,
    scope: &str,
    key: &str,
    request_hash: &str,
    now: Timestamp,
    lease_until: Timestamp,
    expires_at: Timestamp,
) -> Result<bool> {
    let inserted = tx
        .run(
            "INSERT INTO idempotency_keys
                 (scope, idempotency_key, request_hash, attempt, lease_until, created_at, expires_at)
             VALUES ($1, $2, $3, 1, $4, $5, $6) ON CONFLICT DO NOTHING",
            args![scope, key, request_hash, lease_until, now, expires_at],
        )
        .await?;
    Ok(inserted == 1)
}

pub async fn lock(tx: &mut Tx, scope: &str, key: &str) -> Result<Option<Entry>> {
    let sql = tx.locked(
        "SELECT request_hash, attempt, lease_until, status, content_type, body, expires_at
         FROM idempotency_keys WHERE scope = $1 AND idempotency_key = $2",
    );
    tx.opt(sql, args![scope, key]).await
}

/// Starts over under this key, as its next attempt.
pub async fn take_over(
    tx: &mut Tx,
    scope: &str,
    key: &str,
    request_hash: &str,
    attempt: i64,
    lease_until: Timestamp,
    expires_at: Timestamp,
) -> Result<()> {
    tx.run_one(
        "UPDATE idempotency_keys
         SET request_hash = $3, attempt = $4, lease_until = $5, expires_at = $6,
             status = NULL, content_type = NULL, body = NULL
         WHERE scope = $1 AND idempotency_key = $2",
        args![scope, key, request_hash, attempt, lease_until, expires_at],
    )
    .await
}

/// Keeps the answer. False when another attempt has taken over: its answer counts.
pub async fn keep(
    tx: &mut Tx,
    scope: &str,
    key: &str,
    attempt: i64,
    status: i64,
    content_type: &str,
    body: &str,
) -> Result<bool> {
    let kept = tx
        .run(
            "UPDATE idempotency_keys SET status = $4, content_type = $5, body = $6
             WHERE scope = $1 AND idempotency_key = $2 AND attempt = $3 AND status IS NULL",
            args![scope, key, attempt, status, content_type, body],
        )
        .await?;
    Ok(kept == 1)
}

/// Ends the attempt's lease at once, so that the same key may try again.
pub async fn release(tx: &mut Tx, scope: &str, key: &str, attempt: i64, now: Timestamp) -> Result<()> {
    tx.run(
        "UPDATE idempotency_keys SET lease_until = $4
         WHERE scope = $1 AND idempotency_key = $2 AND attempt = $3 AND status IS NULL",
        args![scope, key, attempt, now],
    )
    .await
    .map(drop)
}

const KEPT_ROW: [(&str, Type); 4] =
    [("scope", Type::Text), ("key", Type::Text), ("hash", Type::Text), ("body", Type::Text)];

row! {
    /// An answer that is kept under a key.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Kept {
        scope: String,
        idempotency_key: String,
        request_hash: String,
        body: Option<String>,
    }
}

const KEY_ROW: [(&str, Type); 2] = [("scope", Type::Text), ("key", Type::Text)];

/// Answers that are kept at `now` under these keys (scope and key). Where none is, there is no row.
pub async fn kept(q: &mut impl Query, keys: &[(&str, &str)], now: Timestamp) -> Result<Vec<Kept>> {
    let keys = keys.iter().map(|&(scope, key)| [scope.into(), key.into()]);
    let sql = "SELECT k.scope, k.idempotency_key, k.request_hash, k.body
         FROM $rows JOIN idempotency_keys k ON k.scope = source.scope AND k.idempotency_key = source.key
         WHERE k.expires_at > $1";
    q.all_with(sql, args![now], &Rows::new(&KEY_ROW, keys)).await
}

/// Keeps answers (scope, key, request hash, body), each in the place of one that does not count any more at `now`. One that
/// does stays, and is a row too few, unless whoever writes has `seen` it.
pub fn keep_all(
    writes: &mut Writes,
    answers: &[(&str, &str, &str, String)],
    seen: bool,
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<()> {
    let rows = answers.iter().map(|(scope, key, hash, body)| {
        [(*scope).into(), (*key).into(), (*hash).into(), body.as_str().into()]
    });
    let sql =
        "INSERT INTO idempotency_keys (scope, idempotency_key, request_hash, attempt, lease_until, status,
             content_type, body, created_at, expires_at)
         $values(source.scope, source.key, source.hash, 1, $1, 200, 'application/json', source.body, $1, $2)
         ON CONFLICT (scope, idempotency_key) DO UPDATE SET request_hash = excluded.request_hash,
             body = excluded.body, created_at = excluded.created_at, expires_at = excluded.expires_at
         WHERE $3 OR idempotency_keys.expires_at <= excluded.created_at";
    writes.add_with(sql, &args![now, expires_at, seen], &Rows::new(&KEPT_ROW, rows))
}

/// Ends every lease. Only where no other process can hold one: at the start on an embedded database.
pub async fn end_leases(tx: &mut Tx) -> Result<u64> {
    tx.run(END_LEASES, args![]).await
}

// Of a busy day's millions of keys nearly all are answered: those that are not have an index of their own.
const END_LEASES: &str =
    "UPDATE idempotency_keys SET lease_until = 0 WHERE status IS NULL AND lease_until <> 0";

/// Deletes `most` of those that do not count any more, and answers whether there may be others. A busy hour leaves hundreds
/// of thousands, and on SQLite nobody else writes until the transaction has ended.
pub async fn delete_expired(tx: &mut Tx, now: Timestamp, most: u32) -> Result<bool> {
    let expired = tx.locked_free(
        "SELECT scope, idempotency_key FROM idempotency_keys WHERE expires_at <= $1 AND lease_until <= $1
         ORDER BY expires_at LIMIT $2",
    );
    let sql =
        format!("DELETE FROM idempotency_keys WHERE (scope, idempotency_key) IN ({})", expired.as_str());
    let deleted = tx.run(built(sql), args![now, i64::from(most)]).await?;
    Ok(deleted == u64::from(most))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Db, migrations};

    /// A day's keys would be looked at one by one before the program takes its first request.
    #[tokio::test]
    async fn the_start_looks_at_no_key_that_was_answered() {
        let folder = std::env::temp_dir().join(format!("allthrive-keys-{}", std::process::id()));
        let db = Db::open(&format!("sqlite:{}", folder.join("billing.db").display())).await.unwrap();
        migrations::migrate(&db, Timestamp(0)).await.unwrap();
        let sql = built(format!("EXPLAIN QUERY PLAN {END_LEASES}"));
        let plan: Vec<(i64, i64, i64, String)> = db.reader().all(sql, args![]).await.unwrap();
        let steps: Vec<_> = plan.iter().map(|(.., step)| step.as_str()).collect();
        assert!(matches!(steps[..], [step] if step.contains("idempotency_keys_unanswered")), "{steps:?}");
        db.close().await;
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
