//! What can be wrong at an upstream, as those can act upon it who have asked.

use reqwest::StatusCode;
use serde_json::{Map, Value, json};

/// When nothing better is known, in seconds.
const RETRY_AFTER: i64 = 5;
/// Of an upstream's words, in characters.
const LONGEST: usize = 2_000;

#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum UpstreamFailure {
    /// What was asked is wrong, in the upstream's own words: `message`, `type`, `param` and `code`.
    #[error("the AI service refuses the request")]
    Refused { status: u16, error: Map<String, Value> },
    /// It does not take our key, or does not know what it was configured for: for the operator to mend.
    #[error("the AI service refuses this program: {status}")]
    RefusesUs { status: u16 },
    /// It has had too many requests of ours.
    #[error("the AI service is busy")]
    Busy { retry_after_seconds: i64 },
    #[error("the AI service failed: {status}")]
    Failed { status: u16 },
    #[error("the AI service cannot be reached: {0}")]
    Unreachable(String),
    /// It has said nothing for too long.
    #[error("the AI service did not answer in time")]
    TimedOut,
    /// The answer ended early, or is not in the form that it should be.
    #[error("the answer of the AI service broke off: {0}")]
    Broken(String),
}

impl UpstreamFailure {
    /// For metrics.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Refused { .. } => "refused",
            Self::RefusesUs { .. } => "refuses_us",
            Self::Busy { .. } => "busy",
            Self::Failed { .. } => "failed",
            Self::Unreachable(_) => "unreachable",
            Self::TimedOut => "timed_out",
            Self::Broken(_) => "broken",
        }
    }

    pub(super) fn of_transport(error: reqwest::Error) -> Self {
        // Without the address, which may have a password in it.
        let error = error.without_url();
        if error.is_timeout() && !error.is_connect() {
            Self::TimedOut
        } else if error.is_connect() {
            Self::Unreachable(said(&error))
        } else {
            Self::Broken(said(&error))
        }
    }

    /// Of an answer that is no success. A wrong key, or a model that the upstream does not know, is nothing that who has asked
    /// could mend.
    pub(super) fn of_answer(status: StatusCode, retry_after: Option<i64>, body: &[u8]) -> Self {
        let number = status.as_u16();
        match number {
            400 | 413 | 415 | 422 => Self::Refused { status: number, error: words(body) },
            429 => Self::Busy { retry_after_seconds: retry_after.unwrap_or(RETRY_AFTER).clamp(1, 3_600) },
            408 | 504 => Self::TimedOut,
            400..500 => Self::RefusesUs { status: number },
            _ => Self::Failed { status: number },
        }
    }

    /// An error that stands where an answer should, or in the middle of one.
    pub(in crate::ai) fn in_answer(error: &Value) -> Self {
        Self::Broken(shortened(error["message"].as_str().unwrap_or("it reports an error")))
    }
}

/// The causes as well: reqwest's own text does not name them.
fn said(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// `error` of an OpenAI-compatible answer; whatever else it says is no text for members.
fn words(body: &[u8]) -> Map<String, Value> {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let error = &body["error"];
    let message = error["message"].as_str().or_else(|| body["message"].as_str()).or_else(|| error.as_str());
    let mut read = Map::new();
    read.insert("message".into(), json!(shortened(message.unwrap_or("The AI service refuses the request."))));
    for name in ["type", "param", "code"] {
        let value = error[name].as_str().map(shortened);
        read.insert(name.into(), value.into());
    }
    read
}

fn shortened(text: &str) -> String {
    text.chars().take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &Value) -> UpstreamFailure {
        let status = StatusCode::from_u16(status).unwrap();
        UpstreamFailure::of_answer(status, None, body.to_string().as_bytes())
    }

    #[test]
    fn a_request_that_is_wrong_is_refused_in_the_upstreams_words() {
        let error = json!({"message": "too long", "type": "invalid_request_error", "param": "messages",
                           "code": "context_length_exceeded"});
        let refused = answer(400, &json!({ "error": error }));
        assert_eq!(
            refused,
            UpstreamFailure::Refused { status: 400, error: error.as_object().unwrap().clone() }
        );
        for other in [json!({"error": "no"}), json!({"message": "no"}), json!({"error": {"message": "no"}})] {
            let UpstreamFailure::Refused { error, .. } = answer(422, &other) else { panic!("{other}") };
            assert_eq!((&error["message"], &error["code"]), (&json!("no"), &Value::Null));
        }
        let UpstreamFailure::Refused { error, .. } = answer(400, &json!("<html>")) else { panic!() };
        assert_eq!(error["message"], "The AI service refuses the request.");
    }

    #[test]
    fn what_is_wrong_between_us_and_the_upstream_is_not_the_members_fault() {
        for status in [401, 403, 404, 405] {
            assert_eq!(answer(status, &json!({})), UpstreamFailure::RefusesUs { status });
        }
        assert_eq!(answer(429, &json!({})), UpstreamFailure::Busy { retry_after_seconds: RETRY_AFTER });
        let busy = UpstreamFailure::of_answer(StatusCode::TOO_MANY_REQUESTS, Some(-3), b"");
        assert_eq!(busy, UpstreamFailure::Busy { retry_after_seconds: 1 });
        for status in [500, 502, 503, 301] {
            assert_eq!(answer(status, &json!({})), UpstreamFailure::Failed { status });
        }
        assert_eq!(answer(504, &json!({})), UpstreamFailure::TimedOut);
    }
}
