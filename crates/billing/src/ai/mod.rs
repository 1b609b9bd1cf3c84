//! AI requests that this program answers itself: today by a demo, which asks no model.

mod chat;
mod demo;
mod parts;

pub use chat::{Chat, ChatAnswer, DEFAULT_MAX_OUTPUT, MAX_OUTPUT};
pub use demo::NAME as DEMO_MODEL;
pub use parts::{Parts, Speaker, parts};

/// Who has said something in a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    User,
    Assistant,
    System,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    pub role: Role,
    pub content: String,
}
