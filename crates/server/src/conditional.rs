//! Answers that a client may keep if it asks each time whether they still hold (RFC 9110, 13).

use crate::answer::Answer;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use sha2::{Digest as _, Sha256};
use utoipa::IntoResponses;

/// Who asked is in these: what one was answered is not for another.
const VARY: &str = "authorization, cookie, on-behalf-of";
/// `no-cache`: to be kept, and not to be used without asking.
const CACHING: &str = "private, no-cache";
/// Bytes of the hash that an entity tag has.
const TAG: usize = 16;

/// An answer, or that it is still the one that the client has.
#[derive(Debug)]
pub(crate) enum Revalidated {
    Changed(Answer, String),
    Same(String),
}

impl Revalidated {
    /// The tag is a hash of the body: the same body has the same tag, whichever instance answers.
    pub(crate) fn of(answer: Answer, asked: &HeaderMap) -> Self {
        let tag = format!("\"{}\"", hex::encode(&Sha256::digest(answer.body.to_string())[..TAG]));
        if knows(asked, &tag) { Self::Same(tag) } else { Self::Changed(answer, tag) }
    }
}

/// Whether one of the tags that the client sent is this one; a proxy may have weakened it.
fn knows(asked: &HeaderMap, tag: &str) -> bool {
    let sent = asked.get_all(header::IF_NONE_MATCH).into_iter().filter_map(|value| value.to_str().ok());
    sent.flat_map(|list| list.split(','))
        .map(str::trim)
        .any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag)
}

impl IntoResponse for Revalidated {
    fn into_response(self) -> Response {
        let (mut response, tag) = match self {
            Self::Changed(answer, tag) => (answer.into_response(), tag),
            Self::Same(tag) => (StatusCode::NOT_MODIFIED.into_response(), tag),
        };
        let headers = response.headers_mut();
        if let Ok(tag) = HeaderValue::try_from(tag) {
            headers.insert(header::ETAG, tag);
        }
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(CACHING));
        headers.append(header::VARY, HeaderValue::from_static(VARY));
        response
    }
}

/// For the document.
#[derive(IntoResponses)]
#[allow(dead_code, reason = "describes what Revalidated answers")]
pub(crate) enum NotModified {
    #[response(status = 304, description = "The answer that `If-None-Match` names still holds")]
    Same,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_known_alone_in_a_list_and_weakened() {
        let tag = "\"a\"";
        let knows = |sent: &'static str| {
            knows(&HeaderMap::from_iter([(header::IF_NONE_MATCH, HeaderValue::from_static(sent))]), tag)
        };
        assert!(knows("\"a\"") && knows("\"b\", \"a\"") && knows("W/\"a\"") && knows("*"));
        assert!(!knows("\"b\"") && !knows("a") && !knows(""));
        assert!(!super::knows(&HeaderMap::new(), tag));
    }
}
