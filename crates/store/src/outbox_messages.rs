//! Messages to people: written with the change that they tell of, sent afterwards under a lease.

use crate::db::{Query, Result, Tx};
use crate::{args, row};
use domain::ids::MessageId;
use domain::time::Timestamp;

row! {
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Message {
        id: MessageId,
        kind: String,
        recipient: String,
        subject: String,
        body_text: String,
        body_html: String,
        /// `pending`, `sent` or `failed` (given up).
        status: String,
        attempts: i64,
        created_at: Timestamp,
        sent_at: Option<Timestamp>,
        last_error: Option<String>,
    }
}

#[derive(Debug)]
pub struct NewMessage<'a> {
    pub id: &'a MessageId,
    pub kind: &'a str,
    pub recipient: &'a str,
    pub subject: &'a str,
    pub body_text: &'a str,
    pub body_html: &'a str,
    /// The same news under the same key is told once.
    pub dedupe_key: Option<&'a str>,
}

const COLUMNS: &str =
    "id, kind, recipient, subject, body_text, body_html, status, attempts, created_at, sent_at, last_error";

/// False when a message with the same dedupe key is there already.
pub async fn insert(tx: &mut Tx, new: &NewMessage<'_>, now: Timestamp) -> Result<bool> {
    let inserted = tx
        .run(
            "INSERT INTO outbox_messages (id, kind, recipient, subject, body_text, body_html, dedupe_key,
                                          created_at, next_attempt_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8) ON CONFLICT (dedupe_key) DO NOTHING",
            args![
                new.id,
                new.kind,
                new.recipient,
                new.subject,
                new.body_text,
                new.body_html,
                new.dedupe_key,
                now
            ],
        )
        .await?;
    Ok(inserted == 1)
}

/// Takes the next message that is due, until `lease_until`; counts the attempt.
pub async fn lease_next(tx: &mut Tx, now: Timestamp, lease_until: Timestamp) -> Result<Option<Message>> {
    let next = tx.locked_free(
        "SELECT id FROM outbox_messages
         WHERE status = 'pending' AND next_attempt_at <= $1 AND (lease_until IS NULL OR lease_until <= $1)
         ORDER BY next_attempt_at, id LIMIT 1",
    );
    let Some((id,)) = tx.opt::<(MessageId,)>(next, args![now]).await? else { return Ok(None) };
    let sql = crate::db::built(format!(
        "UPDATE outbox_messages SET lease_until = $2, attempts = attempts + 1 WHERE id = $1
         RETURNING {COLUMNS}"
    ));
    tx.opt(sql, args![id, lease_until]).await
}

/// When a worker has to look again by itself; `None` when nothing is pending.
pub async fn next_due(q: &mut impl Query) -> Result<Option<Timestamp>> {
    let sql = "SELECT MIN(CASE WHEN lease_until > next_attempt_at THEN lease_until ELSE next_attempt_at END)
               FROM outbox_messages WHERE status = 'pending'";
    Ok(q.one::<(Option<Timestamp>,)>(sql, args![]).await?.0)
}

pub async fn set_sent(tx: &mut Tx, id: &MessageId, at: Timestamp) -> Result<()> {
    let sql =
        "UPDATE outbox_messages SET status = 'sent', sent_at = $2, lease_until = NULL, last_error = NULL
               WHERE id = $1";
    tx.run_one(sql, args![id, at]).await
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
    next_attempt_at: Option<Timestamp>,
) -> Result<()> {
    tx.run_one(
        "UPDATE outbox_messages
         SET last_error = $2, lease_until = NULL, next_attempt_at = COALESCE($3, next_attempt_at),
             status = CASE WHEN $4 THEN 'pending' ELSE 'failed' END
         WHERE id = $1",
        args![id, error, next_attempt_at, next_attempt_at.is_some()],
    )
    .await
}

/// The newest messages, newest first.
pub async fn newest(q: &mut impl Query, limit: i64) -> Result<Vec<Message>> {
    let sql = format!("SELECT {COLUMNS} FROM outbox_messages ORDER BY created_at DESC, id DESC LIMIT $1");
    q.all(crate::db::built(sql), args![limit]).await
}
