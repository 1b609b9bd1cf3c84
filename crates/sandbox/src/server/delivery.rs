//! Webhook delivery: signed, in parallel, retried until an endpoint takes it. By the wall clock.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::core::value::Value;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::delivery_log::{Attempt, Outcome};
use super::engine::Engine;
use super::signature::sign;
use crate::clock::wall_ms;
use crate::core::json::Json;
use crate::core::render;

/// Deliveries to one endpoint at the same time.
const AT_ONCE: usize = 8;
/// How many of the oldest pending deliveries of an account are looked at in one go: a long queue to one endpoint must
/// not be walked again for each of its deliveries.
const LOOKED_AT: usize = 500;
/// The first retry comes after this time; each further one after twice the time.
const FIRST_RETRY_MS: i64 = 1000;
const LONGEST_RETRY_MS: i64 = 60_000;
/// Stripe docs: webhooks: retried for up to three days.
const GIVE_UP_MS: i64 = 3 * 24 * 3600 * 1000;
const TIMEOUT: Duration = Duration::from_secs(10);
/// So much of an endpoint's answer is kept for the log, in bytes.
const LOGGED: usize = 1000;

/// One thing to send.
#[derive(Clone, Debug)]
struct Parcel {
    account: String,
    /// Of the delivery: `evt_...:we_...`.
    id: String,
    event: String,
    event_type: String,
    endpoint: String,
    /// Counted from 1.
    attempt: i64,
    /// When this try was due, in wall time: it has been put off or called for again when the delivery says otherwise.
    due_ms: i64,
    url: String,
    secret: String,
    body: String,
    /// Sent twice at once, by a fault on demand.
    twice: bool,
}

type Busy = Arc<Mutex<HashSet<(String, String)>>>;

/// Delivers until told to stop. What is under way then is sent once more after the next start.
pub(crate) async fn run(engine: Arc<Engine>, stop: CancellationToken, work: TaskTracker) {
    let client = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(TIMEOUT)
        .no_proxy()
        .user_agent("Stripe/1.0 (+https://stripe.com/docs/webhooks)")
        .build();
    let client = match client {
        Ok(client) => client,
        Err(error) => {
            tracing::error!(%error, "webhooks cannot be delivered");
            return;
        }
    };
    let busy: Busy = Arc::default();
    loop {
        let (parcels, wait) = due(&engine, &busy);
        if !parcels.is_empty() {
            // What is told must be on disk before.
            if let Some(flushed) = engine.flushed()
                && flushed.await.is_err()
            {
                return;
            }
        }
        for parcel in parcels {
            let (engine, client, busy) = (Arc::clone(&engine), client.clone(), Arc::clone(&busy));
            work.spawn(stop.clone().run_until_cancelled_owned(async move {
                let taken = if parcel.twice {
                    let (first, second) =
                        tokio::join!(send(&engine, &client, &parcel), send(&engine, &client, &parcel));
                    first || second
                } else {
                    send(&engine, &client, &parcel).await
                };
                settle(&engine, &parcel, taken);
                locked(&busy).remove(&(parcel.account, parcel.id));
                engine.bell.notify_one();
            }));
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = engine.bell.notified() => {}
            () = tokio::time::sleep(wait) => {}
        }
    }
}

fn locked(busy: &Busy) -> std::sync::MutexGuard<'_, HashSet<(String, String)>> {
    busy.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Lets faults on demand strike what is about to be sent for the first time: lost for good (the event stays pending, as
/// when Stripe gives up), held back, or to be sent twice. Answers whether there are such faults: then nothing goes out
/// that they have not judged.
fn misdeliver(engine: &Engine, busy: &HashSet<(String, String)>) -> bool {
    if !engine.faults.plan().strikes_webhooks() {
        return false;
    }
    let now = wall_ms();
    let mut fresh = Vec::new();
    engine.with_state(|state| {
        for account in state.accounts.values() {
            for (_, delivery) in account.outbox().take(LOOKED_AT).take_while(|(at, _)| *at <= now) {
                let key = (account.name.clone(), delivery.id());
                if is_unjudged(delivery) && !busy.contains(&key) {
                    let event = account.get(delivery.text("_event").unwrap_or_default());
                    let at = event.map(|event| event.num("created")).unwrap_or_default();
                    fresh.push((key, delivery.at("_seq").as_u64().unwrap_or_default(), at));
                }
            }
        }
    });
    for ((account, id), seq, at) in fresh {
        let struck = engine.faults.plan().delivery(&account, seq, at);
        engine.change(&account, |work| match struck {
            Some(fault) if fault.drop => work.remove(&id),
            fault => work.edit(&id, |delivery| {
                let fault = fault.unwrap_or_default();
                delivery.set("_judged", true);
                delivery.set("_twice", fault.duplicate);
                if fault.delay_ms > 0 {
                    delivery.set("_next_ms", now + i64::try_from(fault.delay_ms).unwrap_or(0));
                }
            }),
        });
    }
    true
}

fn is_unjudged(delivery: &Value) -> bool {
    delivery.num("attempts") == 0 && !delivery.flag("_judged")
}

/// What is to be sent now, marked as busy, and how long until the next may be due.
fn due(engine: &Engine, busy: &Busy) -> (Vec<Parcel>, Duration) {
    let now = wall_ms();
    let mut busy = locked(busy);
    let judging = misdeliver(engine, &busy);
    let mut running: HashMap<String, usize> = HashMap::new();
    for (_, id) in busy.iter() {
        *running.entry(endpoint_in(id).to_owned()).or_default() += 1;
    }
    let (mut parcels, mut next) = (Vec::new(), now + 60_000);
    engine.with_state(|state| {
        for account in state.accounts.values() {
            for (at, delivery) in account.outbox().take(LOOKED_AT) {
                if at > now {
                    next = next.min(at);
                    break;
                }
                if judging && is_unjudged(delivery) {
                    next = now;
                    continue;
                }
                let id = delivery.id();
                let key = (account.name.clone(), id.clone());
                let count = running.entry(delivery.string("endpoint")).or_default();
                if *count >= AT_ONCE || busy.contains(&key) {
                    continue;
                }
                *count += 1;
                busy.insert(key);
                parcels.push(parcel(account, delivery));
            }
        }
    });
    (parcels, Duration::from_millis(u64::try_from(next - now).unwrap_or(1000).clamp(20, 60_000)))
}

fn endpoint_in(id: &str) -> &str {
    id.split_once(':').map_or("", |(_, endpoint)| endpoint)
}

/// An endpoint that is gone has an empty URL.
fn parcel(account: &crate::core::state::Account, delivery: &Value) -> Parcel {
    let endpoint = account.get(delivery.text("endpoint").unwrap_or_default()).cloned().unwrap_or_default();
    let event = account.get(delivery.text("_event").unwrap_or_default()).cloned().unwrap_or_default();
    let mut shown = render::public(&event);
    if let Some(version) = endpoint.text("api_version") {
        shown.set("api_version", version);
    }
    let enabled = endpoint.is("status", "enabled");
    Parcel {
        account: account.name.clone(),
        id: delivery.id(),
        event: event.id(),
        event_type: event.string("type"),
        endpoint: endpoint.id(),
        attempt: delivery.num("attempts") + 1,
        due_ms: delivery.num("_next_ms"),
        url: if enabled { endpoint.string("url") } else { String::new() },
        secret: endpoint.string("_secret"),
        body: serde_json::to_string_pretty(&shown).unwrap_or_default(),
        twice: delivery.flag("_twice") && delivery.num("attempts") == 0,
    }
}

/// Whether the endpoint took it; an endpoint that is gone takes everything. Each try is logged.
async fn send(engine: &Engine, client: &reqwest::Client, parcel: &Parcel) -> bool {
    if parcel.url.is_empty() {
        return true;
    }
    let at_ms = wall_ms();
    let outcome = attempt(client, parcel, at_ms).await;
    let taken = outcome.is_taken();
    engine.deliveries.add(Attempt {
        account: parcel.account.clone(),
        event: parcel.event.clone(),
        event_type: parcel.event_type.clone(),
        endpoint: parcel.endpoint.clone(),
        url: parcel.url.clone(),
        number: parcel.attempt,
        at_ms,
        duration_ms: wall_ms() - at_ms,
        outcome,
    });
    taken
}

async fn attempt(client: &reqwest::Client, parcel: &Parcel, at_ms: i64) -> Outcome {
    let request = client
        .post(&parcel.url)
        .header("content-type", "application/json; charset=utf-8")
        .header("stripe-signature", sign(&parcel.secret, at_ms.div_euclid(1000), &parcel.body))
        .body(parcel.body.clone());
    match request.send().await {
        Ok(mut response) => {
            let (status, mut begin) = (response.status().as_u16(), Vec::new());
            while begin.len() < LOGGED
                && let Ok(Some(chunk)) = response.chunk().await
            {
                begin.extend_from_slice(&chunk[..chunk.len().min(LOGGED - begin.len())]);
            }
            let response = String::from_utf8_lossy(&begin).into_owned();
            Outcome { status: Some(status), response, error: None }
        }
        Err(error) => {
            tracing::debug!(%error, endpoint = %parcel.endpoint, "a delivery failed");
            let why = if error.is_timeout() { "no answer in time".to_owned() } else { reason(&error) };
            Outcome { error: Some(why), ..Outcome::default() }
        }
    }
}

/// The innermost cause says most: `Connection refused`.
fn reason(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(cause) => reason(cause),
        None => error.to_string(),
    }
}

/// Forgets a delivery that was taken or is too old, or plans its next try.
fn settle(engine: &Engine, parcel: &Parcel, taken: bool) {
    let now = wall_ms();
    engine.change(&parcel.account, |work| {
        let delivery = work.see(&parcel.id);
        if !delivery.has("id") {
            return;
        }
        if delivery.num("_next_ms") != parcel.due_ms {
            // Sent again on demand while this try was under way: the next one is due already.
            work.edit(&parcel.id, |delivery| delivery.set("attempts", parcel.attempt));
        } else if taken {
            work.remove(&parcel.id);
            work.edit(&delivery.string("_event"), |event| {
                let pending = event.num("pending_webhooks") - 1;
                event.set("pending_webhooks", pending.max(0));
            });
        } else if now - delivery.num("first_ms") > GIVE_UP_MS {
            work.remove(&parcel.id);
        } else {
            work.edit(&parcel.id, |delivery| {
                let attempts = delivery.num("attempts");
                let pause = FIRST_RETRY_MS << attempts.clamp(0, 6);
                delivery.set("attempts", attempts + 1);
                delivery.set("_next_ms", now + pause.min(LONGEST_RETRY_MS));
            });
        }
    });
}
