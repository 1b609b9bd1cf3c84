//! Stripe.js for a browser without the internet: the script, the frames of its elements, the 3D Secure page.
//!
//! The page that pays never sees a card: it is typed into a frame of another origin, which alone sends it on.

pub(crate) mod cors;
mod hosted;

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY,
};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::engine::Engine;

const SCRIPT: &str = concat!(
    "(() => {\n'use strict';\n",
    include_str!("script/errors.js"),
    include_str!("script/request.js"),
    include_str!("script/emitter.js"),
    include_str!("script/frame.js"),
    include_str!("script/element.js"),
    include_str!("script/elements.js"),
    include_str!("script/challenge.js"),
    include_str!("script/confirm.js"),
    include_str!("script/collect.js"),
    include_str!("script/stripe.js"),
    "})();\n"
);

const FRAME: &str = include_str!("frame/frame.html");
const FRAME_STYLE: &str = include_str!("frame/frame.css");
const FRAME_SCRIPT: &str = concat!(
    "(() => {\n'use strict';\n",
    include_str!("script/errors.js"),
    include_str!("script/request.js"),
    include_str!("frame/card.js"),
    include_str!("frame/appearance.js"),
    include_str!("frame/field.js"),
    include_str!("frame/card_fields.js"),
    include_str!("frame/address_fields.js"),
    include_str!("frame/forms.js"),
    include_str!("frame/submit.js"),
    include_str!("frame/main.js"),
    "})();\n"
);

const CHALLENGE: &str = include_str!("challenge/challenge.html");
const CHALLENGE_STYLE: &str = include_str!("challenge/challenge.css");
const CHALLENGE_SCRIPT: &str = concat!(
    "(() => {\n'use strict';\n",
    include_str!("script/errors.js"),
    include_str!("script/request.js"),
    include_str!("challenge/challenge.js"),
    "})();\n"
);

/// What is typed in a frame can go to the sandbox and nowhere else. Fonts and their style sheets are the page's choice.
const FRAME_POLICY: &str = "default-src 'none'; script-src 'self'; connect-src 'self'; img-src data:; \
    style-src 'self' 'unsafe-inline' http: https:; font-src http: https: data:; base-uri 'none'; form-action 'none'";

pub(crate) fn router() -> Router<Arc<Engine>> {
    let script = || async { asset("text/javascript; charset=utf-8", SCRIPT) };
    Router::new()
        // Where the application's configuration says, and where Stripe has it.
        .route("/stripe.js", get(script))
        .route("/v3", get(script))
        .route("/v3/", get(script))
        .route("/endive/stripe.js", get(script))
        .route("/elements/frame", get(frame))
        .route("/elements/frame.css", get(async || asset("text/css; charset=utf-8", FRAME_STYLE)))
        .route("/elements/frame.js", get(async || asset("text/javascript; charset=utf-8", FRAME_SCRIPT)))
        .route("/elements/three-ds-2-challenge", get(async || framed(CHALLENGE.to_owned())))
        .route("/elements/challenge.css", get(async || asset("text/css; charset=utf-8", CHALLENGE_STYLE)))
        .route(
            "/elements/challenge.js",
            get(async || asset("text/javascript; charset=utf-8", CHALLENGE_SCRIPT)),
        )
        .route("/3d_secure_2/hosted", get(hosted::ask).post(hosted::answer))
}

fn asset(kind: &'static str, text: &'static str) -> Response {
    // Any page may load them, also with `crossorigin`.
    let headers = [(CONTENT_TYPE, kind), (CACHE_CONTROL, "no-cache"), (ACCESS_CONTROL_ALLOW_ORIGIN, "*")];
    (headers, text).into_response()
}

/// A card expires by business time, which a browser does not know.
async fn frame(State(engine): State<Arc<Engine>>) -> Response {
    framed(FRAME.replace("{now}", &engine.clock.now().to_string()))
}

fn framed(page: String) -> Response {
    let headers = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CACHE_CONTROL, "no-store"),
        (CONTENT_SECURITY_POLICY, FRAME_POLICY),
        (REFERRER_POLICY, "no-referrer"),
    ];
    (headers, page).into_response()
}
