//! Our webhook endpoint at Stripe.

use super::page;
use crate::event_types::EVENT_TYPES;
use crate::form::{Form, segment};
use crate::request::{API_VERSION, Key, Request};

pub fn list_webhook_endpoints(after: Option<&str>) -> Request {
    Request::get("/v1/webhook_endpoints".into(), page(Form::new(), after))
}

/// In our version, which cannot be changed afterwards.
pub fn create_webhook_endpoint(url: &str, key: &Key) -> Request {
    let form = Form::new()
        .set("url", url)
        .set("api_version", API_VERSION)
        .list("enabled_events", EVENT_TYPES)
        .set("metadata[allthrive]", 1);
    Request::post("/v1/webhook_endpoints".into(), form, key)
}

/// Brings its event types up to date, and switches it on.
pub fn update_webhook_endpoint(id: &str, key: &Key) -> Request {
    let form = Form::new().list("enabled_events", EVENT_TYPES).set("disabled", false);
    Request::post(format!("/v1/webhook_endpoints/{}", segment(id)), form, key)
}
