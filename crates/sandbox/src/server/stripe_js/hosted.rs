//! `/3d_secure_2/hosted`: the bank's page to which `next_action.redirect_to_url` sends the payer, and the way back.

use std::collections::HashMap;
use std::sync::Arc;

use crate::core::value::Value;
use axum::Form;
use axum::extract::{Query, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderMap, LOCATION, REFERRER_POLICY,
};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use url::Url;
use url::form_urlencoded::Serializer;

use super::CHALLENGE_STYLE;
use crate::core::apply::Command;
use crate::core::json::Json;
use crate::resources::money;
use crate::server::auth;
use crate::server::engine::Engine;
use crate::server::html::Html;

/// The intent that the address names, and what proves that its bearer may act on it.
struct Visit {
    account: String,
    kind: &'static str,
    id: String,
    secret: String,
}

impl Visit {
    fn of(query: &HashMap<String, String>) -> Option<Self> {
        let key = query.get("publishable_key").map(String::as_str);
        let account = auth::caller(&HeaderMap::new(), key).ok()?.account;
        ["payment_intent", "setup_intent"].into_iter().find_map(|kind| {
            let id = query.get(kind)?.clone();
            let secret = query.get(&format!("{kind}_client_secret"))?.clone();
            Some(Self { account: account.clone(), kind, id, secret })
        })
    }

    /// As Stripe.js would call: with the publishable key and the intent's secret.
    async fn call(&self, engine: &Engine, method: &str, tail: &str, outcome: Option<&str>) -> Option<Value> {
        let sent = [("client_secret", Some(self.secret.as_str())), ("outcome", outcome)];
        let sent = sent.iter().filter_map(|(name, value)| Some((name, (*value)?)));
        let body = Serializer::new(String::new()).extend_pairs(sent).finish();
        let command = Command {
            account: self.account.clone(),
            method: method.to_owned(),
            path: format!("/v1/{}s/{}{tail}", self.kind, self.id),
            body,
            request_id: engine.request_id(),
            publishable: true,
            ..Command::default()
        };
        let (answer, promise) = engine.apply(&command).ok()?;
        if let Some(promise) = promise {
            promise.await.ok()?;
        }
        (answer.status == 200).then_some(answer.body)
    }

    /// Where the intent waits for the payer to come back to.
    async fn waiting(&self, engine: &Engine) -> Option<(Value, String)> {
        let intent = self.call(engine, "GET", "", None).await?;
        let back = intent.text("next_action.redirect_to_url.return_url")?.to_owned();
        Some((intent, back))
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct Outcome {
    outcome: String,
}

pub(super) async fn ask(
    State(engine): State<Arc<Engine>>,
    Query(query): Query<HashMap<String, String>>,
) -> Response {
    let Some(visit) = Visit::of(&query) else { return gone() };
    let Some((intent, _)) = visit.waiting(&engine).await else { return gone() };
    let mut main = Html::default();
    main.element("h1", "3D Secure 2 test page");
    main.element("p", &wish(&intent));
    main.element(
        "p class=\"hint\"",
        "This page stands for that of the cardholder's bank. Say how the authentication ends.",
    );
    // Without an action the form goes where the page came from, query and all.
    main.raw(
        "<form method=\"post\">\n\
         <button id=\"test-source-authorize-3ds\" name=\"outcome\" value=\"succeeded\">Complete</button>\n\
         <button id=\"test-source-fail-3ds\" name=\"outcome\" value=\"failed\">Fail</button>\n</form>\n",
    );
    page(StatusCode::OK, &main)
}

/// What the payer is asked to approve.
fn wish(intent: &Value) -> String {
    match intent.int("amount") {
        Some(amount) => {
            let shown = money::shown(amount, intent.text("currency").unwrap_or_default());
            format!("A payment of {shown} needs to be authenticated.")
        }
        None => "Your card needs to be authenticated, to be kept for later payments.".to_owned(),
    }
}

pub(super) async fn answer(
    State(engine): State<Arc<Engine>>,
    Query(query): Query<HashMap<String, String>>,
    Form(sent): Form<Outcome>,
) -> Response {
    let Some(visit) = Visit::of(&query) else { return gone() };
    let Some((_, back)) = visit.waiting(&engine).await else { return gone() };
    let Some(intent) = visit.call(&engine, "POST", "/3ds", Some(&sent.outcome)).await else { return gone() };
    let Ok(mut address) = Url::parse(&back) else { return gone() };
    let status = match intent.text("status") {
        Some("succeeded" | "requires_capture") => "succeeded",
        Some("processing") => "pending",
        _ => "failed",
    };
    address
        .query_pairs_mut()
        .append_pair(visit.kind, &visit.id)
        .append_pair(&format!("{}_client_secret", visit.kind), &visit.secret)
        .append_pair("redirect_status", status);
    match HeaderValue::from_str(address.as_str()) {
        Ok(location) => (StatusCode::SEE_OTHER, [(LOCATION, location)]).into_response(),
        Err(_) => gone(),
    }
}

fn gone() -> Response {
    let mut main = Html::default();
    main.element("h1", "Nothing to authenticate");
    main.element("p", "This authentication is over, or its address is not complete. Go back to the shop.");
    page(StatusCode::NOT_FOUND, &main)
}

fn page(status: StatusCode, main: &Html) -> Response {
    let page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>3D Secure</title>\n\
         <style>{CHALLENGE_STYLE}</style>\n</head>\n<body>\n<main>\n{main}</main>\n</body>\n</html>\n"
    );
    let headers = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        // No `form-action`: it would hold back the redirect to the shop too.
        (CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'"),
        (REFERRER_POLICY, "no-referrer"),
        (CACHE_CONTROL, "no-store"),
    ];
    (status, headers, page).into_response()
}
