//! Stripe's customer portal.

use super::page;
use crate::form::Form;
use crate::request::{Key, Request};
use domain::ids::StripeCustomerId;

pub fn list_portal_configurations(after: Option<&str>) -> Request {
    let form = Form::new().set("active", true);
    Request::get("/v1/billing_portal/configurations".into(), page(form, after))
}

/// Cards, invoices, the address, and a cancellation at the period's end. No change of plan: the portal knows no quote, and
/// ends trials.
pub fn create_portal_configuration(return_url: &str, key: &Key) -> Request {
    let form = Form::new()
        .set("features[payment_method_update][enabled]", true)
        .set("features[invoice_history][enabled]", true)
        .set("features[customer_update][enabled]", true)
        .list("features[customer_update][allowed_updates]", ["email", "address", "name"])
        .set("features[subscription_cancel][enabled]", true)
        .set("features[subscription_cancel][mode]", "at_period_end")
        .set("features[subscription_update][enabled]", false)
        .set("default_return_url", return_url)
        .set("metadata[allthrive]", 1);
    Request::post("/v1/billing_portal/configurations".into(), form, key)
}

/// Its address serves for a short time. Every session is its own: a key of one is not used again.
pub fn create_portal_session(
    customer: &StripeCustomerId,
    configuration: &str,
    return_url: &str,
    key: &Key,
) -> Request {
    let form = Form::new()
        .set("customer", customer)
        .set("configuration", configuration)
        .set("return_url", return_url);
    Request::post("/v1/billing_portal/sessions".into(), form, key)
}
