//! A successful answer, before it is bytes: so that it can be kept under an idempotency key.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::Value;

#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    pub status: StatusCode,
    pub body: Value,
}

impl Answer {
    pub fn ok(body: impl Serialize) -> Self {
        Self::with(StatusCode::OK, body)
    }

    pub fn created(body: impl Serialize) -> Self {
        Self::with(StatusCode::CREATED, body)
    }

    fn with(status: StatusCode, body: impl Serialize) -> Self {
        // Only a map whose keys are no text cannot be JSON, and no answer of ours has one.
        Self { status, body: serde_json::to_value(body).unwrap_or(Value::Null) }
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        (self.status, axum::Json(self.body)).into_response()
    }
}
