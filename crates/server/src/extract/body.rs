//! A JSON body of a known shape.

use crate::problem::{FieldError, Problem};
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};
use http_body_util::BodyExt as _;
use serde::de::DeserializeOwned;
use serde::{Serialize, Serializer};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use std::time::Duration;
use tokio::time::timeout;

/// In bytes. Little that this API is told is longer; what is says so in its type.
pub const BODY_LIMIT: usize = 64 * 1024;

/// Beyond a limit, in bytes.
const PASSED_OVER: usize = 4 * 1024 * 1024;

/// For a whole body; the longest takes a minute at a megabit a second.
const LONGEST: Duration = Duration::from_mins(5);

/// Of a body: each takes some 80 bytes once it is read, however short it is written. A request for embeddings may have 300,000
/// tokens in lists (<https://platform.openai.com/docs/api-reference/embeddings/create>).
const MOST_VALUES: usize = 320_000;

/// The body, and the hash of its canonical form: keys sorted, no spaces. No body at all reads as `{}`.
/// At most `LIMIT` bytes.
#[derive(Debug)]
pub struct Body<T, const LIMIT: usize = BODY_LIMIT> {
    pub value: T,
    pub digest: String,
}

impl<S: Send + Sync, T: DeserializeOwned, const LIMIT: usize> FromRequest<S> for Body<T, LIMIT> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let is_json = says_json(request.headers());
        let reading = timeout(LONGEST, read(request.into_body(), LIMIT)).await;
        let bytes = reading.unwrap_or_else(|_| Err(Problem::body_too_slow(LONGEST.as_secs())))?;
        if bytes.is_empty() {
            return decode(Value::Object(serde_json::Map::new()));
        }
        if !is_json {
            let title = "The body's Content-Type must be application/json";
            return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", title));
        }
        if values(&bytes) > MOST_VALUES {
            return Err(Problem::too_many_values(MOST_VALUES));
        }
        decode(serde_json::from_slice(&bytes).map_err(|error| Problem::invalid_json(error.to_string()))?)
    }
}

/// What is longer is refused; but some of it is read first, because a client that still writes when the connection is closed
/// may never see the answer.
async fn read(mut body: axum::body::Body, limit: usize) -> Result<Vec<u8>, Problem> {
    let (mut kept, mut length) = (Vec::new(), 0);
    while length <= limit + PASSED_OVER
        && let Some(frame) = body.frame().await
    {
        let frame = frame.map_err(|_| Problem::invalid_json("The body ended early."))?;
        let Ok(data) = frame.into_data() else { continue };
        length += data.len();
        if length <= limit {
            kept.extend_from_slice(&data);
        }
    }
    if length <= limit { Ok(kept) } else { Err(Problem::payload_too_large(limit)) }
}

/// About how many values it has: as many as there are marks before one, outside of texts.
fn values(json: &[u8]) -> usize {
    let (mut values, mut in_text, mut escaped) = (0, false, false);
    for byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b'[' | b'{' | b',' | b':' if !in_text => values += 1,
            _ => {}
        }
    }
    values
}

fn says_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"))
}

fn decode<T: DeserializeOwned, const LIMIT: usize>(body: Value) -> Result<Body<T, LIMIT>, Problem> {
    if has_nul(&body) {
        return Err(Problem::invalid("", "a text has a NUL character"));
    }
    if !body.is_object() {
        return Err(Problem::invalid("", "the body must be an object"));
    }
    let digest = digest(&body)?;
    match serde_path_to_error::deserialize(body) {
        Ok(value) => Ok(Body { value, digest }),
        Err(error) => Err(Problem::invalid_fields(&[field_error(&error)])),
    }
}

/// The hash of the canonical form of a request. It is kept with idempotency keys: another form would refuse their retries.
pub fn digest(request: &Value) -> Result<String, Problem> {
    let canonical = serde_json::to_vec(&Canonical(request));
    let canonical = canonical.map_err(|error| Problem::internal(format!("no canonical form: {error}")))?;
    Ok(hex::encode(Sha256::digest(canonical)))
}

/// Which field, and what is wrong with it. Serde names a missing or unknown field in its message only.
fn field_error(error: &serde_path_to_error::Error<serde_json::Error>) -> FieldError {
    let (path, message) = (error.path().to_string(), error.inner().to_string());
    let named = message.split('`').nth(1).unwrap_or_default();
    let path = if path == "." { String::new() } else { path };
    if message.starts_with("missing field") {
        let field = if path.is_empty() { named.to_owned() } else { format!("{path}.{named}") };
        FieldError { field, reason: "is required".into() }
    } else if message.starts_with("unknown field") {
        // The path ends in the field itself.
        let field = if path.is_empty() { named.to_owned() } else { path };
        FieldError { field, reason: "is not known here".into() }
    } else {
        FieldError { field: path, reason: message }
    }
}

/// PostgreSQL cannot store it in a text.
fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(has_nul),
        Value::Object(fields) => fields.iter().any(|(name, value)| name.contains('\0') || has_nul(value)),
        _ => false,
    }
}

/// Keys sorted.
struct Canonical<'a>(&'a Value);

impl Serialize for Canonical<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Array(items) => serializer.collect_seq(items.iter().map(Canonical)),
            Value::Object(fields) => {
                let mut sorted: Vec<_> = fields.iter().collect();
                sorted.sort_unstable_by_key(|&(name, _)| name);
                serializer.collect_map(sorted.into_iter().map(|(name, value)| (name, Canonical(value))))
            }
            other => other.serialize(serializer),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code, reason = "only its decoding is of interest")]
    struct Order {
        package: String,
        count: Option<u8>,
    }

    fn refused(body: Value) -> Value {
        decode::<Order, BODY_LIMIT>(body).unwrap_err().document()["errors"][0].clone()
    }

    #[test]
    fn the_digest_does_not_depend_on_the_order_of_keys() {
        let digest =
            |text: &str| decode::<Order, BODY_LIMIT>(serde_json::from_str(text).unwrap()).unwrap().digest;
        assert_eq!(digest(r#"{"package":"a","count":1}"#), digest(r#"{ "count": 1, "package": "a" }"#));
        assert_ne!(digest(r#"{"package":"a","count":1}"#), digest(r#"{"package":"a","count":2}"#));
    }

    #[test]
    fn the_digest_is_of_the_text_without_spaces_and_with_sorted_keys() {
        let request = json!({"b": [1.5, {"z": null, "a": "\u{e9}\n\""}], "a": -1, "B": true});
        let text = "{\"B\":true,\"a\":-1,\"b\":[1.5,{\"a\":\"\u{e9}\\n\\\"\",\"z\":null}]}";
        assert_eq!(digest(&request).unwrap(), hex::encode(Sha256::digest(text)));
    }

    #[test]
    fn the_field_that_is_wrong_is_named() {
        assert_eq!(refused(json!({})), json!({"field": "package", "reason": "is required"}));
        assert_eq!(
            refused(json!({"package": "a", "cuont": 1})),
            json!({"field": "cuont", "reason": "is not known here"})
        );
        assert_eq!(refused(json!({"package": 5}))["field"], "package");
        assert_eq!(refused(json!({"package": "a", "count": 300}))["field"], "count");
        assert_eq!(refused(json!({"package": "a\u{0}"}))["reason"], "a text has a NUL character");
        assert_eq!(refused(json!([1]))["reason"], "the body must be an object");
    }

    #[test]
    fn values_are_counted_outside_of_texts() {
        for (json, expected) in
            [("{}", 1), (r#"{"a":[1,2,3],"b":{}}"#, 8), (r#"["a,b:[{\"c,","\\",""]"#, 3), (r#""a"#, 0)]
        {
            assert_eq!(values(json.as_bytes()), expected, "{json}");
        }
    }

    fn request(body: axum::body::Body) -> Request {
        Request::builder().header(header::CONTENT_TYPE, "application/json").body(body).unwrap()
    }

    async fn refused_body<const LIMIT: usize>(body: axum::body::Body) -> Problem {
        let read = Body::<Value, LIMIT>::from_request(request(body), &()).await;
        // Without saying what was read: it may be millions of values.
        read.map(|_| "read").unwrap_err()
    }

    #[tokio::test]
    async fn more_values_than_anybody_needs_are_refused_before_they_take_memory() {
        const LIMIT: usize = 8 * 1024 * 1024;
        let list = |values: usize| format!(r#"{{"x":[0{}]}}"#, ",0".repeat(values - 3));
        let taken = Body::<Value, LIMIT>::from_request(request(list(MOST_VALUES).into()), &()).await;
        assert_eq!(taken.unwrap().value["x"].as_array().unwrap().len(), MOST_VALUES - 2);
        let refused = refused_body::<LIMIT>(list(MOST_VALUES + 1).into()).await;
        assert_eq!((refused.status.as_u16(), refused.code), (413, "payload_too_large"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_never_ends_is_not_waited_for_for_ever() {
        let begun = tokio::time::Instant::now();
        let never =
            axum::body::Body::from_stream(futures_util::stream::pending::<Result<Vec<u8>, std::io::Error>>());
        assert_eq!(refused_body::<BODY_LIMIT>(never).await.code, "body_too_slow");
        assert_eq!(begun.elapsed(), LONGEST);
    }
}
