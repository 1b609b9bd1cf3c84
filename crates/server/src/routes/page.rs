//! The frame of our few plain pages.

use axum::http::header;
use axum::response::{Html, IntoResponse, Response};

/// What a plain page may: its own styles, and nothing from elsewhere.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'";

pub(super) fn page(title: &str, body: &str) -> Response {
    let html = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>{title}</title>\
         <style>body{{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:3rem auto;padding:0 1rem;\
         color:#1c2430;background:#fbfbfa}}pre,article{{background:#fff;border:1px solid #d9dde3;\
         border-radius:8px;padding:1rem;overflow-x:auto;white-space:pre-wrap;overflow-wrap:anywhere}}\
         a{{color:#0b57a4}}small{{color:#566070}}input,button{{font:inherit;padding:.4rem .7rem}}\
         @media (prefers-color-scheme:dark){{body{{color:#e6e9ee;background:#14181e}}\
         pre,article{{background:#1b2027;border-color:#39414c}}a{{color:#7db8f5}}small{{color:#a3adba}}}}</style>\
         </head><body><main>{body}</main></body></html>"
    );
    ([(header::CONTENT_SECURITY_POLICY, POLICY)], Html(html)).into_response()
}
