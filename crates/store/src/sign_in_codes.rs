//! Codes by which a host's member comes to our pages. Only their hashes are here.

use crate::args;
use crate::db::{Query as _, Result, Tx};
use domain::ids::{ServiceKeyId, UserId};
use domain::time::Timestamp;

pub async fn insert(
    tx: &mut Tx,
    code_hash: &str,
    user: &UserId,
    key: &ServiceKeyId,
    at: Timestamp,
    expires_at: Timestamp,
) -> Result<()> {
    tx.run_one(
        "INSERT INTO sign_in_codes (code_hash, user_id, service_key_id, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5)",
        args![code_hash, user, key, at, expires_at],
    )
    .await
}

/// Uses up a code: whom it is for, and which key vouches for them. Of two who come with it, the second gets `None`.
pub async fn use_up(tx: &mut Tx, code_hash: &str, now: Timestamp) -> Result<Option<(UserId, ServiceKeyId)>> {
    let sql = "UPDATE sign_in_codes SET used_at = $2
               WHERE code_hash = $1 AND used_at IS NULL AND expires_at > $2 RETURNING user_id, service_key_id";
    tx.opt(sql, args![code_hash, now]).await
}

/// Ends whatever the user has open. Answers how many there were.
pub async fn end_all(tx: &mut Tx, user: &UserId, now: Timestamp) -> Result<u64> {
    tx.run("UPDATE sign_in_codes SET used_at = $2 WHERE user_id = $1 AND used_at IS NULL", args![user, now])
        .await
}

/// Ends what a key that is revoked has asked for.
pub async fn end_all_of_key(tx: &mut Tx, key: &ServiceKeyId, now: Timestamp) -> Result<u64> {
    let sql = "UPDATE sign_in_codes SET used_at = $2 WHERE service_key_id = $1 AND used_at IS NULL";
    tx.run(sql, args![key, now]).await
}

pub async fn delete_expired(tx: &mut Tx, before: Timestamp) -> Result<u64> {
    tx.run("DELETE FROM sign_in_codes WHERE expires_at < $1", args![before]).await
}
