//! Whether a request with a cookie was made by our own pages. A browser sends the cookie with requests that
//! other sites make too; it says so in headers that no page can forge.

use crate::problem::Problem;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};

/// Lets safe methods pass, and unsafe ones from `public_url` or the address that was asked.
pub(super) fn check(parts: &Parts, public_url: &str) -> Result<(), Problem> {
    let safe = matches!(parts.method, Method::GET | Method::HEAD | Method::OPTIONS);
    if safe || is_same_origin(&parts.headers, public_url) {
        Ok(())
    } else {
        Err(Problem::not_allowed("A request with a session cookie must come from our own pages."))
    }
}

fn is_same_origin(headers: &HeaderMap, public_url: &str) -> bool {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text(header::HeaderName::from_static("sec-fetch-site")) {
        return site == "same-origin";
    }
    let Some(origin) = text(header::ORIGIN) else { return false };
    let host = origin.split_once("://").map(|(_, host)| host);
    origin == public_url || (host.is_some() && host == text(header::HOST))
}
