//! An answer as it comes: server-sent events. The work runs in a task of its own, which goes on to settle what was used
//! when the client has left (traps 14, 15, 41).

use super::chat::ChatView;
use crate::extract::replayed;
use crate::problem::Problem;
use crate::state::AppState;
use axum::body::{Body, Bytes};
use axum::http::header::{self, HeaderName, HeaderValue};
use axum::response::{IntoResponse as _, Response};
use billing::ai::{self, Chat, ChatAnswer};
use futures_util::stream;
use serde::Serialize;
use serde_json::json;
use std::convert::Infallible;

/// Proxies that would collect an answer before they pass it on.
const UNBUFFERED: HeaderName = HeaderName::from_static("x-accel-buffering");

/// A refusal comes before the first part, and is an ordinary problem.
pub(super) async fn stream(state: &AppState, command: Chat) -> Result<Response, Problem> {
    let (speaker, mut parts) = ai::parts();
    let billing = state.billing.clone();
    let work = state.run(async move { billing.chat(command, Some(speaker)).await });
    if !parts.begin().await {
        return Err(work.await.err().unwrap_or_else(Problem::overloaded));
    }
    let again = parts.are_again();
    let events = stream::unfold(Some((parts, work)), |left| async move {
        let (mut parts, work) = left?;
        Some(match parts.next().await {
            Some(text) => (Ok::<_, Infallible>(event("delta", json!({ "text": text }))), Some((parts, work))),
            None => (Ok(last(work.await)), None),
        })
    });
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream")),
        (UNBUFFERED, HeaderValue::from_static("no")),
    ];
    let response = (headers, Body::from_stream(events)).into_response();
    Ok(if again { replayed(response) } else { response })
}

fn last(done: Result<Option<ChatAnswer>, Problem>) -> Bytes {
    match done {
        Ok(Some(answer)) => event("done", ChatView::without_message(&answer)),
        Ok(None) => event("error", Problem::overloaded().document()),
        Err(problem) => event("error", problem.document()),
    }
}

/// JSON has no line breaks, so it is one line of data.
fn event(name: &str, data: impl Serialize) -> Bytes {
    let data = serde_json::to_string(&data).unwrap_or_default();
    format!("event: {name}\ndata: {data}\n\n").into()
}
