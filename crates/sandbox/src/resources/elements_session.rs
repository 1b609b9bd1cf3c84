//! `GET /v1/elements/sessions`: what Stripe.js asks first for a payment element. Not in the specification.

use crate::core::value::{Value, json};

use super::{intents, payment_intent};
use crate::core::error::{ApiError, Result};
use crate::core::json::Json;
use crate::core::render;
use crate::core::routes::{Route, open};
use crate::core::work::Work;
use crate::params::args::Args;
use crate::params::shape::{Kind, Shape};

pub(crate) const ROUTES: &[Route] = &[open("GET", "elements/sessions", SHAPE, retrieve)];

const SHAPE: Shape = &[
    ("client_secret", Kind::Text),
    (
        "deferred_intent",
        Kind::Nested(&[
            ("amount", Kind::Int),
            ("currency", Kind::Text),
            ("mode", Kind::Word(&["payment", "setup", "subscription"])),
        ]),
    ),
    ("type", Kind::Word(&["deferred_intent", "payment_intent", "setup_intent"])),
];

/// The intent whose secret is known, or a check of what an intent to come is to be.
fn retrieve(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let kind = args.need_text("type")?;
    let mut session = json!({
        "object": "elements_session",
        "livemode": false,
        "payment_method_types": ["card"],
        "payment_intent": null,
        "setup_intent": null,
        "type": kind,
    });
    if kind == "deferred_intent" {
        let deferred = args.at("deferred_intent");
        match (deferred.text("mode"), deferred.int("amount"), deferred.text("currency")) {
            (None, _, _) => return Err(ApiError::required("deferred_intent[mode]")),
            (Some("setup"), _, _) => {}
            (Some(_), None, _) => return Err(ApiError::required("deferred_intent[amount]")),
            (Some(_), _, None) => return Err(ApiError::required("deferred_intent[currency]")),
            // A subscription may begin without a charge.
            (Some("subscription"), Some(0), _) => {}
            (Some(_), Some(amount), Some(currency)) => {
                payment_intent::price_of(amount, currency)?;
            }
        }
        return Ok(session);
    }
    let secret = args.need_text("client_secret")?;
    let id = secret.split("_secret_").next().unwrap_or_default();
    let named = Args {
        ids: vec![id.to_owned()],
        params: json!({ "client_secret": secret }),
        publishable: args.publishable,
    };
    let id = intents::own(work, kind, &named)?;
    session.set(kind, render::public(&work.see(&id)));
    Ok(session)
}
