//! How mails leave the house.

use super::Message;
use lettre::message::MultiPart;
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor};
use secrecy::{ExposeSecret as _, SecretString};
use std::time::Duration;

/// How long one delivery may take.
const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Debug, Clone)]
pub enum Mailer {
    /// They stay in the outbox, where the sandbox mode's mailbox shows them.
    Keep,
    Smtp(Box<Smtp>),
}

#[derive(Debug, Clone)]
pub struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: lettre::message::Mailbox,
}

#[derive(Debug, thiserror::Error)]
pub enum InvalidMailer {
    /// The URL has a password in it, so it is not repeated.
    #[error("must be smtp://, smtps:// or smtp://...?tls=required")]
    Url,
    #[error("no sender's address can be made of the host `{0}`")]
    Sender(String),
}

impl Mailer {
    /// `smtp_url` as lettre reads it (`smtps://user:password@host`); `host` is ours, for the sender's
    /// address.
    pub fn smtp(smtp_url: &SecretString, host: &str) -> Result<Self, InvalidMailer> {
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(smtp_url.expose_secret())
            .map_err(|_| InvalidMailer::Url)?
            .timeout(Some(PATIENCE))
            .build();
        let from = format!("AllThrive Billing <no-reply@{host}>");
        let from = from.parse().map_err(|_| InvalidMailer::Sender(host.to_owned()))?;
        Ok(Self::Smtp(Box::new(Smtp { transport, from })))
    }

    /// The reason in words, when it did not work.
    pub(super) async fn send(&self, message: &Message) -> Result<(), String> {
        let Self::Smtp(smtp) = self else { return Ok(()) };
        let to = message.recipient.parse().map_err(|error| format!("recipient: {error}"))?;
        let bodies = MultiPart::alternative_plain_html(message.body_text.clone(), message.body_html.clone());
        // The same Message-ID on every attempt, so that a mailbox can tell a repetition.
        let email = lettre::Message::builder()
            .message_id(Some(format!("<{}@allthrive-billing>", message.id)))
            .from(smtp.from.clone())
            .to(to)
            .subject(&message.subject)
            .multipart(bodies)
            .map_err(|error| error.to_string())?;
        // What a server answers may hold the address, which belongs in no log.
        let hidden = |error: lettre::transport::smtp::Error| {
            error.to_string().replace(&message.recipient, "(the address)")
        };
        smtp.transport.send(email).await.map(drop).map_err(hidden)
    }
}
