//! A conversation in our own form, of texts alone.

use super::endpoint::Endpoint;
use super::forward::{Answered, Forward};
use super::limits::Place;
use super::relay::Relay;
use crate::usage::Keyed;
use crate::{Billing, Error, Result};
use serde_json::{Map, Value, json};

const MAX_MESSAGES: usize = 100;
/// Of all messages together.
const MAX_CHARACTERS: usize = 100_000;

/// Who has said something in a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    User,
    Assistant,
    System,
}

impl Role {
    const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Assistant => "assistant",
            Self::System => "system",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    pub role: Role,
    pub content: String,
}

#[derive(Debug)]
pub struct Chat {
    /// Of who asks.
    pub place: Place,
    /// The first one that is offered, when nobody says.
    pub model: Option<String>,
    pub messages: Vec<Message>,
    /// In tokens of the model; at least 1.
    pub max_output: Option<i64>,
    pub streamed: bool,
    pub feature: Option<String>,
    pub key: Option<Keyed>,
}

impl Billing {
    /// As [`Billing::forward`].
    pub async fn chat(&self, command: Chat, out: Relay) -> Result<Option<Answered>> {
        check(&command.messages)?;
        let message = |message: &Message| json!({"role": message.role.as_str(), "content": message.content});
        let messages: Vec<_> = command.messages.iter().map(message).collect();
        let mut body = Map::new();
        body.insert("messages".into(), Value::Array(messages));
        body.insert("stream".into(), Value::Bool(command.streamed));
        let forward = Forward {
            place: command.place,
            endpoint: Endpoint::Chat,
            model: command.model,
            body,
            max_output: command.max_output,
            feature: command.feature,
            key: command.key,
        };
        self.forward(forward, out).await
    }
}

fn check(messages: &[Message]) -> Result<()> {
    let invalid = |reason| Err(Error::Invalid { field: "messages", reason });
    if messages.is_empty() || messages.len() > MAX_MESSAGES {
        return invalid(format!("must be 1 to {MAX_MESSAGES}"));
    }
    let characters: usize = messages.iter().map(|message| message.content.chars().count()).sum();
    if characters > MAX_CHARACTERS {
        return invalid(format!("must have at most {MAX_CHARACTERS} characters together"));
    }
    Ok(())
}
