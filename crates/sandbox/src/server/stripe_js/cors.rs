//! Which of Stripe's addresses a page of any origin may call: those that are open to publishable keys, and no others.

use axum::extract::Request;
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ORIGIN,
};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::core::routes;
use crate::server::reply::header;

/// Around what may fail on demand too: a page has to see the failure.
pub(crate) async fn cors(request: Request, next: Next) -> Response {
    // Only browsers name an origin: everybody else is let by at once.
    if !request.headers().contains_key(ORIGIN) {
        return next.run(request).await;
    }
    let asked = header(request.headers(), "access-control-request-method");
    let preflight = request.method() == Method::OPTIONS && asked.is_some();
    let method = asked.filter(|_| preflight).unwrap_or_else(|| request.method().as_str().to_owned());
    if routes::find(&method, request.uri().path(), true).is_err() {
        return next.run(request).await;
    }
    if preflight {
        let headers = [
            (ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
            (ACCESS_CONTROL_ALLOW_METHODS, "GET, POST"),
            (ACCESS_CONTROL_ALLOW_HEADERS, "authorization, content-type, idempotency-key, stripe-version"),
            (ACCESS_CONTROL_MAX_AGE, "300"),
        ];
        return (StatusCode::NO_CONTENT, headers).into_response();
    }
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers
        .insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("request-id, stripe-should-retry"));
    response
}
