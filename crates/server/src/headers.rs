//! Headers that keep browsers from doing with our answers what nobody intended.

use axum::extract::{Request, State};
use axum::http::header::{self, HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;

/// JSON needs nothing; a page that needs more says so itself.
const NOTHING: &str = "default-src 'none'; frame-ancestors 'none'";
/// The reader of the API's document has scripts and styles of its own, served by us.
const READER: &str = "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; \
                      img-src 'self' data:; frame-ancestors 'none'";

/// `https`: whether people reach us that way, and should go on doing so.
pub(crate) async fn secure(State(https): State<bool>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let (is_reader, is_api) = (path.starts_with("/api/docs"), path.starts_with("/api/v1/"));
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let mut set = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    set(header::CONTENT_SECURITY_POLICY, if is_reader { READER } else { NOTHING });
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::X_FRAME_OPTIONS, "DENY");
    set(header::REFERRER_POLICY, "no-referrer");
    if is_api {
        set(header::CACHE_CONTROL, "no-store");
    }
    if https {
        set(header::STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
    response
}
