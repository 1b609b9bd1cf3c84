//! Headers that keep browsers from doing with our answers what nobody intended.

use axum::http::header::{self, HeaderName, HeaderValue};
use axum::response::Response;

/// JSON needs nothing; a page that needs more says so itself.
const NOTHING: &str = "default-src 'none'; frame-ancestors 'none'";
/// The reader of the API's document has scripts and styles of its own, served by us.
const READER: &str = "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; \
                      img-src 'self' data:; frame-ancestors 'none'";

/// What is asked for: its answer's headers go by that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Api,
    Reader,
    Elsewhere,
}

impl Place {
    pub(crate) fn of(path: &str) -> Self {
        if path.starts_with("/api/v1/") {
            Self::Api
        } else if path.starts_with("/api/docs") {
            Self::Reader
        } else {
            Self::Elsewhere
        }
    }
}

/// `https`: whether people reach us that way, and should go on doing so.
pub(crate) fn secure(mut response: Response, place: Place, https: bool) -> Response {
    let headers = response.headers_mut();
    let mut set = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    set(header::CONTENT_SECURITY_POLICY, if place == Place::Reader { READER } else { NOTHING });
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::X_FRAME_OPTIONS, "DENY");
    set(header::REFERRER_POLICY, "no-referrer");
    if place == Place::Api {
        set(header::CACHE_CONTROL, "no-store");
    }
    if https {
        set(header::STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
    response
}
