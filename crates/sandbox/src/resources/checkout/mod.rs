//! Checkout sessions: what is to be bought, until it is bought or given up. The page is in the shell.

mod complete;
mod create;
mod items;

use std::sync::Arc;

use crate::core::value::Value;

use super::shapes::NONE;
use super::{payment_intent, setup_intent};
use crate::core::error::{ApiError, Result};
use crate::core::json::Json;
use crate::core::list::{AFTER, BEFORE, CREATED, LIMIT, agrees, list, page};
use crate::core::routes::{Route, open, route};
use crate::core::state::{Account, State};
use crate::core::work::{Work, whole_list};
use crate::params::args::Args;
use crate::params::shape::{Kind, Shape};

pub(crate) const ROUTES: &[Route] = &[
    route("POST", "checkout/sessions", create::CREATE, create::create),
    route("GET", "checkout/sessions", LIST, all),
    route("GET", "checkout/sessions/*", NONE, retrieve),
    route("POST", "checkout/sessions/*", UPDATE, update),
    route("POST", "checkout/sessions/*/expire", NONE, expire),
    route("GET", "checkout/sessions/*/line_items", LINE_ITEMS, line_items),
    // What Stripe's own page asks. Not in its specification; the fixtures of its command line tool do the same.
    open("GET", "payment_pages/*", NONE, retrieve),
    open("POST", "payment_pages/*/confirm", complete::CONFIRM, complete::confirm),
];

const UPDATE: Shape = &[("metadata", Kind::Metadata)];
const LINE_ITEMS: Shape = &[AFTER, BEFORE, LIMIT];
const LIST: Shape = &[
    AFTER,
    BEFORE,
    CREATED,
    ("customer", Kind::Text),
    ("customer_details", Kind::Nested(&[("email", Kind::Text)])),
    LIMIT,
    ("payment_intent", Kind::Text),
    ("status", Kind::Word(&["complete", "expired", "open"])),
    ("subscription", Kind::Text),
];

pub(crate) const KIND: &str = "checkout.session";

fn retrieve(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    Ok((*work.path(KIND, args.id())?).clone())
}

fn update(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let id = work.path(KIND, args.id())?.id();
    work.edit(&id, |session| args.metadata(session));
    Ok((*work.see(&id)).clone())
}

fn all(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let among = args.text("customer").map(|customer| work.matching(KIND, "customer", customer));
    list(work, args, KIND, "/v1/checkout/sessions", among, |session| {
        ["payment_intent", "status", "subscription"].iter().all(|name| agrees(args, name, session))
            && args
                .params
                .text("customer_details.email")
                .is_none_or(|email| session.is("customer_details.email", email))
    })
}

fn address_of_items(id: &str) -> String {
    format!("/v1/checkout/sessions/{id}/line_items")
}

fn line_items(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let session = work.path(KIND, args.id())?;
    page(args, session.list("_items"), &address_of_items(&session.id()))
}

/// `line_items`, which a session shows when it is asked to.
pub(crate) fn all_items(work: &Work<'_>, id: &str) -> Value {
    let mut list = whole_list(&address_of_items(id), work.see(id).list("_items").to_vec());
    if let Some(list) = list.as_object_mut() {
        list.remove("total_count");
    }
    list
}

fn expire(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let session = work.path(KIND, args.id())?;
    let id = session.id();
    if !session.is("status", "open") {
        let message = format!(
            "Only Checkout Sessions with a status in [\"open\"] can be expired. This Checkout Session has a status of \
             `{}`.",
            session.string("status")
        );
        return Err(ApiError::invalid(message).begun());
    }
    fall_due(work, &id);
    Ok((*work.see(&id)).clone())
}

/// Nobody can buy by it any more.
pub(crate) fn fall_due(work: &mut Work<'_>, id: &str) {
    let session = work.see(id);
    if let Some(intent) = session.text("payment_intent") {
        payment_intent::cancel_now(work, intent, None);
    }
    if let Some(intent) = session.text("setup_intent") {
        setup_intent::cancel_now(work, intent);
    }
    close(work, id, "expired");
    work.tell("checkout.session.expired", id);
}

fn close(work: &mut Work<'_>, id: &str, status: &str) {
    work.edit(id, |session| {
        session.set("status", status);
        session.set("url", Value::Null);
        session.set("_due", Value::Null);
    });
}

/// The account and the session that a page's address is for: `test_ACCOUNT.ID`. The id is a secret in itself.
pub(crate) fn of_token<'a>(state: &'a State, token: &str) -> Option<(&'a Account, &'a Arc<Value>)> {
    let (name, id) = token.strip_prefix("test_")?.split_once('.')?;
    let account = state.accounts.get(name)?;
    Some((account, account.get(id).filter(|session| session.is("object", KIND))?))
}
