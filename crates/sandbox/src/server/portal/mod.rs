//! The customer portal's page: where a session's address leads. Plain forms, no scripts, nothing from elsewhere.

mod actions;
mod page;
mod visit;

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::{Form, Path, Query, State};
use axum::http::header::LOCATION;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::engine::Engine;
use super::html::{Html, respond};
use super::own_address::own_address;
use crate::core::apply::Command;
use crate::core::json::Json;
use visit::Visit;

#[derive(Debug, Deserialize)]
pub(crate) struct Shown {
    /// What was done just now is confirmed.
    done: Option<String>,
}

/// The page of a session.
pub(crate) async fn show(
    State(engine): State<Arc<Engine>>,
    Path(token): Path<String>,
    Query(shown): Query<Shown>,
) -> Response {
    match engine.with_state(|state| Visit::of(state, &token)) {
        Some(visit) => {
            let note = if shown.done.is_some() { page::Note::Done } else { page::Note::None };
            respond(StatusCode::OK, &page::render(&visit, note))
        }
        None => unknown(),
    }
}

/// What the payer chose there.
pub(crate) async fn act(
    State(engine): State<Arc<Engine>>,
    Path(token): Path<String>,
    headers: HeaderMap,
    Form(form): Form<HashMap<String, String>>,
) -> Response {
    let Some(visit) = engine.with_state(|state| Visit::of(state, &token)) else { return unknown() };
    let command = match actions::command(&visit, &form) {
        Ok(command) => command,
        Err(refusal) => {
            return respond(StatusCode::BAD_REQUEST, &page::render(&visit, page::Note::Wrong(refusal)));
        }
    };
    let (request_id, address) = (engine.request_id(), own_address(&headers));
    let Ok((answer, promise)) = engine.apply(&Command { request_id, address, ..command }) else {
        let note = page::Note::Wrong("This was changed too often lately. Try again later.".into());
        return respond(StatusCode::TOO_MANY_REQUESTS, &page::render(&visit, note));
    };
    if let Some(promise) = promise
        && promise.await.is_err()
    {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    if answer.status == 200 {
        let after = visit.session.text("flow.after_completion.redirect.return_url").map(str::to_owned);
        let next = after.unwrap_or_else(|| format!("/p/session/{token}?done=1"));
        return (StatusCode::SEE_OTHER, [(LOCATION, next)]).into_response();
    }
    let message = answer.body.text("error.message").unwrap_or("This did not work.").to_owned();
    respond(StatusCode::BAD_REQUEST, &page::render(&visit, page::Note::Wrong(message)))
}

fn unknown() -> Response {
    let mut page = Html::default();
    page.element("h1", "This page does not exist");
    page.element("p", "Ask the application for a new link to the customer portal.");
    respond(StatusCode::NOT_FOUND, &page.document("Customer portal"))
}
