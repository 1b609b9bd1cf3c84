//! A chunk of an answer that comes in parts. Pure.

use super::answer;
use super::relay::Part;
use super::upstream::UpstreamFailure;
use domain::ai::ModelUsage;
use serde_json::Value;
use std::collections::BTreeSet;

#[derive(Debug, PartialEq)]
pub(super) struct Chunk {
    /// What the client gets of it; `None` for one that it did not ask for.
    pub(super) part: Option<Part>,
    pub(super) usage: Option<ModelUsage>,
    choices: Vec<Choice>,
}

/// What a chunk has of a choice.
#[derive(Debug, PartialEq)]
struct Choice {
    index: u64,
    says_something: bool,
    /// It names a reason why it ends here. Some services name an empty one with every part: that is none.
    ends: bool,
}

/// Reads the data of an event. What has only the usage is for a client that `wants_usage`.
pub(super) fn read(data: String, wants_usage: bool) -> Result<Chunk, UpstreamFailure> {
    let mut value: Value =
        serde_json::from_str(&data).map_err(|_| UpstreamFailure::Broken("a part of it is no JSON".into()))?;
    if let Some(failure) = answer::failure(value.get("error")) {
        return Err(failure);
    }
    let usage = answer::usage(value.get("usage"));
    let listed = value["choices"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut characters = 0_i64;
    let mut choices = vec![];
    for choice in listed {
        let written = answer::written(&choice["delta"]);
        characters = characters.saturating_add(written);
        choices.push(Choice {
            index: choice["index"].as_u64().unwrap_or_default(),
            says_something: written > 0,
            ends: choice["finish_reason"].as_str().is_some_and(|reason| !reason.is_empty()),
        });
    }
    let text = value["choices"][0]["delta"]["content"].as_str().unwrap_or_default().to_owned();
    let only_usage = choices.is_empty() && value.get("usage").is_some_and(Value::is_object);
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
    Ok(Chunk { part, usage, choices })
}

/// Which choices of an answer have ended.
#[derive(Debug, Default)]
pub(super) struct Ends {
    ended: BTreeSet<u64>,
    /// One went on after its end, as where a service names a reason with every part: then only the end of the stream says
    /// that the answer is whole.
    mean_nothing: bool,
}

impl Ends {
    pub(super) fn note(&mut self, chunk: &Chunk) {
        for choice in &chunk.choices {
            self.mean_nothing |= choice.says_something && self.ended.contains(&choice.index);
            if choice.ends {
                self.ended.insert(choice.index);
            }
        }
    }

    /// Whether all of so many have.
    pub(super) fn are_all(&self, choices: i64) -> bool {
        let ended = (0_u64..).zip(0..choices).all(|(index, _)| self.ended.contains(&index));
        ended && !self.mean_nothing
    }
}

#[cfg(test)]
#[allow(clippy::needless_pass_by_value, reason = "`json!` makes values")]
mod tests {
    use super::*;
    use serde_json::json;

    fn of(value: &Value, wants_usage: bool) -> Chunk {
        read(value.to_string(), wants_usage).unwrap()
    }

    #[test]
    fn the_chunk_with_the_usage_is_for_who_has_asked_for_it() {
        let usage = json!({"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 2}});
        assert_eq!(of(&usage, true).part.unwrap().data, usage.to_string());
        let kept = of(&usage, false);
        assert_eq!((kept.part, kept.usage.map(|used| used.output)), (None, Some(2)));
        let last = json!({"choices": [{"delta": {"content": "12"}, "finish_reason": "stop"}], "usage": null});
        let plain = of(&last, false);
        assert_eq!(
            plain.part.unwrap().data,
            r#"{"choices":[{"delta":{"content":"12"},"finish_reason":"stop"}]}"#
        );
        let part = of(&last, true).part.unwrap();
        assert_eq!((part.data, part.text.as_str(), part.characters), (last.to_string(), "12", 2));
    }

    #[test]
    fn a_chunk_that_is_an_error_or_nothing_breaks_the_answer_off() {
        for wrong in [r#"{"error":{"message":"overloaded"}}"#, "nonsense"] {
            assert!(matches!(read(wrong.into(), true), Err(UpstreamFailure::Broken(_))), "{wrong}");
        }
    }

    fn have_ended(choices: i64, parts: &[(u64, &str, Value)]) -> bool {
        let mut ends = Ends::default();
        for (index, said, reason) in parts {
            let choice = json!({"index": index, "delta": {"content": said}, "finish_reason": reason});
            ends.note(&of(&json!({"choices": [choice]}), false));
        }
        ends.are_all(choices)
    }

    #[test]
    fn an_answer_is_complete_when_each_of_its_choices_has_ended() {
        assert!(have_ended(1, &[(0, "a", json!(null)), (0, "", json!("stop"))]));
        assert!(have_ended(2, &[(1, "a", json!("length")), (0, "b", json!("stop"))]));
        assert!(have_ended(1, &[(0, "a", json!("stop")), (0, "", json!("stop"))]), "said twice");
        assert!(!have_ended(2, &[(0, "a", json!("stop")), (0, "", json!("stop"))]), "one of them twice");
        assert!(!have_ended(2, &[(0, "a", json!("stop")), (7, "", json!("stop"))]), "one that was not asked");
        assert!(!have_ended(1, &[(0, "a", json!("")), (0, "b", json!(""))]), "an empty reason is none");
        assert!(
            !have_ended(1, &[(0, "a", json!("stop")), (0, "b", json!("stop"))]),
            "a reason with each part"
        );
    }
}
