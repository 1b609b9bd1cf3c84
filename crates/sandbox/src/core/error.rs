//! Errors in Stripe's form: an HTTP status and the members of the `error` object.

use crate::core::value::{Map, Value, json};

/// What a request is refused with.
#[derive(Clone, Debug)]
pub(crate) struct ApiError {
    pub(crate) status: u16,
    /// The members of `error`, without `doc_url` and `request_log_url`, which the shell adds.
    pub(crate) body: Map,
    /// The changes made so far stay: a declined payment leaves its intent behind.
    pub(crate) keep_changes: bool,
    /// The endpoint had begun to work, so that the answer is saved under the idempotency key
    /// (Stripe docs: idempotent requests: failures of parameter validation are not saved).
    pub(crate) began: bool,
}

pub(crate) type Result<T> = std::result::Result<T, ApiError>;

impl ApiError {
    pub(crate) fn new(status: u16, kind: &str, message: impl Into<String>) -> Self {
        let mut body = Map::new();
        body.insert("message", message.into().into());
        body.insert("type", kind.into());
        Self { status, body, keep_changes: false, began: false }
    }

    /// 400 `invalid_request_error` without a code.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(400, "invalid_request_error", message)
    }

    /// 400: a feature of Stripe's that this sandbox does not have, said plainly.
    pub(crate) fn unsupported(what: &str) -> Self {
        Self::invalid(format!("This sandbox does not support {what}."))
    }

    /// 400 for a state in which the request makes no sense; the answer is saved under the key.
    pub(crate) fn conflict(code: &str, message: impl Into<String>) -> Self {
        Self::invalid(message).code(code).begun()
    }

    /// 404 for an id in the path.
    pub(crate) fn missing(kind: &str, id: &str) -> Self {
        let mut error = Self::missing_param(kind, id, "id");
        error.status = 404;
        error
    }

    /// 400 for an id in a parameter.
    pub(crate) fn missing_param(kind: &str, id: &str, param: &str) -> Self {
        Self::invalid(format!("No such {kind}: '{id}'")).code("resource_missing").param(param)
    }

    /// 400 for a parameter that is required and absent.
    pub(crate) fn required(param: &str) -> Self {
        Self::invalid(format!("Missing required param: {param}.")).code("parameter_missing").param(param)
    }

    /// 400 for a parameter that was sent empty and cannot be unset.
    pub(crate) fn empty(param: &str) -> Self {
        let message = format!(
            "You passed an empty string for '{param}'. We assume empty values are an attempt to unset a parameter; \
             however '{param}' cannot be unset. You should remove '{param}' from your request or supply a non-empty \
             value."
        );
        Self::invalid(message).code("parameter_invalid_empty").param(param)
    }

    /// 402 `card_error`.
    pub(crate) fn card(code: &str, message: &str) -> Self {
        Self::new(402, "card_error", message).code(code).begun()
    }

    pub(crate) fn code(self, code: &str) -> Self {
        self.with("code", code)
    }

    pub(crate) fn param(self, param: &str) -> Self {
        self.with("param", param)
    }

    pub(crate) fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.body.insert(key, value.into());
        self
    }

    pub(crate) fn begun(mut self) -> Self {
        self.began = true;
        self
    }

    pub(crate) fn keeping_changes(mut self) -> Self {
        self.keep_changes = true;
        self.began = true;
        self
    }

    pub(crate) fn code_str(&self) -> Option<&str> {
        self.body.get("code").and_then(Value::as_str)
    }

    /// The whole answer. Members are sorted, as Stripe's are.
    pub(crate) fn render(&self, request_id: &str, at: i64) -> Value {
        let mut members = self.body.clone();
        if let Some(code) = self.code_str() {
            let page = code.replace('_', "-");
            members.insert("doc_url", format!("https://stripe.com/docs/error-codes/{page}").into());
        }
        let log = format!("https://dashboard.stripe.com/test/logs/{request_id}?t={at}");
        members.insert("request_log_url", log.into());
        members.sort();
        json!({ "error": members })
    }
}
