//! The sandbox's own address, as a client reached it: for the links in answers.

use axum::http::HeaderMap;
use axum::http::header::HOST;

use super::reply::header;

/// When a client did not say which host it asked (a router that is called without a socket).
const UNKNOWN: &str = "http://127.0.0.1";

/// `http://HOST` of the request.
pub(crate) fn own_address(headers: &HeaderMap) -> String {
    let host = header(headers, HOST.as_str()).filter(|host| is_plain(host));
    host.map_or_else(|| UNKNOWN.to_owned(), |host| format!("http://{host}"))
}

/// A name or an address, perhaps with a port: nothing that would make another address of a link.
fn is_plain(host: &str) -> bool {
    !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || b".-:[]".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_leads_to_where_the_client_came_to() {
        let of = |host: &'static str| {
            own_address(&HeaderMap::from_iter([(HOST, axum::http::HeaderValue::from_static(host))]))
        };
        assert_eq!(of("127.0.0.1:12111"), "http://127.0.0.1:12111");
        assert_eq!(of("[::1]:12111"), "http://[::1]:12111");
        assert_eq!(of("evil.example/x?"), UNKNOWN);
        assert_eq!(own_address(&HeaderMap::new()), UNKNOWN);
    }
}
