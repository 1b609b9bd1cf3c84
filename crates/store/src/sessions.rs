//! Sign-ins, and the single-use links of verification and reset mails. Only hashes of tokens are here.

use crate::args;
use crate::db::{Query, Result, Tx};
use domain::ids::{ServiceKeyId, SessionId, UserId};
use domain::time::Timestamp;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Session,
    VerifyEmail,
    ResetPassword,
}

impl Kind {
    fn stored(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::VerifyEmail => "verify_email",
            Self::ResetPassword => "reset_password",
        }
    }
}

pub async fn insert(
    tx: &mut Tx,
    id: &SessionId,
    kind: Kind,
    token_hash: &str,
    user: &UserId,
    at: Timestamp,
    expires_at: Timestamp,
) -> Result<()> {
    tx.run_one(
        "INSERT INTO sessions (id, token_hash, user_id, kind, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6)",
        args![id, token_hash, user, kind.stored(), at, expires_at],
    )
    .await
}

/// Whose session this is, while it lasts.
pub async fn find_live(q: &mut impl Query, token_hash: &str, now: Timestamp) -> Result<Option<UserId>> {
    let sql = "SELECT user_id FROM sessions
               WHERE token_hash = $1 AND kind = 'session' AND used_at IS NULL AND expires_at > $2";
    Ok(q.opt::<(UserId,)>(sql, args![token_hash, now]).await?.map(|row| row.0))
}

/// Uses up a token: of two who come with the same one, the second gets `None`. Ending a session is the
/// same move.
pub async fn use_up(tx: &mut Tx, kind: Kind, token_hash: &str, now: Timestamp) -> Result<Option<UserId>> {
    let sql = "UPDATE sessions SET used_at = $3
               WHERE token_hash = $1 AND kind = $2 AND used_at IS NULL AND expires_at > $3
               RETURNING user_id";
    Ok(tx.opt::<(UserId,)>(sql, args![token_hash, kind.stored(), now]).await?.map(|row| row.0))
}

/// Ends whatever of this kind the user has open. Answers how many there were.
pub async fn end_all(tx: &mut Tx, kind: Kind, user: &UserId, now: Timestamp) -> Result<u64> {
    tx.run(
        "UPDATE sessions SET used_at = $3 WHERE user_id = $1 AND kind = $2 AND used_at IS NULL",
        args![user, kind.stored(), now],
    )
    .await
}

/// Notes by whose word somebody is in.
pub async fn vouch(tx: &mut Tx, token_hash: &str, key: &ServiceKeyId) -> Result<()> {
    tx.run_one("UPDATE sessions SET service_key_id = $2 WHERE token_hash = $1", args![token_hash, key]).await
}

/// Ends what a key that is revoked has opened.
pub async fn end_all_of_key(tx: &mut Tx, key: &ServiceKeyId, now: Timestamp) -> Result<u64> {
    tx.run("UPDATE sessions SET used_at = $2 WHERE service_key_id = $1 AND used_at IS NULL", args![key, now])
        .await
}

pub async fn delete_expired(tx: &mut Tx, before: Timestamp) -> Result<u64> {
    tx.run("DELETE FROM sessions WHERE expires_at < $1", args![before]).await
}
