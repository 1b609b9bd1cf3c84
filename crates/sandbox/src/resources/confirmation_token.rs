//! Confirmation tokens: what a browser has collected, for a server to confirm an intent with.

use crate::core::value::{Map, Value, json};

use super::payment_method;
use super::shapes::{ADDRESS, NONE};
use crate::core::error::{ApiError, Result};
use crate::core::json::Json;
use crate::core::routes::{Route, open, route};
use crate::core::work::Work;
use crate::params::args::Args;
use crate::params::shape::{Kind, Shape};

pub(crate) const ROUTES: &[Route] = &[
    open("POST", "confirmation_tokens", CREATE, create),
    route("GET", "confirmation_tokens/*", NONE, retrieve),
    route("POST", "test_helpers/confirmation_tokens", TEST, create),
];

/// Twelve hours, as between `created` and `expires_at` in the API reference ([doc]).
const LIFETIME: i64 = 12 * 3600;

const SHIPPING: Shape = &[("address", Kind::Nested(ADDRESS)), ("name", Kind::Text), ("phone", Kind::Text)];
const FUTURE: Kind = Kind::Word(&["off_session", "on_session"]);

/// What Stripe.js sends. (The specification has only the test helper.)
const CREATE: Shape = &[
    ("payment_method_data", Kind::Nested(payment_method::DATA)),
    ("return_url", Kind::Text),
    ("setup_future_usage", FUTURE),
    ("shipping", Kind::Nested(SHIPPING)),
];
const TEST: Shape = &[
    ("payment_method", Kind::Text),
    ("payment_method_data", Kind::Nested(payment_method::DATA)),
    ("return_url", Kind::Text),
    ("setup_future_usage", FUTURE),
    ("shipping", Kind::Nested(SHIPPING)),
];

fn create(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let method = match (args.text("payment_method"), args.at("payment_method_data")) {
        (Some(named), _) => payment_method::materialize(work, named, "payment_method")?,
        (None, data @ Value::Object(_)) => {
            payment_method::make(work, &Args { params: data.clone(), ..Args::default() })?
        }
        (None, _) => return Err(ApiError::required("payment_method_data")),
    };
    let known = work.see(&method);
    let id = format!("ctoken_1{}", work.random.text(23));
    work.create(json!({
        "id": id,
        "object": "confirmation_token",
        "created": work.now,
        "expires_at": work.now + LIFETIME,
        "livemode": false,
        "mandate_data": null,
        "payment_intent": null,
        "payment_method_options": null,
        "payment_method_preview": {
            "allow_redisplay": known.at("allow_redisplay"),
            "billing_details": known.at("billing_details"),
            "card": known.at("card"),
            "customer": known.at("customer"),
            "customer_account": null,
            "type": "card",
        },
        "return_url": args.at("return_url"),
        "setup_future_usage": args.at("setup_future_usage"),
        "setup_intent": null,
        "shipping": shipping(args.at("shipping")),
        "use_stripe_sdk": true,
        "_payment_method": method,
    }));
    Ok((*work.see(&id)).clone())
}

/// As it is shown: with every member of the address.
fn shipping(sent: &Value) -> Value {
    if !sent.is_object() {
        return Value::Null;
    }
    let address: Map =
        ADDRESS.iter().map(|(name, _)| ((*name).to_owned(), sent.at("address").at(name).clone())).collect();
    json!({ "address": address, "name": sent.string("name"), "phone": sent.at("phone") })
}

fn retrieve(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    Ok((*work.path("confirmation_token", args.id())?).clone())
}

/// The parameters of a confirmation with those of its confirmation token; what the request itself says takes
/// precedence ([spec] confirmation_token). None if no token is named.
///
/// # Errors
/// 400 for a token that is unknown, used or expired.
pub(crate) fn unfold(work: &Work<'_>, args: &Args, kind: &str) -> Result<Option<Args>> {
    let Some(id) = args.text("confirmation_token") else { return Ok(None) };
    let token = work.named("confirmation_token", id, "confirmation_token")?;
    let refuse = |why: &str| {
        let message = format!(
            "The ConfirmationToken {id} {why}. Collect the payment details again, and create a new ConfirmationToken."
        );
        Err(ApiError::invalid(message).param("confirmation_token"))
    };
    if token.has("payment_intent") || token.has("setup_intent") {
        return refuse("has already been used to confirm an intent");
    }
    if token.num("expires_at") <= work.now {
        return refuse("has expired");
    }
    let mut params = args.params.clone();
    let mut complete = |name: &str, value: &Value| {
        if params.get(name).is_none() && !value.is_null() {
            params.set(name, value.clone());
        }
    };
    if !args.sent("payment_method_data") {
        complete("payment_method", token.at("_payment_method"));
    }
    complete("return_url", token.at("return_url"));
    complete("use_stripe_sdk", token.at("use_stripe_sdk"));
    if kind == "payment_intent" {
        complete("setup_future_usage", token.at("setup_future_usage"));
        complete("shipping", token.at("shipping"));
    }
    Ok(Some(Args { ids: args.ids.clone(), params, publishable: args.publishable }))
}

/// A token is for confirming: an intent that is only made has no use for one yet.
pub(crate) fn refuse_unconfirmed(args: &Args) -> Result<()> {
    if args.text("confirmation_token").is_some() && !args.flag("confirm") {
        let message = "confirmation_token can only be used with confirm=true.";
        return Err(ApiError::invalid(message).param("confirmation_token"));
    }
    Ok(())
}

/// Marks the token that a confirmation named as used for this intent.
pub(crate) fn spend(work: &mut Work<'_>, args: &Args, kind: &str, intent: &str) {
    if let Some(token) = args.text("confirmation_token") {
        work.set(token, kind, intent);
    }
}
