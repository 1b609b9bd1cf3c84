//! Answers with Stripe's headers.

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, HeaderName, HeaderValue, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

use super::engine::Engine;
use crate::core::apply::Answer;
use crate::core::error::ApiError;
use crate::core::work::API_VERSION;

/// What is known of the request when it is answered.
pub(crate) struct Reply<'a> {
    pub(crate) request_id: &'a str,
    pub(crate) version: Option<&'a str>,
    pub(crate) key: Option<&'a str>,
    pub(crate) method: &'a str,
}

impl Reply<'_> {
    pub(crate) fn refuse(&self, engine: &Engine, error: &ApiError) -> Response {
        let answer = Answer {
            status: error.status,
            body: error.render(self.request_id, engine.clock.now()),
            began: false,
            original_request: Some(self.request_id.to_owned()),
            replayed: false,
        };
        let mut response = self.send(&answer);
        if error.status == 401 {
            response
                .headers_mut()
                .insert(WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"Stripe\""));
        }
        if error.status == 409 {
            response.headers_mut().insert("stripe-should-retry", HeaderValue::from_static("true"));
        }
        response
    }

    /// The headers of real answers: which of them come when was seen in recorded traffic.
    pub(crate) fn send(&self, answer: &Answer) -> Response {
        // Stripe answers indented JSON.
        let body = serde_json::to_string_pretty(&answer.body).unwrap_or_default();
        let mut response = Response::new(Body::from(body));
        *response.status_mut() =
            StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        let mut put = |name: &'static str, value: &str| {
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.insert(HeaderName::from_static(name), value);
            }
        };
        put("request-id", self.request_id);
        put("stripe-version", self.version.unwrap_or(API_VERSION));
        if let Some(key) = self.key {
            put("idempotency-key", key);
        }
        if self.key.is_some() && self.method == "POST" {
            put("original-request", answer.original_request.as_deref().unwrap_or(self.request_id));
        }
        if self.method == "POST" && answer.began {
            put("stripe-should-retry", "false");
        }
        if answer.replayed {
            put("idempotent-replayed", "true");
        }
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        response
    }
}

/// A header as text.
pub(crate) fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}
