//! What an upstream answers, as far as it decides what is paid: the usage that it reports, and what the model has written.
//! Pure.

use super::text::characters;
use super::upstream::UpstreamFailure;
use domain::ai::ModelUsage;
use serde_json::Value;

/// An error in the place of an answer, with status 200: some services tell those of others so
/// (<https://openrouter.ai/docs/api-reference/errors>).
pub(super) fn failure(error: Option<&Value>) -> Option<UpstreamFailure> {
    error.filter(|error| !error.is_null()).map(UpstreamFailure::in_answer)
}

/// The `usage` of an answer. `None` where it says nothing that could be: zero for everything is nothing as well (trap 15).
pub(super) fn usage(usage: Option<&Value>) -> Option<ModelUsage> {
    let usage = usage.filter(|usage| usage.is_object())?;
    let count = |value: &Value| value.as_i64().filter(|count| *count >= 0);
    let input = count(&usage["prompt_tokens"])?;
    let output = if usage["completion_tokens"].is_null() { 0 } else { count(&usage["completion_tokens"])? };
    let cached_input = count(&usage["prompt_tokens_details"]["cached_tokens"]).unwrap_or(0).min(input);
    (input > 0 || output > 0).then_some(ModelUsage { input, cached_input, output })
}

/// Characters of everything in a message that the model has written: text, refusals, thoughts, calls of tools. Pictures and
/// sounds in base64 are not.
pub(super) fn written(message: &Value) -> i64 {
    match message {
        Value::String(text) => characters(text),
        Value::Array(items) => items.iter().map(written).sum(),
        Value::Object(fields) => {
            let of_the_model = |name: &str| {
                !matches!(name, "role" | "type" | "id" | "data" | "url" | "b64_json" | "signature")
            };
            fields.iter().filter(|(name, _)| of_the_model(name)).map(|(_, value)| written(value)).sum()
        }
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn usage_is_read_as_it_is_reported_or_not_at_all() {
        let read = |of: Value| usage(Some(&of)).map(|used| (used.input, used.cached_input, used.output));
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

    #[test]
    fn everything_that_a_model_writes_is_counted_and_no_picture() {
        let call =
            json!({"id": "call_1", "type": "function", "function": {"name": "look", "arguments": "{}"}});
        let message = json!({"role": "assistant", "content": "12345678", "tool_calls": [call], "reasoning_content": "12",
                             "images": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,aW1hZ2U="}}],
                             "audio": {"id": "a", "data": "c291bmQ=", "transcript": "123"}});
        assert_eq!(written(&message), 8 + 6 + 2 + 3);
    }
}
