//! Sends what is due, one message after the other, each under a lease.

use super::{Mailer, Message};
use crate::{Billing, Result};
use domain::time::{HOUR, MINUTE, SECOND, Timestamp};
use store::outbox_messages;

/// Longer than a delivery may take. A worker that died leaves its message to the next after this.
const LEASE: i64 = 2 * MINUTE;
/// About two days, with the pauses below.
const MAX_ATTEMPTS: i64 = 12;

impl Billing {
    /// Answers when to look again, if nothing wakes the worker before. A crash between sending and noting it
    /// sends the mail a second time, with the same Message-ID.
    pub async fn deliver_messages(&self, mailer: &Mailer) -> Result<Option<Timestamp>> {
        while let Some(message) = self.lease_message().await? {
            let sent = mailer.send(&message).await;
            self.note_delivery(&message, sent, mailer).await?;
        }
        Ok(outbox_messages::next_due(&mut self.db.reader()).await?)
    }

    async fn lease_message(&self) -> Result<Option<Message>> {
        let now = self.wall();
        let mut tx = self.db.begin().await?;
        let message = outbox_messages::lease_next(&mut tx, now, now.plus(LEASE)).await?;
        tx.commit().await?;
        Ok(message)
    }

    async fn note_delivery(
        &self,
        message: &Message,
        sent: Result<(), String>,
        mailer: &Mailer,
    ) -> Result<()> {
        let now = self.wall();
        let mut tx = self.db.begin().await?;
        match sent {
            Ok(()) => {
                outbox_messages::set_sent(&mut tx, &message.id, now).await?;
                // A mail may hold a link that signs in; the mailbox of sandbox mode is there to show it.
                if !matches!(mailer, Mailer::Keep) {
                    outbox_messages::forget_body(&mut tx, &message.id).await?;
                }
            }
            Err(reason) => {
                tracing::warn!(message = %message.id, attempt = message.attempts, reason, "mail not sent");
                let again = (message.attempts < MAX_ATTEMPTS).then(|| now.plus(pause(message.attempts)));
                outbox_messages::set_failed(&mut tx, &message.id, &reason, again).await?;
            }
        }
        tx.commit().await?;
        Ok(())
    }
}

/// After the n-th failure: 30 s, 1 min, 2 min... at most 8 hours.
fn pause(attempts: i64) -> i64 {
    let doublings = u32::try_from(attempts.saturating_sub(1)).unwrap_or(0).min(16);
    ((30 * SECOND) << doublings).min(8 * HOUR)
}
