//! Events, as they can be read afterwards and sent again.

use std::sync::Arc;

use crate::core::value::Value;

use super::shapes::NONE;
use crate::core::error::{ApiError, Result};
use crate::core::events::{resend, wants};
use crate::core::json::Json;
use crate::core::list::{AFTER, BEFORE, CREATED, LIMIT, list};
use crate::core::routes::{Route, route};
use crate::core::work::Work;
use crate::params::args::Args;
use crate::params::shape::{Kind, Shape};

pub(crate) const ROUTES: &[Route] = &[
    route("GET", "events", LIST, all),
    route("GET", "events/*", NONE, retrieve),
    route("POST", "events/*/retry", RETRY, retry),
];

/// [doc] events: they can be read for 30 days.
const VISIBLE: i64 = 30 * 86_400;

const LIST: Shape = &[
    AFTER,
    BEFORE,
    CREATED,
    ("delivery_success", Kind::Bool),
    LIMIT,
    ("type", Kind::Text),
    ("types", Kind::Texts),
];

/// As Stripe's command line tool asks for it (`stripe events resend`); not in [spec]. `for_stripecli` is what it sends
/// when it names no endpoint and listens itself: nobody listens here but endpoints.
const RETRY: Shape = &[("for_stripecli", Kind::Bool), ("webhook_endpoint", Kind::Text)];

/// The time of a test clock says nothing about how long ago something happened.
fn is_visible(work: &Work<'_>, event: &Value) -> bool {
    event.flag("_on_clock") || event.num("created") > work.now - VISIBLE
}

fn visible(work: &Work<'_>, id: &str) -> Result<Arc<Value>> {
    let event = work.path("event", id)?;
    if is_visible(work, &event) { Ok(event) } else { Err(ApiError::missing("event", id)) }
}

fn retrieve(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    Ok((*visible(work, args.id())?).clone())
}

/// Sends an event again: to one endpoint, or to all that ask for its type.
fn retry(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let event = visible(work, args.id())?;
    let endpoints = if let Some(id) = args.text("webhook_endpoint") {
        let endpoint = work.named("webhook_endpoint", id, "webhook_endpoint")?;
        if !endpoint.is("status", "enabled") {
            let message = format!("The webhook endpoint {id} is disabled.");
            return Err(ApiError::invalid(message).param("webhook_endpoint"));
        }
        vec![endpoint]
    } else {
        let kind = event.text("type").unwrap_or_default();
        work.all("webhook_endpoint").into_iter().filter(|endpoint| wants(endpoint, kind)).collect()
    };
    for endpoint in endpoints {
        resend(work, &event.id(), &endpoint.id());
    }
    Ok((*work.see(&event.id())).clone())
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
        is_visible(work, event)
            && args.text("type").is_none_or(|wanted| matches(wanted, event.text("type").unwrap_or_default()))
            && types.as_array().is_none_or(|types| types.contains(event.at("type")))
            && delivered.is_none_or(|delivered| (event.num("pending_webhooks") == 0) == delivered)
    })
}

/// `charge.*` is every event of charges ([spec]: a `*` at the end).
fn matches(wanted: &str, event: &str) -> bool {
    wanted.strip_suffix('*').map_or(wanted == event, |start| event.starts_with(start))
}
