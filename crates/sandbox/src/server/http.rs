//! The shell: HTTP in, a command, HTTP out.

use std::sync::Arc;

use axum::Router;
use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::Response;
use axum::routing::get;

use tower_http::catch_panic::CatchPanicLayer;

use super::auth::{self, Caller};
use super::engine::Engine;
use super::faults::strike::strike;
use super::limits::guard;
use super::own_address::own_address;
use super::reply::{Reply, header};
use super::{checkout, control, dashboard, portal, stripe_js, versions};
use crate::core::apply::Command;
use crate::core::error::ApiError;

/// Larger requests are refused: nothing that Stripe takes here is as large.
const MAX_BODY: usize = 1 << 20;

pub(crate) fn router(engine: Arc<Engine>) -> Router {
    Router::new()
        .fallback(stripe)
        .layer(from_fn_with_state(Arc::clone(&engine), strike))
        .layer(from_fn_with_state(Arc::clone(&engine), guard::guard))
        .layer(from_fn(stripe_js::cors::cors))
        .nest("/_sandbox", control::router())
        .route("/dashboard", get(dashboard::page))
        .route("/c/pay/{token}", get(checkout::show).post(checkout::act))
        .route("/p/session/{token}", get(portal::show).post(portal::act))
        .merge(stripe_js::router())
        .with_state(engine)
        .layer(CatchPanicLayer::new())
}

async fn stripe(State(engine): State<Arc<Engine>>, request: Request) -> Response {
    let request_id = engine.request_id();
    let (parts, body) = request.into_parts();
    let method = parts.method.as_str().to_owned();
    let path = parts.uri.path().to_owned();
    let headers = &parts.headers;
    let version = header(headers, "stripe-version");
    let key = header(headers, "idempotency-key").filter(|key| !key.is_empty());
    let reply =
        Reply { request_id: &request_id, version: version.as_deref(), key: key.as_deref(), method: &method };

    let Ok(bytes) = to_bytes(body, MAX_BODY).await else {
        let error = ApiError::new(413, "invalid_request_error", "The request body is too large.");
        return reply.refuse(&engine, &error);
    };
    let json = header(headers, "content-type").is_some_and(|kind| kind.starts_with("application/json"));
    let body = match (String::from_utf8(bytes.to_vec()), json && path.ends_with("/3ds")) {
        (Ok(text), true) => form_of_json(&text),
        (Ok(text), false) if json && !text.trim().is_empty() => {
            let message = "Invalid request (check that your POST content type is application/x-www-form-urlencoded). If \
                           you have any questions, we can help at https://support.stripe.com/.";
            return reply.refuse(&engine, &ApiError::invalid(message));
        }
        (Ok(text), false) => text,
        (Err(_), _) => return reply.refuse(&engine, &ApiError::invalid("Invalid UTF-8 in the request body")),
    };
    let query = parts.uri.query().unwrap_or_default().to_owned();
    let caller = match auth::caller(headers, sent_key(&query, &body).as_deref()) {
        Ok(caller) => caller,
        Err(error) => return reply.refuse(&engine, &error),
    };
    if let Some(unknown) = version.as_deref().filter(|version| !versions::is_known(version)) {
        let message = format!("Invalid Stripe API version: {unknown}");
        return reply.refuse(&engine, &ApiError::invalid(message));
    }
    let address = own_address(headers);
    let command = command(caller, &method, path, query, body, &request_id, key.clone());
    let command = Command { address, ..command };
    let posted = key.as_deref().filter(|_| method == "POST");
    let _in_flight = match posted.map(|key| engine.begin(&command.account, key)) {
        Some(None) => {
            let message = format!(
                "There is currently another in-progress request using this Idempotent Key (that probably means you \
                 submitted twice, and the other request is still going through): {}. Please try again later.",
                posted.unwrap_or_default()
            );
            let error = ApiError::new(409, "idempotency_error", message).code("idempotency_key_in_use");
            return reply.refuse(&engine, &error);
        }
        Some(Some(mark)) => Some(mark),
        None => None,
    };
    let turn = engine.turn.lock().await;
    let applied = engine.apply(&command);
    drop(turn);
    let (answer, promise) = match applied {
        Ok(applied) => applied,
        Err(reason) => return guard::refuse(&reply, &engine, reason),
    };
    if let Some(promise) = promise
        && promise.await.is_err()
    {
        let error = ApiError::new(500, "api_error", "The sandbox cannot write its journal.");
        return reply.refuse(&engine, &error);
    }
    reply.send(&answer)
}

fn command(
    caller: Caller,
    method: &str,
    path: String,
    query: String,
    body: String,
    request_id: &str,
    idempotency_key: Option<String>,
) -> Command {
    Command {
        account: caller.account,
        method: method.to_owned(),
        path,
        query,
        body,
        request_id: request_id.to_owned(),
        idempotency_key,
        publishable: caller.publishable,
        ..Command::default()
    }
}

fn sent_key(query: &str, body: &str) -> Option<String> {
    let mut pairs =
        url::form_urlencoded::parse(query.as_bytes()).chain(url::form_urlencoded::parse(body.as_bytes()));
    pairs.find(|(name, _)| name == "key").map(|(_, value)| value.into_owned())
}

/// The flat JSON that the 3D Secure layer may post, as a form.
fn form_of_json(text: &str) -> String {
    let Ok(crate::core::value::Value::Object(members)) = serde_json::from_str(text) else {
        return text.to_owned();
    };
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in members {
        form.append_pair(&name, value.as_str().unwrap_or(&value.to_string()));
    }
    form.finish()
}
