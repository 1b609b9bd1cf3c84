//! Errors as clients see them: RFC 9457 problem documents whose `code` is the stable contract.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Map, Value, json};

#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    pub status: StatusCode,
    pub code: &'static str,
    pub title: String,
    pub detail: Option<String>,
    /// Seconds.
    pub retry_after: Option<u64>,
    /// What else would help this caller, beside the standard members.
    pub members: Box<Map<String, Value>>,
}

/// One field of a refused request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldError {
    /// Dots lead into objects; empty for the body as a whole.
    pub field: String,
    pub reason: String,
}

impl Problem {
    pub fn new(status: StatusCode, code: &'static str, title: impl Into<String>) -> Self {
        Self { status, code, title: title.into(), detail: None, retry_after: None, members: Box::default() }
    }

    #[must_use]
    pub fn detail(self, detail: impl Into<String>) -> Self {
        Self { detail: Some(detail.into()), ..self }
    }

    #[must_use]
    pub fn retry_after(self, seconds: u64) -> Self {
        Self { retry_after: Some(seconds), ..self }
    }

    #[must_use]
    pub fn member(mut self, name: &str, value: impl Serialize) -> Self {
        self.members.insert(name.to_owned(), serde_json::to_value(value).unwrap_or(Value::Null));
        self
    }

    /// Ours to mend. The cause goes to the log and to Sentry, never to the client.
    pub fn internal(cause: impl std::fmt::Display) -> Self {
        tracing::error!(%cause, "internal error");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "Something went wrong on our side")
    }

    pub fn unauthenticated() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthenticated", "Sign in first")
    }

    pub fn is_unauthenticated(&self) -> bool {
        self.status == StatusCode::UNAUTHORIZED
    }

    pub fn not_allowed(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "not_allowed", "This is not allowed").detail(detail)
    }

    pub fn account_deleted() -> Self {
        Self::new(StatusCode::FORBIDDEN, "account_deleted", "This user was deleted")
    }

    /// Also for another account's object.
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "There is no such thing here")
    }

    pub fn invalid(field: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::invalid_fields(&[FieldError { field: field.into(), reason: reason.into() }])
    }

    pub fn invalid_fields(errors: &[FieldError]) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_request", "The request cannot be understood")
            .member("errors", errors)
    }

    pub fn invalid_json(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_json", "The body is not JSON").detail(detail)
    }

    /// `limit` in bytes.
    pub fn payload_too_large(limit: usize) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "payload_too_large", "The body is too large")
            .detail(format!("At most {limit} bytes."))
    }

    /// `limit` in values: those of lists and objects, and names.
    pub fn too_many_values(limit: usize) -> Self {
        Self { detail: Some(format!("At most {limit} values.")), ..Self::payload_too_large(0) }
    }

    pub fn rate_limited(seconds: u64) -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, "rate_limited", "Too many requests").retry_after(seconds)
    }

    pub fn lacks_scope(scope: &str) -> Self {
        Self::not_allowed(format!("This service key lacks the scope `{scope}`."))
    }

    pub fn overloaded() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "overloaded", "Too much at once; try again").retry_after(1)
    }

    /// Of an answer that is there, and was not taken: behind the part that was taken last.
    pub fn read_too_slowly() -> Self {
        Self::new(StatusCode::REQUEST_TIMEOUT, "read_too_slowly", "The answer was not read in time").detail(
            "A part of it was not taken for a minute, so the rest was given up. What was taken is paid.",
        )
    }

    /// `seconds` is how long a body may take.
    pub fn body_too_slow(seconds: u64) -> Self {
        Self::new(StatusCode::REQUEST_TIMEOUT, "body_too_slow", "The body did not come in time")
            .detail(format!("It may take {seconds} seconds."))
    }

    /// The document: what stands in the body.
    pub fn document(&self) -> Value {
        let mut document = Map::new();
        document.insert("type".into(), json!(format!("urn:allthrive:problem:{}", self.code)));
        document.insert("title".into(), json!(self.title));
        document.insert("status".into(), json!(self.status.as_u16()));
        if let Some(detail) = &self.detail {
            document.insert("detail".into(), json!(detail));
        }
        document.insert("code".into(), json!(self.code));
        document.extend((*self.members).clone());
        Value::Object(document)
    }
}

/// The media type of problem documents.
pub const PROBLEM_JSON: &str = "application/problem+json";

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = (self.status, self.document().to_string()).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        // For a part of the API that tells errors in another form.
        response.extensions_mut().insert(self);
        response
    }
}

/// The answer to a path that is nowhere.
pub async fn not_found() -> Problem {
    Problem::not_found()
}

/// The answer to a method that this path does not have.
pub async fn method_not_allowed() -> Problem {
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "This path has no such method")
}
