//! The newest messages, newest first: the sandbox mode's mailbox.

use super::Message;
use super::carrier::MAIL;
use crate::{Billing, Result};

impl Billing {
    pub async fn mailbox(&self, limit: i64) -> Result<Vec<Message>> {
        Ok(store::outbox_messages::newest(&mut self.db.reader(), MAIL, limit).await?)
    }
}
