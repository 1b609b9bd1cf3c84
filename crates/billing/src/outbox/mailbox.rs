//! Mails by hand: the newest, which are sandbox mode's mailbox, and once more those that were given up.

use super::Message;
use super::carrier::MAIL;
use crate::{Billing, Result};

impl Billing {
    /// Newest first.
    pub async fn mailbox(&self, limit: i64) -> Result<Vec<Message>> {
        Ok(store::outbox_messages::newest(&mut self.db.reader(), MAIL, limit).await?)
    }

    /// Sends every mail that was given up, and whose words are still kept, once more; answers how many.
    pub async fn replay_failed_mails(&self) -> Result<u64> {
        self.replay_given_up(MAIL).await
    }
}
