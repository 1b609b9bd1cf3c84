//! What an upstream answers, as far as it decides what is paid: the usage that it reports, and what the model has written.
//! Pure.

use super::relay::Part;
use super::text::{characters, of_characters};
use super::upstream::UpstreamFailure;
use domain::ai::ModelUsage;
use serde_json::Value;

/// The `usage` of an answer. `None` where it says nothing that could be: zero for everything is nothing as well (trap 15).
pub(super) fn usage(answer: &Value) -> Option<ModelUsage> {
    let usage = answer.get("usage").filter(|usage| usage.is_object())?;
    let count = |value: &Value| value.as_i64().filter(|count| *count >= 0);
    let input = count(&usage["prompt_tokens"])?;
    let output = if usage["completion_tokens"].is_null() { 0 } else { count(&usage["completion_tokens"])? };
    let cached_input = count(&usage["prompt_tokens_details"]["cached_tokens"]).unwrap_or(0).min(input);
    (input > 0 || output > 0).then_some(ModelUsage { input, cached_input, output })
}

/// Tokens of the output of an answer, counted.
pub(super) fn output(answer: &Value) -> i64 {
    let choices = answer["choices"].as_array();
    of_characters(choices.into_iter().flatten().map(|choice| written(&choice["message"])).sum())
}

/// Images of an answer.
pub(super) fn images(answer: &Value) -> i64 {
    answer["data"].as_array().and_then(|images| i64::try_from(images.len()).ok()).unwrap_or(0)
}

/// The text of the first choice.
pub(super) fn text(answer: &Value) -> &str {
    answer["choices"][0]["message"]["content"].as_str().unwrap_or_default()
}

/// Characters of everything in a message that the model has written: text, refusals, thoughts, calls of tools.
fn written(message: &Value) -> i64 {
    match message {
        Value::String(text) => characters(text),
        Value::Array(items) => items.iter().map(written).sum(),
        Value::Object(fields) => {
            let of_the_model = |name: &str| !matches!(name, "role" | "type" | "id");
            fields.iter().filter(|(name, _)| of_the_model(name)).map(|(_, value)| written(value)).sum()
        }
        _ => 0,
    }
}

/// A chunk of a stream.
#[derive(Debug, PartialEq)]
pub(super) struct Chunk {
    /// What the client gets of it; `None` for one that it did not ask for.
    pub(super) part: Option<Part>,
    pub(super) usage: Option<ModelUsage>,
    /// Choices that end with it.
    pub(super) ended: i64,
}

/// Reads the data of an event. What has only the usage is for a client that `wants_usage`.
pub(super) fn chunk(data: String, wants_usage: bool) -> Result<Chunk, UpstreamFailure> {
    let mut value: Value =
        serde_json::from_str(&data).map_err(|_| UpstreamFailure::Broken("a part of it is no JSON".into()))?;
    if let Some(error) = value.get("error").filter(|error| !error.is_null()) {
        return Err(UpstreamFailure::in_stream(error));
    }
    let usage = usage(&value);
    let choices = value["choices"].as_array();
    let is_empty = choices.is_none_or(Vec::is_empty);
    let choices = choices.into_iter().flatten();
    let ended = choices.clone().filter(|choice| choice["finish_reason"].is_string()).count();
    let characters = choices.map(|choice| written(&choice["delta"])).sum();
    let text = value["choices"][0]["delta"]["content"].as_str().unwrap_or_default().to_owned();
    let only_usage = is_empty && value.get("usage").is_some_and(Value::is_object);
    let part = if wants_usage {
        Some(Part { data, text, characters })
    } else if only_usage {
        None
    } else {
        // The upstream was asked for it, the client did not ask.
        let had_usage = value.as_object_mut().and_then(|fields| fields.shift_remove("usage")).is_some();
        let data = if had_usage { value.to_string() } else { data };
        Some(Part { data, text, characters })
    };
    Ok(Chunk { part, usage, ended: i64::try_from(ended).unwrap_or(i64::MAX) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn usage_is_read_as_it_is_reported_or_not_at_all() {
        let read = |usage: Value| usage_of(&json!({ "usage": usage }));
        let full = json!({"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15,
                          "prompt_tokens_details": {"cached_tokens": 4}});
        assert_eq!(read(full), Some((10, 4, 5)));
        assert_eq!(read(json!({"prompt_tokens": 7, "total_tokens": 7})), Some((7, 0, 0)), "embeddings");
        assert_eq!(
            read(json!({"prompt_tokens": 7, "prompt_tokens_details": {"cached_tokens": 9}})),
            Some((7, 7, 0))
        );
        for nothing in [
            json!(null),
            json!({}),
            json!({"prompt_tokens": -1}),
            json!({"prompt_tokens": 1.5}),
            json!({"prompt_tokens": 0, "completion_tokens": 0}),
            json!({"prompt_tokens": 3, "completion_tokens": "many"}),
        ] {
            assert_eq!(read(nothing), None);
        }
    }

    fn usage_of(answer: &Value) -> Option<(i64, i64, i64)> {
        usage(answer).map(|used| (used.input, used.cached_input, used.output))
    }

    #[test]
    fn everything_that_a_model_writes_is_counted() {
        let call =
            json!({"id": "call_1", "type": "function", "function": {"name": "look", "arguments": "{}"}});
        let answer = json!({"choices": [
            {"message": {"role": "assistant", "content": "12345678"}},
            {"message": {"role": "assistant", "content": null, "tool_calls": [call], "reasoning_content": "12"}},
        ]});
        assert_eq!(output(&answer), 4, "8 + 6 + 2 characters");
        assert_eq!(text(&answer), "12345678");
        assert_eq!(images(&json!({"data": [{}, {}]})), 2);
    }

    fn read(value: &Value, wants_usage: bool) -> Chunk {
        chunk(value.to_string(), wants_usage).unwrap()
    }

    #[test]
    fn the_chunk_with_the_usage_is_for_who_has_asked_for_it() {
        let usage = json!({"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 2}});
        assert_eq!(read(&usage, true).part.unwrap().data, usage.to_string());
        let kept = read(&usage, false);
        assert_eq!((kept.part, kept.usage.map(|used| used.output)), (None, Some(2)));
        let last = json!({"choices": [{"delta": {"content": "12"}, "finish_reason": "stop"}], "usage": null});
        let plain = read(&last, false);
        assert_eq!(
            plain.part.unwrap().data,
            r#"{"choices":[{"delta":{"content":"12"},"finish_reason":"stop"}]}"#
        );
        assert_eq!(plain.ended, 1);
        let part = read(&last, true).part.unwrap();
        assert_eq!((part.data, part.text.as_str(), part.characters), (last.to_string(), "12", 2));
    }

    #[test]
    fn a_chunk_that_is_an_error_or_nothing_breaks_the_answer_off() {
        for wrong in [r#"{"error":{"message":"overloaded"}}"#, "nonsense"] {
            assert!(matches!(chunk(wrong.into(), true), Err(UpstreamFailure::Broken(_))), "{wrong}");
        }
    }
}
