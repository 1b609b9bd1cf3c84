//! How many tokens of a model a request in OpenAI's form brings along: for the estimate, before the service counts. Pure.

use super::text::tokens;
use crate::{Error, Result};
use serde_json::{Map, Value};

/// Tokens of the model that a part of a message counts that is no text: an image, a sound, a file. For the estimate alone.
pub const OTHER_PART: i64 = 1_500;

pub(super) fn invalid<T>(field: &'static str, reason: impl Into<String>) -> Result<T> {
    Err(Error::Invalid { field, reason: reason.into() })
}

/// What a request says that no model reads.
const NO_INPUT: [&str; 10] = [
    "model",
    "messages",
    "stream_options",
    "logit_bias",
    "metadata",
    "user",
    "safety_identifier",
    "prompt_cache_key",
    "modalities",
    "audio",
];

/// Of a part of a message: what says what it is, and what is counted by [`OTHER_PART`].
const NO_TEXT: [&str; 9] = ["type", "id", "role", "url", "data", "file_data", "file_id", "format", "detail"];

/// Tokens of what is said, of the tools and forms that are described, and of whatever else a service may read: one that knows
/// more fields than OpenAI is asked for no more than was let in.
pub(super) fn conversation(body: &Map<String, Value>) -> Result<i64> {
    let Some(Value::Array(messages)) = body.get("messages") else {
        return invalid("messages", "must be a list");
    };
    if messages.is_empty() {
        return invalid("messages", "must have at least one message");
    }
    let mut sum: i64 = 0;
    for message in messages {
        let Value::Object(message) = message else { return invalid("messages", "must be objects") };
        sum += message.iter().map(|(name, value)| said(name, value)).sum::<i64>();
    }
    let rest = body.iter().filter(|(name, _)| !NO_INPUT.contains(&name.as_str()));
    Ok(rest.fold(sum, |sum, (_, value)| sum + described(value)))
}

/// By a message, in one of its fields.
fn said(name: &str, value: &Value) -> i64 {
    match (name, value) {
        ("role" | "tool_call_id", _) => 0,
        ("content", Value::Array(parts)) => parts.iter().map(part).sum(),
        ("content", Value::Object(_)) => part(value),
        (_, value) => described(value),
    }
}

fn part(part: &Value) -> i64 {
    let Value::Object(fields) = part else { return described(part) };
    let is_text = fields.get("type").is_none_or(|kind| {
        matches!(kind.as_str(), Some("text" | "refusal" | "input_text" | "output_text" | "thinking"))
    });
    texts(part) + if is_text { 0 } else { OTHER_PART }
}

/// Each text by itself.
fn texts(value: &Value) -> i64 {
    match value {
        Value::String(text) => tokens(text),
        Value::Array(items) => items.iter().map(texts).sum(),
        Value::Object(fields) => {
            let fields = fields.iter().filter(|(name, _)| !NO_TEXT.contains(&name.as_str()));
            fields.map(|(_, value)| texts(value)).sum()
        }
        _ => 0,
    }
}

/// A text as it is, and what is none as it is written in JSON. A number or a yes by itself is no input.
fn described(value: &Value) -> i64 {
    match value {
        Value::String(text) => tokens(text),
        Value::Array(_) | Value::Object(_) => tokens(&value.to_string()),
        _ => 0,
    }
}

/// One text or several, each as it is or in tokens already.
pub(super) fn embedded(input: &Value) -> Result<i64> {
    let one = |item: &Value| match item {
        Value::String(text) => Some(tokens(text)),
        Value::Number(_) => Some(1),
        Value::Array(ids) if ids.iter().all(Value::is_number) => i64::try_from(ids.len()).ok(),
        _ => None,
    };
    let sum = match input {
        Value::String(text) => Some(tokens(text)),
        Value::Array(items) if !items.is_empty() => items.iter().map(one).sum(),
        _ => None,
    };
    sum.map_or_else(|| invalid("input", "must be a text, a list of texts, or of tokens"), Ok)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn estimated(body: &Value) -> i64 {
        conversation(body.as_object().unwrap()).unwrap()
    }

    #[test]
    fn parts_of_a_message_count_by_their_text_or_a_flat_number() {
        let parts = json!([{"type": "text", "text": "12345678"}, {"type": "image_url", "image_url": {"url": "u"}},
                           {"type": "input_audio", "input_audio": {"data": "x"}, "text": ""}]);
        assert_eq!(estimated(&json!({"messages": [{"role": "user", "content": parts}]})), 2 + 2 * OTHER_PART);
        let tools = json!([{"type": "function", "function": {"name": "look"}}]);
        let described = json!({"messages": [{"role": "user", "content": ""}], "tools": tools});
        assert_eq!(estimated(&described), tokens(&tools.to_string()));
        let calls = json!({"messages": [{"role": "assistant", "content": null, "tool_calls": tools}]});
        assert_eq!(estimated(&calls), tokens(&tools.to_string()));
    }

    /// Services know other forms than OpenAI's own.
    #[test]
    fn no_text_is_missed_wherever_it_stands() {
        let text = "12345678".repeat(100);
        for message in [
            json!({"content": text}),
            json!({"content": [text]}),
            json!({"content": {"type": "text", "text": text}}),
            json!({"content": [{"type": "input_text", "text": text}]}),
            json!({"content": [{"text": text}]}),
            json!({"content": [{"type": "tool_result", "content": [{"type": "text", "text": text}]}]}),
            json!({"content": null, "refusal": text}),
            json!({"content": "", "reasoning_content": text}),
            json!({"content": "", "name": text}),
        ] {
            let other = i64::from(message["content"][0]["type"] == "tool_result") * OTHER_PART;
            assert_eq!(estimated(&json!({"messages": [message]})), 200 + other, "{message}");
        }
        for (name, value) in [("prediction", json!({"content": text})), ("documents", json!([text]))] {
            let body = json!({"messages": [{"content": ""}], name: value});
            assert!(estimated(&body) >= 200, "{name}");
        }
        let settings = json!({"messages": [{"role": "user", "content": ""}], "temperature": 0.5, "stream": true,
                              "user": "u", "stream_options": {"include_usage": true}, "logit_bias": {"50256": -100}});
        assert_eq!(estimated(&settings), 0);
    }

    #[test]
    fn embeddings_count_texts_and_tokens() {
        for (input, expected) in
            [(json!("12345"), 2), (json!(["1234", "1"]), 2), (json!([5, 6, 7]), 3), (json!([[5, 6], [7]]), 3)]
        {
            assert_eq!(embedded(&input).unwrap(), expected, "{input}");
        }
        for wrong in [json!(null), json!([]), json!({}), json!([{}])] {
            assert!(embedded(&wrong).is_err(), "{wrong}");
        }
    }
}
