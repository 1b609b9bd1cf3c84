//! What this is, and where to go from here.

use super::Shared;
use super::page::page;
use crate::config::Mode;
use axum::extract::State;
use axum::response::Response;
use billing::outbox::escape;
use billing::users::{DEMO_EMAIL, DEMO_PASSWORD};

pub(super) async fn home(State(state): Shared) -> Response {
    let (url, mode) = (escape(&state.config.public_url), state.config.mode);
    let sandbox = if mode == Mode::Sandbox {
        format!(
            "<p><strong>Sandbox mode: no money moves.</strong> Sign in as <code>{DEMO_EMAIL}</code> with the \
             password <code>{DEMO_PASSWORD}</code>. Mails are in the <a href=\"/mailbox\">mailbox</a>.</p>\
             <pre>curl {url}/api/v1/auth/login/ -H 'Content-Type: application/json' \\\n  -d \
             '{{\"email\": \"{DEMO_EMAIL}\", \"password\": \"{DEMO_PASSWORD}\"}}'</pre>"
        )
    } else {
        String::new()
    };
    let body = format!(
        "<h1>AllThrive Billing</h1><p>Subscriptions and AI tokens on Stripe. This is its API, in {mode} mode.</p>\
         {sandbox}<pre>curl {url}/api/v1/billing/tiers/</pre>\
         <p><a href=\"/api/docs/\">Read the API</a> · <a href=\"/api/openapi.json\">OpenAPI</a> · \
         <a href=\"/healthz\">Health</a></p>"
    );
    page("AllThrive Billing", &body, None)
}
