//! One call as a value: what will be sent, byte for byte.

use crate::form::Form;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// Sent with every call and set on the webhook endpoint, so that Stripe's changes reach us only when we
/// choose (trap 22).
pub const API_VERSION: &str = "2026-05-27.dahlia";

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    Get,
    Post,
    Delete,
}

impl Method {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Delete => "DELETE",
        }
    }
}

/// An `Idempotency-Key`: `{intent}:{step}:{attempt}`, at most 255 visible ASCII characters. A refused card
/// (402) is saved by Stripe and replayed, so another card is another attempt; after an unclear failure the
/// attempt stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Key(String);

impl Key {
    /// Stripe's bound.
    pub const MAX: usize = 255;

    pub fn new(intent: &str, step: &str, attempt: u32) -> Self {
        Self::of(format!("{intent}:{step}:{attempt}"))
    }

    /// A key in other words, such as `price:{lookup_key}:{amount}`. One that Stripe would not take, too long
    /// or not visible ASCII, is replaced by its SHA-256: the same text gives the same key.
    pub fn of(text: impl Into<String>) -> Self {
        let text = text.into();
        let fits =
            !text.is_empty() && text.len() <= Self::MAX && text.bytes().all(|byte| byte.is_ascii_graphic());
        if fits {
            Self(text)
        } else {
            Self(format!("sha256:{}", hex::encode(Sha256::digest(text.as_bytes()))))
        }
    }

    /// The key of a second call that belongs to the same step.
    pub(crate) fn then(&self, step: &str) -> Self {
        Self::of(format!("{}:{step}", self.0))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What will be sent. Built by [`crate::requests`], which is pure; serialized, it can be stored with the
/// intent that caused it and be sent again, the same bytes under the same key and version.
///
/// `Debug` leaves the form out: it holds names and addresses of people.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    pub method: Method,
    /// From the root, such as `/v1/subscriptions/sub_1`; without the query.
    pub path: String,
    /// The form: the body of a POST, the query of a GET or DELETE.
    pub body: String,
    /// Every POST has one. On others a key has no effect.
    pub idempotency_key: Option<Key>,
    /// `Stripe-Version`, kept so that a newer build repeats an older build's request as it was.
    pub version: String,
}

impl Request {
    pub(crate) fn get(path: String, form: Form) -> Self {
        Self::new(Method::Get, path, form, None)
    }

    pub(crate) fn post(path: String, form: Form, key: &Key) -> Self {
        Self::new(Method::Post, path, form, Some(key.clone()))
    }

    pub(crate) fn delete(path: String, form: Form) -> Self {
        Self::new(Method::Delete, path, form, None)
    }

    fn new(method: Method, path: String, form: Form, idempotency_key: Option<Key>) -> Self {
        Self { method, path, body: form.finish(), idempotency_key, version: API_VERSION.to_owned() }
    }

    /// The path with its ids replaced, for metrics, spans and the limit of one endpoint: few values.
    pub fn endpoint(&self) -> String {
        let mut parts: Vec<&str> = self.path.split('/').filter(|part| !part.is_empty()).collect();
        if let Some(third) = parts.get_mut(2)
            && *third != "create_preview"
        {
            *third = "{id}";
        }
        format!("/{}", parts.join("/"))
    }

    /// Path and query, as they stand in the request line.
    pub(crate) fn target(&self) -> String {
        if self.method == Method::Post || self.body.is_empty() {
            self.path.clone()
        } else {
            format!("{}?{}", self.path, self.body)
        }
    }
}

impl std::fmt::Debug for Request {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("path", &self.path)
            .field("body", &format_args!("{} bytes", self.body.len()))
            .field("idempotency_key", &self.idempotency_key)
            .field("version", &self.version)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_names_its_intent_its_step_and_its_attempt() {
        assert_eq!(Key::new("sint_1", "sub", 2).as_str(), "sint_1:sub:2");
    }

    #[test]
    fn a_key_that_stripe_would_refuse_is_replaced_by_its_hash() {
        let long = "x".repeat(256);
        assert_eq!(Key::of(long.clone()), Key::of(long));
        assert!(Key::of("x".repeat(300)).as_str().len() <= Key::MAX);
        assert!(Key::of("a\nb").as_str().starts_with("sha256:"));
        assert_ne!(Key::of("a\nb"), Key::of("a\nc"));
    }

    #[test]
    fn ids_do_not_multiply_the_endpoints() {
        let endpoint = |path: &str| Request::get(path.to_owned(), Form::new()).endpoint();
        assert_eq!(endpoint("/v1/customers"), "/v1/customers");
        assert_eq!(endpoint("/v1/customers/cus_1/payment_methods"), "/v1/customers/{id}/payment_methods");
        assert_eq!(endpoint("/v1/invoices/create_preview"), "/v1/invoices/create_preview");
    }

    #[test]
    fn a_request_survives_its_storage_and_hides_its_form() {
        let request = Request::post("/v1/customers".into(), Form::new().set("email", "a@b.c"), &Key::of("k"));
        let stored = serde_json::to_string(&request).unwrap();
        assert_eq!(serde_json::from_str::<Request>(&stored).unwrap(), request);
        assert!(!format!("{request:?}").contains("a%40b.c"));
    }
}
