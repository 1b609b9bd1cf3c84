//! Puts a mail into the outbox.

use super::carrier::MAIL;
use crate::{Billing, Result};
use domain::ids::{AccountId, MessageId};
use store::Tx;
use store::outbox_messages::{self, NewMessage};

/// A mail before it has an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    pub subject: String,
    pub text: String,
    pub html: String,
}

impl Billing {
    /// Call [`Billing::outbox_wake`] after the commit. The same news under the same `dedupe_key` is told
    /// once: then false.
    pub async fn post(
        &self,
        tx: &mut Tx,
        account: Option<&AccountId>,
        recipient: &str,
        mail: Mail,
        dedupe_key: Option<&str>,
    ) -> Result<bool> {
        let new = NewMessage {
            id: &MessageId::new(self.new_uuid()?),
            account,
            kind: MAIL,
            recipient,
            subject: &mail.subject,
            body_text: &mail.text,
            body_html: &mail.html,
            dedupe_key,
        };
        Ok(outbox_messages::insert(tx, &new, self.wall()).await?)
    }

    /// There may be something to deliver.
    pub fn outbox_wake(&self) {
        self.outbox_wake.notify_one();
        self.host_wake.notify_one();
    }
}
