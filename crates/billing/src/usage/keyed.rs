//! The answer under an Idempotency-Key, kept in the transaction of what was done: a crash loses both or neither.
//! The account's lock is held, so a key that another request of the account has just used is seen.

use crate::{Billing, Error, Result};
use domain::time::DAY;
use serde::Serialize;
use serde::de::DeserializeOwned;
use store::{Tx, idempotency_keys};

/// How long an answer is remembered under its key, in milliseconds.
const KEY_KEPT_FOR: i64 = DAY;

/// An Idempotency-Key, under whom it counts, and what it was sent with.
#[derive(Debug, Clone)]
pub struct Keyed {
    /// The caller and the route.
    pub scope: String,
    pub key: String,
    /// Of the canonical request: the same key with another one is a mistake.
    pub request_hash: String,
}

impl Billing {
    /// The first answer under the key, if there is one. Errors: [`Error::IdempotencyKeyReused`].
    pub(crate) async fn kept_answer<T: DeserializeOwned>(
        &self,
        tx: &mut Tx,
        keyed: Option<&Keyed>,
    ) -> Result<Option<T>> {
        let Some(keyed) = keyed else { return Ok(None) };
        let Some(entry) = idempotency_keys::lock(tx, &keyed.scope, &keyed.key).await? else {
            return Ok(None);
        };
        if entry.has_expired(self.wall()) {
            self.forget_answer(tx, Some(keyed)).await?;
            return Ok(None);
        }
        if entry.request_hash != keyed.request_hash {
            return Err(Error::IdempotencyKeyReused);
        }
        let kept = serde_json::from_str(entry.body.as_deref().unwrap_or_default());
        kept.map(Some)
            .map_err(|error| Error::Internal(format!("the answer kept for a key cannot be read: {error}")))
    }

    /// The key stands for nothing any more: what it was answered with does not count.
    pub(crate) async fn forget_answer(&self, tx: &mut Tx, keyed: Option<&Keyed>) -> Result<()> {
        let Some(Keyed { scope, key, .. }) = keyed else { return Ok(()) };
        Ok(idempotency_keys::forget(tx, scope, key).await?)
    }

    pub(crate) async fn keep_answer(
        &self,
        tx: &mut Tx,
        keyed: Option<&Keyed>,
        answer: &impl Serialize,
    ) -> Result<()> {
        let Some(Keyed { scope, key, request_hash }) = keyed else { return Ok(()) };
        let body = serde_json::to_string(answer).map_err(|error| Error::Internal(error.to_string()))?;
        let now = self.wall();
        idempotency_keys::insert(tx, scope, key, request_hash, now, now, now.plus(KEY_KEPT_FOR)).await?;
        idempotency_keys::keep(tx, scope, key, 1, 200, "application/json", &body).await?;
        Ok(())
    }
}
