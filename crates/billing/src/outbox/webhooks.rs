//! What was sent to the host application, by hand: looked at, and sent once more.

use super::Message;
use super::carrier::WEBHOOK;
use crate::{Billing, Error, Result};
use domain::ids::MessageId;
use store::outbox_messages;

impl Billing {
    /// Newest first; `status` (`pending`, `sent`, `failed`) filters.
    pub async fn webhooks(&self, status: Option<&str>, limit: i64) -> Result<Vec<Message>> {
        let mut reader = self.db.reader();
        Ok(match status {
            Some(status) => outbox_messages::in_status(&mut reader, WEBHOOK, status, limit).await?,
            None => outbox_messages::newest(&mut reader, WEBHOOK, limit).await?,
        })
    }

    /// Sends it once more, whatever became of it: the same id and body, a new signature. [`Error::NotFound`] when
    /// there is no such webhook, or its body is forgotten.
    pub async fn replay_webhook(&self, id: &MessageId) -> Result<()> {
        let mut tx = self.db.begin().await?;
        if !outbox_messages::replay(&mut tx, WEBHOOK, id, self.wall()).await? {
            return Err(Error::NotFound);
        }
        tx.commit().await?;
        self.outbox_wake();
        Ok(())
    }

    /// The same for every webhook that was given up; answers how many.
    pub async fn replay_failed_webhooks(&self) -> Result<u64> {
        self.replay_given_up(WEBHOOK).await
    }

    pub(super) async fn replay_given_up(&self, kind: &str) -> Result<u64> {
        let mut tx = self.db.begin().await?;
        let replayed = outbox_messages::replay_failed(&mut tx, kind, self.wall()).await?;
        tx.commit().await?;
        self.outbox_wake();
        Ok(replayed)
    }
}
