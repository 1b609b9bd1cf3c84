//! Events, as they can be read afterwards.

use serde_json::Value;

use super::shapes::NONE;
use crate::core::error::{ApiError, Result};
use crate::core::json::Json;
use crate::core::list::{AFTER, BEFORE, CREATED, LIMIT, list};
use crate::core::routes::{Route, route};
use crate::core::work::Work;
use crate::params::args::Args;
use crate::params::shape::{Kind, Shape};

pub(crate) const ROUTES: &[Route] =
    &[route("GET", "events", LIST, all), route("GET", "events/*", NONE, retrieve)];

const LIST: Shape = &[
    AFTER,
    BEFORE,
    CREATED,
    ("delivery_success", Kind::Bool),
    LIMIT,
    ("type", Kind::Text),
    ("types", Kind::Texts),
];

fn retrieve(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    Ok((*work.path("event", args.id())?).clone())
}

/// `delivery_success=false`: those that an endpoint has not yet taken.
fn all(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let types = args.at("types");
    if types.is_array() && args.sent("type") {
        return Err(ApiError::invalid("You may only specify one of these parameters: type, types.")
            .code("parameters_exclusive"));
    }
    if types.as_array().is_some_and(|types| types.len() > 20) {
        return Err(ApiError::invalid("You may pass up to 20 types.").param("types"));
    }
    let delivered = args.at("delivery_success").as_bool();
    list(work, args, "event", "/v1/events", None, |event| {
        args.text("type").is_none_or(|wanted| matches(wanted, event.text("type").unwrap_or_default()))
            && types.as_array().is_none_or(|types| types.contains(event.at("type")))
            && delivered.is_none_or(|delivered| (event.num("pending_webhooks") == 0) == delivered)
    })
}

/// `charge.*` is every event of charges ([spec]: a `*` at the end).
fn matches(wanted: &str, event: &str) -> bool {
    wanted.strip_suffix('*').map_or(wanted == event, |start| event.starts_with(start))
}
