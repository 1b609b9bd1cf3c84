//! An answer that comes at once. Only what decides what is paid is read of it, however large it is: the rest goes to who has
//! asked as it came. Pure.

use super::answer;
use super::endpoint::Endpoint;
use super::text::of_characters;
use super::upstream::UpstreamFailure;
use domain::ai::ModelUsage;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

/// What was read of it.
#[derive(Debug, PartialEq)]
pub(super) struct Whole {
    /// By the upstream; of images their number.
    pub(super) reported: Option<ModelUsage>,
    /// In tokens of the model.
    pub(super) counted_output: i64,
    /// Of the first choice.
    pub(super) text: String,
    /// Of images, where it names them.
    pub(super) size: Option<String>,
    pub(super) quality: Option<String>,
}

#[derive(Deserialize)]
struct Read {
    error: Option<Value>,
    usage: Option<Value>,
    choices: Option<Vec<Value>>,
    data: Option<Vec<IgnoredAny>>,
    size: Option<Value>,
    quality: Option<Value>,
}

/// Errors: [`UpstreamFailure::Broken`] where it is an error, or has nothing of what was asked: nobody pays for that.
pub(super) fn read(body: &[u8], endpoint: Endpoint) -> Result<Whole, UpstreamFailure> {
    let broken = |why: &str| UpstreamFailure::Broken(why.to_owned());
    // A list would be read as the fields in their order.
    if body.trim_ascii_start().first() != Some(&b'{') {
        return Err(broken("it is no JSON"));
    }
    let read: Read =
        serde_json::from_slice(body).map_err(|_| broken("it is no JSON, or not in OpenAI's form"))?;
    if let Some(failure) = answer::failure(read.error.as_ref()) {
        return Err(failure);
    }
    let (choices, came) = (read.choices.unwrap_or_default(), read.data.map_or(0, |data| data.len()));
    let nothing = match endpoint {
        Endpoint::Chat => choices.is_empty(),
        Endpoint::Embeddings | Endpoint::Images => came == 0,
    };
    if nothing {
        return Err(broken("it has nothing of what was asked"));
    }
    let images = i64::try_from(came).unwrap_or(i64::MAX);
    let reported = match endpoint {
        Endpoint::Images => Some(ModelUsage { output: images, ..ModelUsage::default() }),
        Endpoint::Chat | Endpoint::Embeddings => answer::usage(read.usage.as_ref()),
    };
    let text = |value: Option<Value>| value.and_then(|value| value.as_str().map(str::to_owned));
    Ok(Whole {
        reported,
        counted_output: of_characters(choices.iter().map(|choice| answer::written(&choice["message"])).sum()),
        text: text(choices.first().map(|choice| choice["message"]["content"].clone())).unwrap_or_default(),
        size: text(read.size),
        quality: text(read.quality),
    })
}

#[cfg(test)]
#[allow(clippy::needless_pass_by_value, reason = "`json!` makes values")]
mod tests {
    use super::*;
    use serde_json::json;

    fn of(answer: Value, endpoint: Endpoint) -> Result<Whole, UpstreamFailure> {
        read(answer.to_string().as_bytes(), endpoint)
    }

    #[test]
    fn the_first_choice_is_its_text_and_all_of_them_count() {
        let answer = json!({"choices": [{"message": {"role": "assistant", "content": "12345678"}},
                                        {"message": {"role": "assistant", "content": "1234", "refusal": null}}]});
        let whole = of(answer, Endpoint::Chat).unwrap();
        assert_eq!((whole.reported, whole.counted_output, whole.text.as_str()), (None, 3, "12345678"));
    }

    #[test]
    fn images_are_as_many_as_came_in_the_size_that_the_service_names() {
        let answer = json!({"data": [{}, {}], "quality": "high", "size": 7, "usage": {"prompt_tokens": 3}});
        let whole = of(answer, Endpoint::Images).unwrap();
        assert_eq!(whole.reported.map(|used| (used.input, used.output)), Some((0, 2)));
        assert_eq!((whole.quality.as_deref(), whole.size), (Some("high"), None));
        let vectors =
            of(json!({"data": [{"embedding": [1.5]}], "usage": {"prompt_tokens": 3}}), Endpoint::Embeddings);
        assert_eq!(vectors.unwrap().reported.map(|used| used.input), Some(3));
    }

    #[test]
    fn what_is_no_answer_to_what_was_asked_is_a_failure() {
        let error = json!({"error": {"message": "Provider returned error", "code": 429}, "choices": null});
        let broken = Err(UpstreamFailure::Broken("Provider returned error".into()));
        assert_eq!(of(error, Endpoint::Chat), broken);
        for nothing in
            [json!({}), json!({"choices": []}), json!({"data": [{}]}), json!({"choices": 1}), json!([])]
        {
            assert!(of(nothing.clone(), Endpoint::Chat).is_err(), "{nothing}");
        }
        for nothing in [json!({"data": []}), json!({"data": null, "choices": [{}]}), json!({"data": {}})] {
            assert!(of(nothing.clone(), Endpoint::Embeddings).is_err(), "{nothing}");
            assert!(of(nothing.clone(), Endpoint::Images).is_err(), "{nothing}");
        }
        assert!(read(b"<html>", Endpoint::Chat).is_err());
        assert!(read(b"[null, null, [{}], null, null, null]", Endpoint::Chat).is_err());
    }
}
