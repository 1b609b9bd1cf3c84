//! The door: requests that come too often, or too many at once, are answered here.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::HeaderValue;
use axum::middleware::Next;
use axum::response::Response;

use super::{Asked, Reason};
use crate::clock::wall_ms;
use crate::core::routes;
use crate::server::auth;
use crate::server::engine::Engine;
use crate::server::reply::{Reply, header};

/// Around Stripe's addresses, outside of the faults: what is refused here is not struck, and what is late is under way.
pub(crate) async fn guard(State(engine): State<Arc<Engine>>, request: Request, next: Next) -> Response {
    if !engine.limits.is_on() {
        return next.run(request).await;
    }
    let (method, path) = (request.method().as_str().to_owned(), request.uri().path().to_owned());
    // Who has no key, or asks for what there is not, is refused elsewhere and costs nothing.
    let (Ok(caller), Some(endpoint)) = (auth::caller(request.headers(), None), routes::name(&method, &path))
    else {
        return next.run(request).await;
    };
    let object = path.split('/').nth(3).filter(|_| method != "GET" && endpoint.contains('*'));
    let asked = Asked { account: &caller.account, method: &method, endpoint, object };
    match engine.limits.enter(&asked, wall_ms()) {
        Ok(_running) => next.run(request).await,
        Err(reason) => {
            let headers = request.headers();
            let (version, key) = (header(headers, "stripe-version"), header(headers, "idempotency-key"));
            let request_id = engine.request_id();
            let reply = Reply {
                request_id: &request_id,
                version: version.as_deref(),
                key: key.as_deref(),
                method: &method,
            };
            refuse(&reply, &engine, reason)
        }
    }
}

/// 429 with the reason in a header.
pub(crate) fn refuse(reply: &Reply<'_>, engine: &Engine, reason: Reason) -> Response {
    let mut answer = reply.refuse(engine, &reason.error());
    if let Some(reason) = reason.header() {
        answer.headers_mut().insert("stripe-rate-limited-reason", HeaderValue::from_static(reason));
    }
    answer
}
