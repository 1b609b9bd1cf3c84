//! The frame of our few plain pages.

use axum::http::header;
use axum::response::{Html, IntoResponse, Response};

/// A page of ours: its own styles and the script with this nonce, nothing from elsewhere.
pub(super) fn page(title: &str, body: &str, script: Option<(&str, &str)>) -> Response {
    let nonce = script.map(|(nonce, _)| format!("script-src 'nonce-{nonce}'; ")).unwrap_or_default();
    let script =
        script.map(|(nonce, code)| format!("<script nonce=\"{nonce}\">{code}</script>")).unwrap_or_default();
    let policy = format!(
        "default-src 'none'; style-src 'unsafe-inline'; connect-src 'self'; {nonce}base-uri 'none'; \
         form-action 'self'; frame-ancestors 'none'"
    );
    let html = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>{title}</title>\
         <style>body{{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:3rem auto;padding:0 1rem;\
         color:#1c2430;background:#fbfbfa}}pre,article{{background:#fff;border:1px solid #d9dde3;\
         border-radius:8px;padding:1rem;overflow-x:auto;white-space:pre-wrap;overflow-wrap:anywhere}}\
         a{{color:#0b57a4}}small{{color:#566070}}input,button{{font:inherit;padding:.4rem .7rem}}\
         @media (prefers-color-scheme:dark){{body{{color:#e6e9ee;background:#14181e}}\
         pre,article{{background:#1b2027;border-color:#39414c}}a{{color:#7db8f5}}small{{color:#a3adba}}}}</style>\
         </head><body><main>{body}</main>{script}</body></html>"
    );
    ([(header::CONTENT_SECURITY_POLICY, policy)], Html(html)).into_response()
}
