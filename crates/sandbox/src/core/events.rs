//! Events: what happened, as the endpoints are told it, and the deliveries that are owed.

use std::sync::Arc;

use crate::core::value::{Value, json};

use super::event_types::is_known;
use super::json::{Json, previous};
use super::render;
use super::work::{API_VERSION, Work};

/// Events that show what the object's changed members were before.
fn shows_previous(event: &str) -> bool {
    event.ends_with(".updated")
        || matches!(
            event,
            "charge.refunded"
                | "payment_method.detached"
                | "customer.subscription.paused"
                | "customer.subscription.resumed"
        )
}

/// Stores an event and one pending delivery for each endpoint that wants it.
pub(crate) fn emit(work: &mut Work<'_>, event: &str, object: &Arc<Value>, before: Option<&Value>) {
    debug_assert!(is_known(event), "Stripe has no event {event}");
    let mut data = json!({ "object": render::public(object) });
    if shows_previous(event) {
        data.set("previous_attributes", before.map(|old| previous(old, object)).unwrap_or_default());
    }
    let id = work.new_id("evt");
    let endpoints: Vec<Arc<Value>> =
        work.all("webhook_endpoint").into_iter().filter(|endpoint| wants(endpoint, event)).collect();
    work.create(json!({
        "id": id,
        "object": "event",
        "api_version": API_VERSION,
        "created": work.now,
        "data": data,
        "livemode": false,
        "pending_webhooks": endpoints.len(),
        "request": {
            "id": work.asked.request_id,
            "idempotency_key": work.asked.idempotency_key,
        },
        "type": event,
        "_on_clock": work.is_on_clock(),
    }));
    for endpoint in endpoints {
        owe(work, &id, &endpoint.id());
    }
}

/// A delivery of an event that is owed to an endpoint, due at once.
fn owe(work: &mut Work<'_>, event: &str, endpoint: &str) {
    work.create(json!({
        "id": format!("{event}:{endpoint}"),
        "object": "_delivery",
        "_event": event,
        "endpoint": endpoint,
        "attempts": 0,
        "first_ms": work.wall_ms,
        "_next_ms": work.wall_ms,
    }));
}

/// Sends an event to an endpoint once more; what is still owed is sent now.
pub(crate) fn resend(work: &mut Work<'_>, event: &str, endpoint: &str) {
    let (pending, now) = (format!("{event}:{endpoint}"), work.wall_ms);
    if let Some(owed) = work.get(&pending) {
        // Another moment than before, so that a try that is under way does not count for this one.
        let next = if owed.num("_next_ms") == now { now + 1 } else { now };
        work.set(&pending, "_next_ms", next);
        return;
    }
    owe(work, event, endpoint);
    work.edit(event, |event| event.set("pending_webhooks", event.num("pending_webhooks") + 1));
}

/// Whether an endpoint is to be told of events of this type.
pub(crate) fn wants(endpoint: &Value, event: &str) -> bool {
    endpoint.is("status", "enabled")
        && endpoint.list("enabled_events").iter().any(|wanted| wanted == "*" || wanted == event)
}
