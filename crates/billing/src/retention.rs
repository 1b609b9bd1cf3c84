//! Forgets what has had its time: kept answers, ended sessions, used links, the words of old messages.

use crate::{Billing, Result};
use domain::time::{DAY, HOUR, Timestamp};

/// How many kept answers are forgotten in one transaction: AI requests that come meanwhile wait for it.
const KEYS_AT_ONCE: u32 = 1_000;
/// Far longer than the effect of a call can wait to be seen, in milliseconds.
const KEEP_CALLS: i64 = 30 * DAY;
/// How long the words of a message that was sent are kept, in milliseconds.
const MESSAGES_KEPT_FOR: i64 = 30 * DAY;

/// How long it is kept what Stripe delivered, for people to look at, in milliseconds. It may name the person.
const PAYLOADS_KEPT_FOR: i64 = 90 * DAY;

impl Billing {
    /// Answers when to come again: at once while there are more kept answers.
    pub async fn forget_expired(&self) -> Result<Option<Timestamp>> {
        let now = self.wall();
        let mut tx = self.db.begin().await?;
        if store::idempotency_keys::delete_expired(&mut tx, now, KEYS_AT_ONCE).await? {
            tx.commit().await?;
            return Ok(Some(now));
        }
        store::sessions::delete_expired(&mut tx, now.minus(7 * DAY)).await?;
        store::sign_in_codes::delete_expired(&mut tx, now.minus(7 * DAY)).await?;
        store::subscription_calls::forget(&mut tx, now.minus(KEEP_CALLS)).await?;
        store::card_declines::delete_before(&mut tx, self.declines_forgotten_before()).await?;
        let old = now.minus(PAYLOADS_KEPT_FOR);
        store::events::forget_payloads(&mut tx, old.minus(7 * DAY), old).await?;
        store::outbox_messages::forget_old(&mut tx, now.minus(MESSAGES_KEPT_FOR)).await?;
        store::usage_batches::delete_before(&mut tx, now.minus(DAY)).await?;
        tx.commit().await?;
        Ok(Some(now.plus(HOUR)))
    }
}
