//! How many tokens of a model a request in OpenAI's form brings along: for the estimate, before the service counts. Pure.

use super::text::tokens;
use crate::{Error, Result};
use serde_json::{Map, Value};

/// Tokens of the model that a part of a message counts that is no text: an image, a sound, a file. For the estimate alone.
pub const OTHER_PART: i64 = 1_500;

pub(super) fn invalid<T>(field: &'static str, reason: impl Into<String>) -> Result<T> {
    Err(Error::Invalid { field, reason: reason.into() })
}

/// Tokens of what is said, and of the tools and forms that are described.
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
        sum += content(message.get("content").unwrap_or(&Value::Null));
        sum += written(message.get("tool_calls"));
        sum += written(message.get("function_call"));
    }
    Ok(["tools", "functions", "response_format"].iter().fold(sum, |sum, name| sum + written(body.get(*name))))
}

fn content(content: &Value) -> i64 {
    match content {
        Value::String(text) => tokens(text),
        Value::Array(parts) => parts.iter().map(part).sum(),
        _ => 0,
    }
}

fn part(part: &Value) -> i64 {
    let kind = part.get("type").and_then(Value::as_str).filter(|kind| ["text", "refusal"].contains(kind));
    kind.and_then(|kind| part.get(kind)?.as_str()).map_or(OTHER_PART, tokens)
}

/// Of something that is no text: as it is written in JSON.
fn written(value: Option<&Value>) -> i64 {
    value.filter(|value| !value.is_null()).map_or(0, |value| tokens(&value.to_string()))
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

    fn said(body: &Value) -> i64 {
        conversation(body.as_object().unwrap()).unwrap()
    }

    #[test]
    fn parts_of_a_message_count_by_their_text_or_a_flat_number() {
        let parts = json!([{"type": "text", "text": "12345678"}, {"type": "image_url", "image_url": {"url": "u"}},
                           {"type": "input_audio", "input_audio": {"data": "x"}, "text": ""}]);
        assert_eq!(said(&json!({"messages": [{"role": "user", "content": parts}]})), 2 + 2 * OTHER_PART);
        let tools = json!([{"type": "function", "function": {"name": "look"}}]);
        let described = json!({"messages": [{"role": "user", "content": ""}], "tools": tools});
        assert_eq!(said(&described), tokens(&tools.to_string()));
        let calls = json!({"messages": [{"role": "assistant", "content": null, "tool_calls": tools}]});
        assert_eq!(said(&calls), tokens(&tools.to_string()));
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
