//! Codes by which a host's member comes to our pages. Only their hashes are here.

use crate::args;
use crate::db::{Query as _, Result, Tx};
use domain::ids::UserId;
use domain::time::Timestamp;

pub async fn insert(
    tx: &mut Tx,
    code_hash: &str,
    user: &UserId,
    at: Timestamp,
    expires_at: Timestamp,
) -> Result<()> {
    tx.run_one(
        "INSERT INTO sign_in_codes (code_hash, user_id, created_at, expires_at) VALUES ($1, $2, $3, $4)",
        args![code_hash, user, at, expires_at],
    )
    .await
}

/// Uses up a code: of two who come with the same one, the second gets `None`.
pub async fn use_up(tx: &mut Tx, code_hash: &str, now: Timestamp) -> Result<Option<UserId>> {
    let sql = "UPDATE sign_in_codes SET used_at = $2
               WHERE code_hash = $1 AND used_at IS NULL AND expires_at > $2 RETURNING user_id";
    Ok(tx.opt::<(UserId,)>(sql, args![code_hash, now]).await?.map(|row| row.0))
}

/// Ends whatever the user has open. Answers how many there were.
pub async fn end_all(tx: &mut Tx, user: &UserId, now: Timestamp) -> Result<u64> {
    tx.run("UPDATE sign_in_codes SET used_at = $2 WHERE user_id = $1 AND used_at IS NULL", args![user, now])
        .await
}

pub async fn delete_expired(tx: &mut Tx, before: Timestamp) -> Result<u64> {
    tx.run("DELETE FROM sign_in_codes WHERE expires_at < $1", args![before]).await
}
