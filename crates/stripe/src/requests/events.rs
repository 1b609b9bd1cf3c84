//! Events that were missed, and a sign of life.

use super::{Created, page};
use crate::form::{Form, segment};
use crate::request::Request;
use domain::ids::StripeEventId;

/// How many types one call takes.
pub const EVENT_TYPES_A_CALL: usize = 20;

/// Newest first, of the last 30 days. At most [`EVENT_TYPES_A_CALL`] types; more are left out.
pub fn list_events(created: Created, types: &[&str], after: Option<&str>) -> Request {
    let form = created.on(Form::new()).list("types", types.iter().take(EVENT_TYPES_A_CALL));
    Request::get("/v1/events".into(), page(form, after))
}

pub fn retrieve_event(id: &StripeEventId) -> Request {
    Request::get(format!("/v1/events/{}", segment(id.as_str())), Form::new())
}

/// The cheapest call that needs a valid key.
pub fn ping() -> Request {
    Request::get("/v1/balance".into(), Form::new())
}
