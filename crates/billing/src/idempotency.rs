//! The answers that are kept under an Idempotency-Key, so that a retry is no second order.
//!
//! Scope is caller and route. The same body gets the first answer again; another body is refused; while the
//! first is still running the second waits. A key whose process died is taken over when its lease ends:
//! the use case behind it must then finish what it began, not do it twice.

use crate::{Billing, Result};
use domain::time::{DAY, MINUTE, SECOND};
use store::idempotency_keys;

/// Longer than any request runs, Stripe's retries included.
const LEASE: i64 = 2 * MINUTE;

/// The field of an answer that lets a browser confirm a payment.
const CLIENT_SECRET: &str = "\"client_secret\"";

/// What a request was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub content_type: String,
    pub body: String,
}

/// How long an answer is kept: 7 days for money, 24 hours for consumed tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    Money,
    Consume,
}

/// The right to answer under a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    scope: String,
    key: String,
    attempt: i64,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Begun {
    /// Do it, then [`Billing::end_idempotent`].
    Run(Ticket),
    Replay(Answer),
    /// The key stands for another body.
    Reused,
    /// The first request is still running.
    InUse {
        retry_after_seconds: i64,
    },
}

impl Keep {
    fn milliseconds(self) -> i64 {
        match self {
            Self::Money => 7 * DAY,
            Self::Consume => DAY,
        }
    }
}

/// 2xx, 402, 404 and 422 are final answers to this body. After 403, 409, 429 and 5xx the world may change,
/// and the same key may try again.
fn is_final(status: u16) -> bool {
    matches!(status, 200..=299 | 402 | 404 | 422)
}

impl Billing {
    /// `request_hash`: of the canonical body.
    pub async fn begin_idempotent(
        &self,
        scope: &str,
        key: &str,
        request_hash: &str,
        keep: Keep,
    ) -> Result<Begun> {
        let now = self.wall();
        let (lease_until, expires_at) = (now.plus(LEASE), now.plus(keep.milliseconds()));
        let mut tx = self.db.begin().await?;
        if idempotency_keys::insert(&mut tx, scope, key, request_hash, now, lease_until, expires_at).await? {
            tx.commit().await?;
            return Ok(Begun::Run(Ticket { scope: scope.to_owned(), key: key.to_owned(), attempt: 1 }));
        }
        let Some(entry) = idempotency_keys::lock(&mut tx, scope, key).await? else {
            // Deleted between the two statements, because it had expired.
            return Ok(Begun::InUse { retry_after_seconds: 1 });
        };
        let expired = entry.has_expired(now);
        if entry.request_hash != request_hash && !expired {
            return Ok(Begun::Reused);
        }
        if let (Some(status), false) = (entry.status, expired) {
            return Ok(Begun::Replay(Answer {
                status: u16::try_from(status).unwrap_or(500),
                content_type: entry.content_type.unwrap_or_default(),
                body: entry.body.unwrap_or_default(),
            }));
        }
        if entry.lease_until > now {
            let left = entry.lease_until.0 - now.0;
            return Ok(Begun::InUse { retry_after_seconds: (left / SECOND).clamp(1, 5) });
        }
        let attempt = entry.attempt + 1;
        idempotency_keys::take_over(&mut tx, scope, key, request_hash, attempt, lease_until, expires_at)
            .await?;
        tx.commit().await?;
        Ok(Begun::Run(Ticket { scope: scope.to_owned(), key: key.to_owned(), attempt }))
    }

    /// Keeps a final answer; after any other the same key may try again at once. One with a client secret is
    /// not kept either, because nothing stores those: the use case finds its own intent and answers anew.
    pub async fn end_idempotent(&self, ticket: &Ticket, answer: &Answer) -> Result<()> {
        let Ticket { scope, key, attempt } = ticket;
        let mut tx = self.db.begin().await?;
        if is_final(answer.status) && !answer.body.contains(CLIENT_SECRET) {
            let status = i64::from(answer.status);
            let kept = idempotency_keys::keep(
                &mut tx,
                scope,
                key,
                *attempt,
                status,
                &answer.content_type,
                &answer.body,
            );
            if !kept.await? {
                tracing::warn!(scope, "an answer came after its lease had ended");
            }
        } else {
            idempotency_keys::release(&mut tx, scope, key, *attempt, self.wall()).await?;
        }
        tx.commit().await?;
        Ok(())
    }
}
