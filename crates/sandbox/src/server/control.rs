//! `/_sandbox`: the clock, deliveries, faults, limits, settings and the reset. Not Stripe's; needs no key.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::core::value::{Value, json};
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Json as Body, Router};
use serde::Deserialize;
use tokio::sync::watch;

use super::delivery_log::Wanted;
use super::engine::{Engine, show_clock};
use super::faults::rules;
use super::limits::settings as limit_settings;
use super::settings;

/// `advance` waits at most this long for its followers.
const FOLLOWERS: Duration = Duration::from_secs(5);
/// The longest that a follower may wait in one request, in seconds.
const LONGEST_WAIT: u64 = 60;
/// A hundred years, in seconds: no clock goes further at once.
const FARTHEST: i64 = 100 * 366 * 86_400;

/// Who follows the clock: those that wait now, and the newest version that each has asked past.
#[derive(Debug)]
struct Followers {
    waiting: AtomicUsize,
    /// (version, how many requests came that know it)
    seen: watch::Sender<(u64, usize)>,
}

pub(crate) fn router() -> Router<Arc<Engine>> {
    let followers = Arc::new(Followers { waiting: AtomicUsize::new(0), seen: watch::channel((0, 0)).0 });
    Router::new()
        .route("/clock", get(clock))
        .route("/clock/advance", post(advance))
        .route("/deliveries", get(deliveries))
        .route("/faults", get(faults).post(set_faults))
        .route("/limits", get(read_limits).post(set_limits))
        .route("/reset", post(reset))
        .route("/settings", get(settings::read).post(settings::write))
        .layer(Extension(followers))
}

#[derive(Debug, Default, Deserialize)]
struct Follow {
    after: Option<u64>,
    wait: Option<u64>,
}

struct Waiting(Arc<Followers>);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::SeqCst);
    }
}

/// The clock now, or as soon as its version is greater than `after` (at most `wait` seconds).
async fn clock(
    State(engine): State<Arc<Engine>>,
    Extension(followers): Extension<Arc<Followers>>,
    Query(follow): Query<Follow>,
) -> Body<Value> {
    if let Some(after) = follow.after {
        followers.seen.send_if_modified(|(version, count)| {
            let knows = after >= *version;
            *count += usize::from(knows);
            knows
        });
        let mut versions = engine.clock_version.subscribe();
        let wait = Duration::from_secs(follow.wait.unwrap_or(0).min(LONGEST_WAIT));
        followers.waiting.fetch_add(1, Ordering::SeqCst);
        let _waiting = Waiting(Arc::clone(&followers));
        let _ = tokio::time::timeout(wait, versions.wait_for(|version| *version > after)).await;
    }
    Body(show_clock(&engine))
}

#[derive(Debug, Deserialize)]
struct Advance {
    seconds: i64,
}

/// Moves the business clock, and answers when everybody who follows it has the new time.
async fn advance(
    State(engine): State<Arc<Engine>>,
    Extension(followers): Extension<Arc<Followers>>,
    body: axum::body::Bytes,
) -> Response {
    let sent = match serde_json::from_slice::<Advance>(&body) {
        Ok(sent) if (0..=FARTHEST).contains(&sent.seconds) => sent,
        Ok(_) => return refuse("seconds must be 0 or more, and at most 100 years: time does not go back"),
        Err(error) => return refuse(&format!("expected {{\"seconds\": n}}: {error}")),
    };
    let following = followers.waiting.load(Ordering::SeqCst);
    let next = *engine.clock_version.borrow() + 1;
    followers.seen.send_modify(|seen| *seen = (next, 0));
    let mut seen = followers.seen.subscribe();
    // A long way takes a while: not on a thread that answers others.
    let mover = Arc::clone(&engine);
    let Ok((_, promise)) = tokio::task::spawn_blocking(move || mover.advance(sent.seconds * 1000)).await
    else {
        return (StatusCode::INTERNAL_SERVER_ERROR, Body(json!({ "error": "the clock could not be moved" })))
            .into_response();
    };
    if let Some(promise) = promise {
        let _ = promise.await;
    }
    let _ = tokio::time::timeout(FOLLOWERS, seen.wait_for(|(_, count)| *count >= following)).await;
    Body(show_clock(&engine)).into_response()
}

pub(super) fn refuse(message: &str) -> Response {
    (StatusCode::BAD_REQUEST, Body(json!({ "error": message }))).into_response()
}

/// What became of the tries to deliver events.
async fn deliveries(State(engine): State<Arc<Engine>>, Query(wanted): Query<Wanted>) -> Body<Value> {
    Body(engine.with_state(|state| engine.deliveries.show(&wanted, state)))
}

/// The rules in force, and how often each was asked and struck.
async fn faults(State(engine): State<Arc<Engine>>) -> Body<Value> {
    Body(engine.faults.show())
}

/// Replaces the rules.
async fn set_faults(State(engine): State<Arc<Engine>>, body: axum::body::Bytes) -> Response {
    match rules::read(&body) {
        Ok((seed, rules)) => {
            engine.with_state(|state| engine.faults.replace(seed, rules, state));
            Body(engine.faults.show()).into_response()
        }
        Err(message) => refuse(&message),
    }
}

/// The limits in force, and how many requests were refused for what reason.
async fn read_limits(State(engine): State<Arc<Engine>>) -> Body<Value> {
    Body(engine.limits.show())
}

/// Replaces the limits.
async fn set_limits(State(engine): State<Arc<Engine>>, body: axum::body::Bytes) -> Response {
    match limit_settings::read(&body) {
        Ok(limits) => {
            engine.limits.replace(limits);
            Body(engine.limits.show()).into_response()
        }
        Err(message) => refuse(&message),
    }
}

async fn reset(State(engine): State<Arc<Engine>>) -> Response {
    match engine.reset() {
        Ok(promise) => {
            if let Some(promise) = promise {
                let _ = promise.await;
            }
            Body(json!({ "reset": true })).into_response()
        }
        Err(error) => {
            let body = Body(json!({ "error": format!("{error:#}") }));
            (StatusCode::INTERNAL_SERVER_ERROR, body).into_response()
        }
    }
}
