//! Pauses of collection. The status stays `active`; what falls due meanwhile is void.

use crate::form::{Form, segment};
use crate::request::{Key, Request};
use domain::ids::StripeSubscriptionId;
use domain::time::Timestamp;

pub fn pause_collection(id: &StripeSubscriptionId, resumes_at: Timestamp, key: &Key) -> Request {
    let form = Form::new()
        .set("pause_collection[behavior]", "void")
        .set("pause_collection[resumes_at]", resumes_at.seconds());
    Request::post(one(id), form, key)
}

pub fn end_pause(id: &StripeSubscriptionId, key: &Key) -> Request {
    Request::post(one(id), Form::new().set("pause_collection", ""), key)
}

/// A new period begins now and is charged whole: what is left of the present one was never paid.
pub fn begin_period(id: &StripeSubscriptionId, key: &Key) -> Request {
    let form = Form::new().set("billing_cycle_anchor", "now").set("proration_behavior", "none");
    Request::post(one(id), form, key)
}

fn one(id: &StripeSubscriptionId) -> String {
    format!("/v1/subscriptions/{}", segment(id.as_str()))
}
