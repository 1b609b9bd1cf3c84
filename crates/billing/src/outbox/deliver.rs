//! Sends what is due, one message after the other, each under a lease.

use super::Message;
use super::carrier::{Carrier, NotDelivered};
use crate::{Billing, Result};
use domain::time::{HOUR, MINUTE, SECOND, Timestamp};
use store::outbox_messages;

/// Longer than a delivery may take. A worker that died leaves its message to the next after this.
const LEASE: i64 = 2 * MINUTE;
/// With the pauses below some two and a half days: longer than a weekend on which nobody sees to the server of mails.
const MAX_ATTEMPTS: i64 = 18;

impl Billing {
    /// Answers when to look again, if nothing wakes the worker before. A crash between sending and noting it
    /// sends the message a second time, with the same id.
    pub async fn deliver_messages(&self, carrier: &Carrier) -> Result<Option<Timestamp>> {
        loop {
            let due = outbox_messages::next_due(&mut self.db.reader(), carrier.kind()).await?;
            // Only then is a transaction begun: most wakes find nothing.
            if due.is_none_or(|due| due > self.wall()) {
                return Ok(due);
            }
            let Some(message) = self.lease_message(carrier).await? else { continue };
            let sent = carrier.send(&message, self.wall()).await;
            self.note_delivery(&message, sent, carrier).await?;
        }
    }

    async fn lease_message(&self, carrier: &Carrier) -> Result<Option<Message>> {
        let now = self.wall();
        let mut tx = self.db.begin().await?;
        let message = outbox_messages::lease_next(&mut tx, carrier.kind(), now, now.plus(LEASE)).await?;
        tx.commit().await?;
        Ok(message)
    }

    async fn note_delivery(
        &self,
        message: &Message,
        sent: Result<Option<i64>, NotDelivered>,
        carrier: &Carrier,
    ) -> Result<()> {
        let now = self.wall();
        let mut tx = self.db.begin().await?;
        let outcome = match sent {
            Ok(status) => {
                outbox_messages::set_sent(&mut tx, &message.id, status, now).await?;
                if !carrier.keeps_bodies() {
                    outbox_messages::forget_body(&mut tx, &message.id).await?;
                }
                "sent"
            }
            Err(NotDelivered { reason, status, again }) => {
                tracing::warn!(message = %message.id, kind = %message.kind, attempt = message.attempts, reason, "message not delivered");
                let again = pause(message.attempts).filter(|_| again).map(|pause| now.plus(pause));
                if again.is_none() {
                    tracing::error!(message = %message.id, kind = %message.kind, reason, "message given up");
                }
                outbox_messages::set_failed(&mut tx, &message.id, &reason, status, again).await?;
                if again.is_some() { "failed" } else { "given_up" }
            }
        };
        tx.commit().await?;
        metrics::counter!("messages_delivered_total", "kind" => carrier.kind(), "outcome" => outcome)
            .increment(1);
        Ok(())
    }
}

/// After the n-th failure: 30 s, 1 min, 2 min... at most 8 hours; `None`: give up.
fn pause(attempts: i64) -> Option<i64> {
    let doublings = u32::try_from(attempts.saturating_sub(1)).unwrap_or(0).min(16);
    (attempts < MAX_ATTEMPTS).then(|| ((30 * SECOND) << doublings).min(8 * HOUR))
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::time::DAY;

    #[test]
    fn a_message_is_tried_until_a_weekend_is_over() {
        let pauses: Vec<_> = (1..).map_while(pause).collect();
        assert_eq!(pauses[..3], [30 * SECOND, MINUTE, 2 * MINUTE]);
        assert_eq!(pauses[9..12], [15_360 * SECOND, 8 * HOUR, 8 * HOUR]);
        let all: i64 = pauses.iter().sum();
        assert!((5 * DAY / 2..3 * DAY).contains(&all), "{all}");
    }
}
