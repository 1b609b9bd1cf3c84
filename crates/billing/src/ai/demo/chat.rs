//! What the demo says, in OpenAI's form: whole, or word by word at the pace of a person.

use super::text;
use crate::ai::prepared::Prepared;
use crate::ai::text::{first, tokens};
use crate::ai::{Message, Role};
use domain::ai::{Model, ModelUsage};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::time::Duration;
use tokio::time::sleep;

/// Between two words, so that a person sees the answer arrive.
const PACE: Duration = Duration::from_millis(25);
const ID: &str = "chatcmpl-demo";

#[derive(Debug)]
pub(in crate::ai) struct Said {
    text: String,
    /// In tokens.
    input: i64,
    output: i64,
    /// The answer would have been longer.
    cut: bool,
}

impl Said {
    pub(in crate::ai) fn of(prepared: &Prepared) -> Self {
        let messages = prepared.body.get("messages").and_then(Value::as_array);
        let messages: Vec<_> = messages.into_iter().flatten().map(message).collect();
        let text = text::answer(&messages);
        let said = Self { input: prepared.most.input, output: tokens(&text), text, cut: false };
        said.at_most(prepared.most.output / prepared.choices)
    }

    /// The beginning of it.
    pub(in crate::ai) fn at_most(self, output: i64) -> Self {
        let text = first(&self.text, output);
        Self {
            cut: self.cut || text.len() < self.text.len(),
            output: tokens(text),
            text: text.to_owned(),
            ..self
        }
    }

    fn finish_reason(&self) -> &'static str {
        if self.cut { "length" } else { "stop" }
    }

    pub(in crate::ai) fn used(&self) -> ModelUsage {
        ModelUsage { input: self.input, cached_input: 0, output: self.output }
    }

    pub(in crate::ai) fn into_text(self) -> String {
        self.text
    }

    fn usage(&self) -> Value {
        json!({
            "prompt_tokens": self.input, "completion_tokens": self.output, "total_tokens": self.input + self.output,
        })
    }

    /// `at` in seconds.
    pub(in crate::ai) fn whole(&self, at: i64) -> Vec<u8> {
        let message = json!({"role": "assistant", "content": self.text, "refusal": null});
        super::written(&json!({
            "id": ID, "object": "chat.completion", "created": at, "model": Model::DEMO,
            "choices": [{
                "index": 0, "message": message, "logprobs": null, "finish_reason": self.finish_reason(),
            }],
            "usage": self.usage(),
        }))
    }

    pub(in crate::ai) fn chunks(&self, at: i64) -> Chunks {
        let chunk = |choices: Value, usage: Value| {
            json!({
                "id": ID, "object": "chat.completion.chunk", "created": at, "model": Model::DEMO,
                "choices": choices, "usage": usage,
            })
        };
        let part = |delta: Value, finish: Option<&str>| {
            chunk(json!([{"index": 0, "delta": delta, "finish_reason": finish}]), Value::Null)
        };
        let words = self.text.split_inclusive(' ').map(|word| part(json!({ "content": word }), None));
        let waiting = std::iter::once(part(json!({"role": "assistant", "content": ""}), None))
            .chain(words)
            .chain([part(json!({}), Some(self.finish_reason())), chunk(json!([]), self.usage())]);
        Chunks { waiting: waiting.map(|chunk| chunk.to_string()).collect() }
    }
}

/// An answer that is under way.
#[derive(Debug)]
pub(in crate::ai) struct Chunks {
    waiting: VecDeque<String>,
}

impl Chunks {
    /// `None` at the end. Given up in the middle, nothing is lost.
    pub(in crate::ai) async fn next(&mut self) -> Option<String> {
        if !self.waiting.is_empty() {
            sleep(PACE).await;
        }
        self.waiting.pop_front()
    }
}

/// The text of a message, whatever else it has.
fn message(message: &Value) -> Message {
    let role = match message["role"].as_str() {
        Some("user") => Role::User,
        Some("assistant") => Role::Assistant,
        _ => Role::System,
    };
    let content = match &message["content"] {
        Value::Array(parts) => {
            parts.iter().filter_map(|part| part["text"].as_str()).collect::<Vec<_>>().join(" ")
        }
        content => content.as_str().unwrap_or_default().to_owned(),
    };
    Message { role, content }
}
