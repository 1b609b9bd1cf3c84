//! The page of a Checkout session. A plain form, no scripts, nothing from elsewhere.

use std::collections::HashMap;
use std::sync::Arc;

use crate::core::value::Value;
use axum::extract::{Form, Path, State};
use axum::http::header::LOCATION;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};

use super::engine::Engine;
use super::html::{Cell, Html, respond};
use super::own_address::own_address;
use crate::core::apply::Command;
use crate::core::json::Json;
use crate::resources::{checkout, money};

const TITLE: &str = "Checkout";

/// What a buyer enters: the label, the field of the form, and the parameter of the payment method.
const FIELDS: &[(&str, &str, &str)] = &[
    ("Email", "email", "billing_details[email]"),
    ("Card number", "number", "card[number]"),
    ("Expiry month", "exp_month", "card[exp_month]"),
    ("Expiry year", "exp_year", "card[exp_year]"),
    ("CVC", "cvc", "card[cvc]"),
    ("Name on the card", "name", "billing_details[name]"),
];

/// The account's name and the session that an address is for.
fn find(engine: &Engine, token: &str) -> Option<(String, Arc<Value>)> {
    engine.with_state(|state| {
        let (account, session) = checkout::of_token(state, token)?;
        session.is("ui_mode", "hosted_page").then(|| (account.name.clone(), Arc::clone(session)))
    })
}

/// The page.
pub(crate) async fn show(State(engine): State<Arc<Engine>>, Path(token): Path<String>) -> Response {
    match find(&engine, &token) {
        Some((_, session)) if session.is("status", "open") => {
            respond(StatusCode::OK, &page(&session, None, &HashMap::new()))
        }
        found => over(found.is_some()),
    }
}

/// The buyer pays: the card becomes a payment method, and the session is confirmed with it.
pub(crate) async fn act(
    State(engine): State<Arc<Engine>>,
    Path(token): Path<String>,
    headers: HeaderMap,
    Form(form): Form<HashMap<String, String>>,
) -> Response {
    let Some((account, session)) = find(&engine, &token).filter(|(_, session)| session.is("status", "open"))
    else {
        return over(true);
    };
    let buyer = Buyer { engine: &engine, account, address: own_address(&headers) };
    match buyer.pay(&session.id(), &form).await {
        Ok(session) => {
            let back = session.string("success_url").replace("{CHECKOUT_SESSION_ID}", &session.id());
            (StatusCode::SEE_OTHER, [(LOCATION, back)]).into_response()
        }
        Err(wrong) => respond(StatusCode::BAD_REQUEST, &page(&session, Some(&wrong), &form)),
    }
}

/// Who sits before the page, and asks what Stripe's own page would.
struct Buyer<'a> {
    engine: &'a Engine,
    account: String,
    address: String,
}

impl Buyer<'_> {
    /// The session after its completion, or why there is none.
    async fn pay(&self, session: &str, form: &HashMap<String, String>) -> Result<Value, String> {
        let method = self.ask("/v1/payment_methods".into(), &card(form)).await?.id();
        let path = format!("/v1/payment_pages/{session}/confirm");
        self.ask(path, &[("payment_method", &method)]).await
    }

    fn command(&self, path: String, pairs: &[(&str, &str)]) -> Command {
        let mut body = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in pairs {
            body.append_pair(name, value);
        }
        Command {
            account: self.account.clone(),
            method: "POST".into(),
            path,
            body: body.finish(),
            request_id: self.engine.request_id(),
            address: self.address.clone(),
            ..Command::default()
        }
    }

    async fn ask(&self, path: String, pairs: &[(&str, &str)]) -> Result<Value, String> {
        let command = self.command(path, pairs);
        let (answer, promise) = self
            .engine
            .apply(&command)
            .map_err(|_| "This was asked for too often lately. Try again later.".to_owned())?;
        if let Some(promise) = promise {
            promise.await.map_err(|_| "The sandbox cannot write its journal.".to_owned())?;
        }
        let body = answer.body;
        if answer.status == 200 {
            return Ok(body);
        }
        Err(body.text("error.message").unwrap_or("This did not work.").to_owned())
    }
}

/// What was entered, as parameters of a payment method.
fn card(form: &HashMap<String, String>) -> Vec<(&str, &str)> {
    let mut pairs = vec![("type", "card")];
    for (_, field, param) in FIELDS {
        if let Some(value) = form.get(*field).map(|value| value.trim()).filter(|value| !value.is_empty()) {
            pairs.push((param, value));
        }
    }
    pairs
}

fn over(was: bool) -> Response {
    let mut page = Html::default();
    page.element("h1", if was { "This Checkout is over" } else { "This page does not exist" });
    page.element("p", "Return to the application, and begin anew there.");
    respond(StatusCode::NOT_FOUND, &page.document(TITLE))
}

fn page(session: &Value, wrong: Option<&str>, entered: &HashMap<String, String>) -> String {
    let mut page = Html::default();
    page.element("h1", TITLE);
    page.element("p class=\"banner\"", "No money moves here: this is a sandbox.");
    if let Some(wrong) = wrong {
        page.element("p class=\"banner wrong\" role=\"alert\"", wrong);
    }
    let currency = session.text("currency").unwrap_or_default();
    let rows = session.list("_items").iter().map(|item| {
        vec![
            Cell::Text(item.string("description")),
            Cell::Text(item.num("quantity").to_string()),
            Cell::Text(money::shown(item.num("amount_total"), currency)),
        ]
    });
    if !session.is("mode", "setup") {
        page.table(&["Item", "Quantity", "Amount"], rows);
        page.element("p", &format!("Due today: {}", money::shown(session.num("amount_total"), currency)));
    }
    page.raw("<form method=\"post\">\n");
    for (label, field, _) in FIELDS {
        let known = if *field == "email" { session.text("customer_details.email") } else { None };
        // Never the card's data: a page that failed does not repeat them.
        let kept = entered.get(*field).filter(|_| matches!(*field, "email" | "name")).map(String::as_str);
        page.input(label, field, kept.or(known).unwrap_or_default());
    }
    page.element("button", if session.is("mode", "setup") { "Save card" } else { "Pay" });
    page.raw("</form>\n");
    if let Some(back) = session.text("cancel_url") {
        page.raw("<p>");
        page.link(&back.replace("{CHECKOUT_SESSION_ID}", &session.id()), "Return to the application", false);
        page.raw("</p>\n");
    }
    page.document(TITLE)
}
