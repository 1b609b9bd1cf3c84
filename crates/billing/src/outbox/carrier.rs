//! Who takes a message out of the house: mail, or a request to the host application.

use super::{Host, Mailer, Message};
use domain::time::Timestamp;

/// Kinds of messages, as they are stored.
pub(crate) const MAIL: &str = "email";
pub(crate) const WEBHOOK: &str = "webhook";

#[derive(Debug, Clone)]
pub enum Carrier {
    Mail(Mailer),
    Host(Host),
}

/// Why a message did not get there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NotDelivered {
    pub reason: String,
    /// What the host application answered, if it did.
    pub status: Option<i64>,
    /// Another try may do better.
    pub again: bool,
}

impl Carrier {
    pub(super) const fn kind(&self) -> &'static str {
        match self {
            Self::Mail(_) => MAIL,
            Self::Host(_) => WEBHOOK,
        }
    }

    /// What was sent is kept where somebody may want to see it again: the mailbox of sandbox mode, and what may be
    /// replayed to the host application. A mail may hold a link that signs in.
    pub(super) const fn keeps_bodies(&self) -> bool {
        matches!(self, Self::Mail(Mailer::Keep) | Self::Host(_))
    }

    /// Answers the host application's status, where there is one.
    pub(super) async fn send(&self, message: &Message, now: Timestamp) -> Result<Option<i64>, NotDelivered> {
        match self {
            Self::Mail(mailer) => match mailer.send(message).await {
                Ok(()) => Ok(None),
                Err(reason) => Err(NotDelivered { reason, status: None, again: true }),
            },
            Self::Host(host) => host.send(message, now).await.map(Some),
        }
    }
}
