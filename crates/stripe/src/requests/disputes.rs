//! Disputes.

use super::{Created, page};
use crate::form::{Form, segment};
use crate::request::Request;
use domain::ids::StripeDisputeId;

pub fn retrieve_dispute(id: &StripeDisputeId) -> Request {
    Request::get(format!("/v1/disputes/{}", segment(id.as_str())), Form::new())
}

/// Everybody's, for reconciliation.
pub fn list_disputes(created: Created, after: Option<&str>) -> Request {
    Request::get("/v1/disputes".into(), page(created.on(Form::new()), after))
}
