//! The pages: files that `make web` has built from web/, part of the program itself.

use super::Shared;
use super::page::page;
use crate::config::{Config, Mode};
use crate::problem::Problem;
use crate::state::AppState;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::header::{self, HeaderMap, HeaderName};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use rust_embed::{EmbeddedFile, RustEmbed};

/// A release holds the files; a debug build reads them from their folder. See build.rs.
#[derive(RustEmbed)]
#[folder = "../../web/dist"]
struct Files;

/// The paths of web/src/app/router.tsx. What is not among them is not found, as it should be.
const PAGES: &[&str] = &[
    "/",
    "/pricing",
    "/tokens",
    "/ai",
    "/account",
    "/account/billing",
    "/account/invoice",
    "/sign-in",
    "/enter",
    "/register",
    "/forgot-password",
    "/reset-password",
    "/verify-email",
];

const FONT: &str = "font/woff2";

/// Files whose names do not change with what is in them.
const PLAIN_FILES: &[&str] = &["/theme.js", "/favicon.svg"];

pub(super) fn routes() -> Router<AppState> {
    let pages = PAGES.iter().fold(Router::new(), |router, path| router.route(path, get(index)));
    let files = PLAIN_FILES.iter().fold(pages, |router, path| {
        let name = path.trim_start_matches('/');
        router.route(path, get(move |headers: HeaderMap| async move { file(name, &headers, "no-cache") }))
    });
    files.route("/assets/{name}", get(asset))
}

/// The one document of all pages; which of them it is the browser reads from the path.
async fn index(State(state): Shared, headers: HeaderMap) -> Response {
    let Ok(mut response) = file("index.html", &headers, "no-cache") else { return not_built() };
    if let Ok(policy) = HeaderValue::from_str(&policy(&state.config)) {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

/// Its name has a digest of what is in it: a browser that has it need not ask again.
async fn asset(Path(name): Path<String>, headers: HeaderMap) -> Result<Response, Problem> {
    if name.contains('/') {
        return Err(Problem::not_found());
    }
    let mut response = file(&format!("assets/{name}"), &headers, "public, max-age=31536000, immutable")?;
    if content_type(&name) == Some(FONT) {
        // Stripe's frame, which is another origin, writes in our font.
        response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    }
    Ok(response)
}

fn file(name: &str, asked: &HeaderMap, caching: &'static str) -> Result<Response, Problem> {
    let Some(content_type) = content_type(name) else { return Err(Problem::not_found()) };
    let (encoding, file) = smallest(name, asked).ok_or_else(Problem::not_found)?;
    let etag = format!("\"{}\"", hex::encode(file.metadata.sha256_hash()));
    if asked.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == etag.as_bytes()) {
        return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, etag)]).into_response());
    }
    let fixed = [
        (header::CONTENT_TYPE, content_type),
        (header::CACHE_CONTROL, caching),
        (header::VARY, "accept-encoding"),
    ];
    let encoding: Vec<(HeaderName, &str)> =
        encoding.map(|encoding| (header::CONTENT_ENCODING, encoding)).into_iter().collect();
    let mut response = (fixed, [(header::ETAG, etag)], file.data).into_response();
    for (name, value) in encoding {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    Ok(response)
}

/// The file as the browser takes it: web/scripts/compress.mjs has left smaller ones beside it.
fn smallest(name: &str, asked: &HeaderMap) -> Option<(Option<&'static str>, EmbeddedFile)> {
    let accepted =
        asked.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let accepts = |encoding: &str| accepted.split(',').any(|one| one.trim() == encoding);
    for (encoding, suffix) in [("br", "br"), ("gzip", "gz")] {
        if accepts(encoding)
            && let Some(file) = Files::get(&format!("{name}.{suffix}"))
        {
            return Some((Some(encoding), file));
        }
    }
    Files::get(name).map(|file| (None, file))
}

/// Of what the build makes; anything else is not served.
fn content_type(name: &str) -> Option<&'static str> {
    match name.rsplit_once('.')?.1 {
        "html" => Some("text/html; charset=utf-8"),
        "js" => Some("text/javascript; charset=utf-8"),
        "css" => Some("text/css; charset=utf-8"),
        "svg" => Some("image/svg+xml"),
        "woff2" => Some(FONT),
        _ => None,
    }
}

/// Scripts, styles and requests of our own, and what Stripe.js needs: with keys of Stripe's its documented hosts,
/// in sandbox mode the sandbox and the name of its frames.
fn policy(config: &Config) -> String {
    let script = origin(&config.stripe_js_url());
    let (scripts, frames, connect, images) = match config.mode {
        Mode::Sandbox => {
            let frames = elements_origin(&script);
            (script.clone(), format!("{script} {frames}"), script, String::new())
        }
        Mode::Test | Mode::Live => (
            format!("{script} https://js.stripe.com https://*.js.stripe.com"),
            "https://js.stripe.com https://*.js.stripe.com https://hooks.stripe.com".to_owned(),
            "https://api.stripe.com".to_owned(),
            "https://*.stripe.com".to_owned(),
        ),
    };
    format!(
        "default-src 'none'; script-src 'self' {scripts}; style-src 'self'; font-src 'self'; img-src 'self' data: {images}; \
         connect-src 'self' {connect}; frame-src {frames}; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )
}

/// `http://127.0.0.1:12111` of `http://127.0.0.1:12111/stripe.js`.
fn origin(url: &str) -> String {
    url::Url::parse(url).map(|url| url.origin().ascii_serialization()).unwrap_or_default()
}

/// The sandbox's frames are of another origin than its script: on this machine by the name `elements.localhost`.
fn elements_origin(script: &str) -> String {
    let Ok(mut url) = url::Url::parse(script) else { return String::new() };
    let here = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    if !here || url.set_host(Some("elements.localhost")).is_err() {
        return String::new();
    }
    url.origin().ascii_serialization()
}

fn not_built() -> Response {
    let body = "<h1>AllThrive Billing</h1><p>The pages are not built. Run <code>make web</code> (it needs Node 20), then \
                start this again. The API works without them: <a href=\"/api/docs/\">read it</a>.</p>";
    (StatusCode::SERVICE_UNAVAILABLE, page("AllThrive Billing", body)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_frames_of_a_sandbox_on_this_machine_have_a_name_of_their_own() {
        assert_eq!(elements_origin("http://127.0.0.1:12111"), "http://elements.localhost:12111");
        assert_eq!(elements_origin("https://sandbox.example"), "");
    }

    fn policy_with(pairs: &[(&'static str, &str)]) -> String {
        let values = pairs.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        policy(&Config::from_values(values).unwrap())
    }

    /// What is allowed of one kind, such as `script-src`.
    fn allowed<'a>(policy: &'a str, kind: &str) -> Vec<&'a str> {
        let mut of_kind = policy.split("; ").map(|directive| directive.split_whitespace());
        of_kind.find_map(|mut words| (words.next() == Some(kind)).then(|| words.collect())).unwrap()
    }

    const TEST: [(&str, &str); 1] = [("STRIPE_SECRET_KEY", "sk_test_x")];
    const LIVE: [(&str, &str); 3] = [
        ("STRIPE_SECRET_KEY", "sk_live_x"),
        ("STRIPE_WEBHOOK_SECRET", "whsec_a"),
        ("PUBLIC_URL", "https://billing.example"),
    ];

    #[test]
    fn no_mode_allows_scripts_within_a_page_or_of_anybody() {
        for pairs in [&[][..], &TEST, &LIVE] {
            let policy = policy_with(pairs);
            assert_eq!(allowed(&policy, "default-src"), ["'none'"]);
            assert_eq!(allowed(&policy, "script-src")[0], "'self'");
            for word in ["unsafe", "*", "https:", "http:", "data:", "blob:"] {
                let scripts = allowed(&policy, "script-src");
                let any =
                    scripts.iter().any(|source| source.starts_with(&format!("'{word}")) || *source == word);
                assert!(!any, "{word} in {policy}");
            }
        }
    }

    #[test]
    fn a_sandbox_needs_no_address_of_stripes() {
        let here = policy_with(&[("SANDBOX_LISTEN", "127.0.0.1:12345")]);
        let elsewhere = policy_with(&[("SANDBOX_URL", "https://sandbox.example/"), ("ALLOW_SANDBOX", "1")]);
        for policy in [&here, &elsewhere] {
            assert!(!policy.contains("stripe.com"), "{policy}");
        }
        let script = "http://127.0.0.1:12345";
        assert_eq!(allowed(&here, "script-src"), ["'self'", script]);
        assert_eq!(allowed(&here, "connect-src"), ["'self'", script]);
        assert_eq!(allowed(&here, "frame-src"), [script, "http://elements.localhost:12345"]);
        assert_eq!(allowed(&elsewhere, "script-src"), ["'self'", "https://sandbox.example"]);
    }

    #[test]
    fn with_keys_of_stripes_only_its_documented_addresses_are_allowed() {
        let (test, live) = (policy_with(&TEST), policy_with(&LIVE));
        assert_eq!(test, live, "what works in test mode works in live mode");
        for source in ["https://js.stripe.com", "https://*.js.stripe.com"] {
            assert!(allowed(&live, "script-src").contains(&source), "{live}");
            assert!(allowed(&live, "frame-src").contains(&source), "{live}");
        }
        assert!(allowed(&live, "frame-src").contains(&"https://hooks.stripe.com"), "{live}");
        assert_eq!(allowed(&live, "connect-src"), ["'self'", "https://api.stripe.com"]);
        let addresses = live.split([' ', ';']).filter(|source| source.contains("://"));
        for address in addresses {
            assert!(address.starts_with("https://") && address.ends_with(".stripe.com"), "{address}");
        }
        for own in ["127.0.0.1", "localhost", "12111"] {
            assert!(!live.contains(own), "{own} in {live}");
        }
    }

    #[test]
    fn only_what_the_build_makes_has_a_type() {
        assert_eq!(content_type("assets/index-1.js"), Some("text/javascript; charset=utf-8"));
        assert_eq!(content_type("assets/index-1.js.br"), None);
        assert_eq!(content_type("manifest.json"), None);
    }
}
