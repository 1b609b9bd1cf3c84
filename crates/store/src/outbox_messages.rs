//! Messages to people and to the host application: written with the change that they tell of, sent afterwards
//! under a lease.

use crate::db::{Query, Result, Tx};
use crate::{args, row};
use domain::ids::{AccountId, MessageId};
use domain::time::Timestamp;

row! {
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Message {
        id: MessageId,
        /// `email` or `webhook`.
        kind: String,
        /// A mail's address; empty once it is forgotten, and for a webhook.
        recipient: String,
        /// A webhook's type.
        subject: String,
        /// A webhook's payload.
        body_text: String,
        body_html: String,
        /// `pending`, `sent` or `failed` (given up).
        status: String,
        attempts: i64,
        created_at: Timestamp,
        sent_at: Option<Timestamp>,
        last_error: Option<String>,
        /// What the host application answered last.
        response_status: Option<i64>,
    }
}

#[derive(Debug)]
pub struct NewMessage<'a> {
    pub id: &'a MessageId,
    /// Whose news it is; `None` for somebody without an account.
    pub account: Option<&'a AccountId>,
    pub kind: &'a str,
    pub recipient: &'a str,
    pub subject: &'a str,
    pub body_text: &'a str,
    pub body_html: &'a str,
    /// The same news under the same key is told once.
    pub dedupe_key: Option<&'a str>,
}

const COLUMNS: &str =
    "id, kind, recipient, subject, body_text, body_html, status, attempts, created_at, sent_at, last_error,
    response_status";

/// False when a message with the same dedupe key is there already.
pub async fn insert(tx: &mut Tx, new: &NewMessage<'_>, now: Timestamp) -> Result<bool> {
    let inserted = tx
        .run(
            "INSERT INTO outbox_messages (id, kind, recipient, subject, body_text, body_html, dedupe_key,
                                          created_at, next_attempt_at, account_id)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8, $9) ON CONFLICT (dedupe_key) DO NOTHING",
            args![
                new.id,
                new.kind,
                new.recipient,
                new.subject,
                new.body_text,
                new.body_html,
                new.dedupe_key,
                now,
                new.account
            ],
        )
        .await?;
    Ok(inserted == 1)
}

/// Takes the next message of this kind that is due, until `lease_until`; counts the attempt.
pub async fn lease_next(
    tx: &mut Tx,
    kind: &str,
    now: Timestamp,
    lease_until: Timestamp,
) -> Result<Option<Message>> {
    let next = tx.locked_free(
        "SELECT id FROM outbox_messages
         WHERE kind = $2 AND status = 'pending' AND next_attempt_at <= $1
             AND (lease_until IS NULL OR lease_until <= $1)
         ORDER BY next_attempt_at, id LIMIT 1",
    );
    let Some((id,)) = tx.opt::<(MessageId,)>(next, args![now, kind]).await? else { return Ok(None) };
    let sql = crate::db::built(format!(
        "UPDATE outbox_messages SET lease_until = $2, attempts = attempts + 1 WHERE id = $1
         RETURNING {COLUMNS}"
    ));
    tx.opt(sql, args![id, lease_until]).await
}

/// When the worker of this kind has to look again by itself; `None` when nothing is pending.
pub async fn next_due(q: &mut impl Query, kind: &str) -> Result<Option<Timestamp>> {
    let sql = "SELECT MIN(CASE WHEN lease_until > next_attempt_at THEN lease_until ELSE next_attempt_at END)
               FROM outbox_messages WHERE kind = $1 AND status = 'pending'";
    Ok(q.one::<(Option<Timestamp>,)>(sql, args![kind]).await?.0)
}

pub async fn set_sent(
    tx: &mut Tx,
    id: &MessageId,
    response_status: Option<i64>,
    at: Timestamp,
) -> Result<()> {
    let sql = "UPDATE outbox_messages
         SET status = 'sent', sent_at = $2, lease_until = NULL, last_error = NULL, response_status = $3
         WHERE id = $1";
    tx.run_one(sql, args![id, at, response_status]).await
}

/// What was sent need not be kept.
pub async fn forget_body(tx: &mut Tx, id: &MessageId) -> Result<()> {
    tx.run_one("UPDATE outbox_messages SET body_text = '', body_html = '' WHERE id = $1", args![id]).await
}

/// Tries again at `next_attempt_at`, or never, with `None`.
pub async fn set_failed(
    tx: &mut Tx,
    id: &MessageId,
    error: &str,
    response_status: Option<i64>,
    next_attempt_at: Option<Timestamp>,
) -> Result<()> {
    tx.run_one(
        "UPDATE outbox_messages
         SET last_error = $2, lease_until = NULL, next_attempt_at = COALESCE($3, next_attempt_at),
             status = CASE WHEN $4 THEN 'pending' ELSE 'failed' END, response_status = $5
         WHERE id = $1",
        args![id, error, next_attempt_at, next_attempt_at.is_some(), response_status],
    )
    .await
}

/// The newest messages of this kind, newest first.
pub async fn newest(q: &mut impl Query, kind: &str, limit: i64) -> Result<Vec<Message>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM outbox_messages WHERE kind = $1 ORDER BY created_at DESC, id DESC LIMIT $2"
    );
    q.all(crate::db::built(sql), args![kind, limit]).await
}

/// Of one kind in one status, newest first.
pub async fn in_status(q: &mut impl Query, kind: &str, status: &str, limit: i64) -> Result<Vec<Message>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM outbox_messages WHERE kind = $1 AND status = $2
         ORDER BY created_at DESC, id DESC LIMIT $3"
    );
    q.all(crate::db::built(sql), args![kind, status, limit]).await
}

/// Puts a message back to pending with all its attempts before it; false when there is none of this kind, or it
/// has been forgotten.
pub async fn replay(tx: &mut Tx, kind: &str, id: &MessageId, now: Timestamp) -> Result<bool> {
    let sql = "UPDATE outbox_messages
         SET status = 'pending', attempts = 0, next_attempt_at = $3, lease_until = NULL, sent_at = NULL
         WHERE kind = $1 AND id = $2 AND body_text <> ''";
    Ok(tx.run(sql, args![kind, id, now]).await? == 1)
}

/// The same for every message of this kind that was given up.
pub async fn replay_failed(tx: &mut Tx, kind: &str, now: Timestamp) -> Result<u64> {
    let sql = "UPDATE outbox_messages
         SET status = 'pending', attempts = 0, next_attempt_at = $2, lease_until = NULL
         WHERE kind = $1 AND status = 'failed' AND body_text <> ''";
    tx.run(sql, args![kind, now]).await
}

/// Everything that was told to this account by mail, newest first, those before the id `cursor`.
pub async fn of_account(
    q: &mut impl Query,
    account: &AccountId,
    cursor: Option<&str>,
    limit: i64,
) -> Result<Vec<Message>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM outbox_messages
         WHERE account_id = $1 AND kind = 'email' AND ($2 IS NULL OR id < $2) ORDER BY id DESC LIMIT $3"
    );
    q.all(crate::db::built(sql), args![account, cursor.map(str::to_owned), limit]).await
}

/// Forgets address and words of everything that was mailed, or is still to be mailed, to this account or to
/// this address. What is left is that it was told.
pub async fn forget_person(tx: &mut Tx, account: &AccountId, address: &str) -> Result<()> {
    let sql = "UPDATE outbox_messages SET recipient = '', subject = '', body_text = '', body_html = '',
             last_error = NULL, status = CASE WHEN status = 'pending' THEN 'failed' ELSE status END
         WHERE kind = 'email' AND (account_id = $1 OR recipient = $2)";
    tx.run(sql, args![account, address]).await?;
    Ok(())
}

/// Forgets the words, and whom they were for, of what was sent before `before`.
pub async fn forget_old(tx: &mut Tx, before: Timestamp) -> Result<u64> {
    let sql = "UPDATE outbox_messages SET recipient = '', body_text = '', body_html = '', last_error = NULL
         WHERE status <> 'pending' AND created_at < $1 AND (recipient <> '' OR body_text <> '')";
    tx.run(sql, args![before]).await
}
