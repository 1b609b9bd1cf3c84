//! Webhook endpoints.

use crate::core::value::{Value, json};

use super::shapes::NONE;
use crate::core::error::{ApiError, Result};
use crate::core::event_types::EVENT_TYPES;
use crate::core::json::Json;
use crate::core::list::{AFTER, BEFORE, LIMIT, list};
use crate::core::routes::{Route, route};
use crate::core::work::Work;
use crate::params::args::Args;
use crate::params::shape::{Kind, Shape};
use crate::server::versions;

pub(crate) const ROUTES: &[Route] = &[
    route("POST", "webhook_endpoints", CREATE, create),
    route("GET", "webhook_endpoints", LIST, all),
    route("GET", "webhook_endpoints/*", NONE, retrieve),
    route("POST", "webhook_endpoints/*", UPDATE, update),
    route("DELETE", "webhook_endpoints/*", NONE, delete),
];

/// [doc] webhooks: up to 16 endpoints that are enabled.
const MOST: usize = 16;

const CREATE: Shape = &[
    ("api_version", Kind::Text),
    ("description", Kind::Text),
    ("enabled_events", Kind::Words(EVENT_TYPES)),
    ("metadata", Kind::Metadata),
    ("url", Kind::Text),
];
const UPDATE: Shape = &[
    ("description", Kind::Text),
    ("disabled", Kind::Bool),
    ("enabled_events", Kind::Words(EVENT_TYPES)),
    ("metadata", Kind::Metadata),
    ("url", Kind::Text),
];
const LIST: Shape = &[AFTER, BEFORE, LIMIT];

fn checked_url(args: &Args) -> Result<&str> {
    let url = args.need_text("url")?;
    let parsed = url::Url::parse(url).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    parsed.map(|_| url).ok_or_else(|| {
        ApiError::invalid("Invalid URL: An explicit scheme (such as https) must be provided.")
            .code("url_invalid")
            .param("url")
    })
}

fn events(args: &Args) -> Result<Value> {
    if args.params.list("enabled_events").is_empty() {
        return Err(ApiError::required("enabled_events"));
    }
    Ok(args.at("enabled_events").clone())
}

/// Refuses one more endpoint than Stripe serves.
fn check_count(work: &Work<'_>) -> Result<()> {
    let enabled = work.all("webhook_endpoint").iter().filter(|other| other.is("status", "enabled")).count();
    if enabled < MOST {
        return Ok(());
    }
    Err(ApiError::invalid(format!("You have reached the maximum of {MOST} test webhook endpoints.")).begun())
}

/// A new endpoint. Its secret is shown in this answer only ([spec]).
fn create(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let url = checked_url(args)?;
    let events = events(args)?;
    if let Some(version) = args.text("api_version")
        && !versions::is_known(version)
    {
        return Err(ApiError::invalid(format!("Invalid API version: {version}")).param("api_version"));
    }
    check_count(work)?;
    let secret = format!("whsec_{}", work.random.text(32));
    let id = make(work, url, &events, &secret);
    work.edit(&id, |endpoint| {
        args.copy(&["api_version", "description"], endpoint);
        args.metadata(endpoint);
    });
    let mut shown = (*work.see(&id)).clone();
    shown.set("secret", secret);
    Ok(shown)
}

/// Stores an endpoint; also for those of the configuration.
pub(crate) fn make(work: &mut Work<'_>, url: &str, events: &Value, secret: &str) -> String {
    let id = format!("we_1{}", work.random.text(23));
    work.create(json!({
        "id": id,
        "object": "webhook_endpoint",
        "api_version": null,
        "application": null,
        "created": work.now,
        "description": null,
        "enabled_events": events,
        "livemode": false,
        "metadata": {},
        "status": "enabled",
        "url": url,
        "_secret": secret,
    }));
    id
}

fn retrieve(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    Ok((*work.path("webhook_endpoint", args.id())?).clone())
}

fn update(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let endpoint = work.path("webhook_endpoint", args.id())?;
    let id = endpoint.id();
    if args.sent("url") {
        checked_url(args)?;
    }
    if endpoint.is("status", "disabled") && args.at("disabled") == false {
        check_count(work)?;
    }
    let wanted = if args.sent("enabled_events") { Some(events(args)?) } else { None };
    work.edit(&id, |endpoint| {
        args.copy(&["description", "url"], endpoint);
        args.metadata(endpoint);
        if let Some(wanted) = wanted {
            endpoint.set("enabled_events", wanted);
        }
        if let Some(disabled) = args.at("disabled").as_bool() {
            endpoint.set("status", if disabled { "disabled" } else { "enabled" });
        }
    });
    Ok((*work.see(&id)).clone())
}

fn delete(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let id = work.path("webhook_endpoint", args.id())?.id();
    work.remove(&id);
    Ok(json!({ "id": id, "object": "webhook_endpoint", "deleted": true }))
}

fn all(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    list(work, args, "webhook_endpoint", "/v1/webhook_endpoints", None, |_| true)
}
