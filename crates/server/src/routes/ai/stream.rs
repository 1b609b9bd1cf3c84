//! Answers of an AI model, as they come or whole. The work runs in a task of its own, which goes on to settle what was used
//! when the client has left (traps 14, 15, 41).

use crate::extract::replayed;
use crate::problem::Problem;
use crate::state::AppState;
use axum::body::{Body, Bytes};
use axum::http::header::{self, HeaderName, HeaderValue};
use axum::response::{IntoResponse as _, Response};
use billing::ai::{self, Answered, Part, Relay};
use futures_util::stream;
use std::convert::Infallible;

/// Proxies that would collect an answer before they pass it on.
const UNBUFFERED: HeaderName = HeaderName::from_static("x-accel-buffering");

type Settled = Result<Option<Answered>, Problem>;

/// How an answer is written as server-sent events.
#[derive(Clone, Copy)]
pub(in crate::routes) struct Form {
    /// `None` for a part that has nothing for the reader.
    pub(in crate::routes) part: fn(&Part) -> Option<Bytes>,
    /// What stands behind the last part.
    pub(in crate::routes) last: fn(Settled) -> Bytes,
}

/// A refusal comes before the first part, and is an ordinary problem.
pub(in crate::routes) async fn in_parts<F>(
    state: &AppState,
    ask: impl FnOnce(Relay) -> F,
    form: Form,
) -> Result<Response, Problem>
where
    F: Future<Output = billing::Result<Option<Answered>>> + Send + 'static,
{
    let (relay, mut reading) = ai::relay();
    let work = state.run(ask(relay));
    if !reading.begin().await {
        let settled = work.await?;
        return Ok(events(Body::from((form.last)(Ok(settled)))));
    }
    let again = reading.is_again();
    let written = stream::unfold(Some((reading, work)), move |left| async move {
        let (mut reading, work) = left?;
        while let Some(part) = reading.next().await {
            if let Some(event) = (form.part)(&part) {
                return Some((Ok::<_, Infallible>(event), Some((reading, work))));
            }
        }
        Some((Ok((form.last)(work.await)), None))
    });
    let response = events(Body::from_stream(written));
    Ok(if again { replayed(response) } else { response })
}

/// A client that leaves before the answer is there pays nothing.
pub(in crate::routes) async fn at_once<F>(
    state: &AppState,
    ask: impl FnOnce(Relay) -> F,
) -> Result<Answered, Problem>
where
    F: Future<Output = billing::Result<Option<Answered>>> + Send + 'static,
{
    // Whoever leaves drops it.
    let (relay, _reading) = ai::relay();
    let answered = state.run(ask(relay)).await?;
    answered.ok_or_else(Problem::read_too_slowly)
}

/// As the service has written it.
pub(in crate::routes) fn as_it_came(answer: Answered) -> Response {
    let kind = HeaderValue::from_static("application/json");
    let response = ([(header::CONTENT_TYPE, kind)], answer.body).into_response();
    if answer.replayed { replayed(response) } else { response }
}

fn events(body: Body) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (UNBUFFERED, HeaderValue::from_static("no")),
    ];
    (headers, body).into_response()
}
