//! Setup intents: a card is checked, authenticated and kept for later, without a charge.

use serde_json::{Value, json};

use super::cards::Challenge;
use super::payment_intent::{OPTIONS, SECRET, attempt, automatic, customer_of, method_of, only_cards, own};
use super::payment_method;
use super::shapes::AUTOMATIC_PAYMENT_METHODS;
use crate::core::error::{ApiError, Result};
use crate::core::json::Json;
use crate::core::list::{AFTER, BEFORE, CREATED, LIMIT, agrees, list};
use crate::core::render;
use crate::core::routes::{Route, open, route};
use crate::core::work::Work;
use crate::params::args::Args;
use crate::params::shape::{Kind, Shape};

pub(crate) const ROUTES: &[Route] = &[
    route("POST", "setup_intents", CREATE, create),
    route("GET", "setup_intents", LIST, all),
    open("GET", "setup_intents/*", SECRET, retrieve),
    route("POST", "setup_intents/*", UPDATE, update),
    open("POST", "setup_intents/*/confirm", CONFIRM, confirm),
    open("POST", "setup_intents/*/3ds", THREE_DS, three_ds),
    route("POST", "setup_intents/*/cancel", CANCEL, cancel),
];

const CREATE: Shape = &[
    ("allowed_payment_method_types", Kind::Texts),
    ("automatic_payment_methods", Kind::Nested(AUTOMATIC_PAYMENT_METHODS)),
    ("confirm", Kind::Bool),
    ("customer", Kind::Text),
    ("description", Kind::Text),
    ("metadata", Kind::Metadata),
    ("payment_method", Kind::Text),
    ("payment_method_data", Kind::Nested(payment_method::DATA)),
    ("payment_method_options", Kind::Nested(OPTIONS)),
    ("payment_method_types", Kind::Texts),
    ("return_url", Kind::Text),
    ("usage", Kind::Word(&["off_session", "on_session"])),
    ("use_stripe_sdk", Kind::Bool),
];
const UPDATE: Shape = &[
    ("customer", Kind::Text),
    ("description", Kind::Text),
    ("metadata", Kind::Metadata),
    ("payment_method", Kind::Text),
    ("payment_method_types", Kind::Texts),
];
const CONFIRM: Shape = &[
    ("client_secret", Kind::Text),
    ("payment_method", Kind::Text),
    ("payment_method_data", Kind::Nested(payment_method::DATA)),
    ("payment_method_options", Kind::Nested(OPTIONS)),
    ("return_url", Kind::Text),
    ("use_stripe_sdk", Kind::Bool),
];
const THREE_DS: Shape = &[("client_secret", Kind::Text), ("outcome", Kind::Word(&["failed", "succeeded"]))];
const CANCEL: Shape =
    &[("cancellation_reason", Kind::Word(&["abandoned", "duplicate", "requested_by_customer"]))];
const LIST: Shape =
    &[AFTER, BEFORE, CREATED, ("customer", Kind::Text), LIMIT, ("payment_method", Kind::Text)];

/// A new setup intent, told to the endpoints.
pub(crate) fn make(work: &mut Work<'_>, customer: Option<&str>, method: Option<&str>, usage: &str) -> String {
    let id = format!("seti_1{}", work.random.text(23));
    let secret = format!("{id}_secret_{}", work.random.text(31));
    work.create(json!({
        "id": id,
        "object": "setup_intent",
        "application": null,
        "automatic_payment_methods": null,
        "cancellation_reason": null,
        "client_secret": secret,
        "created": work.now,
        "customer": customer,
        "customer_account": null,
        "description": null,
        "excluded_payment_method_types": null,
        "flow_directions": null,
        "last_setup_error": null,
        "latest_attempt": null,
        "livemode": false,
        "mandate": null,
        "metadata": {},
        "next_action": null,
        "on_behalf_of": null,
        "payment_method": method,
        "payment_method_configuration_details": null,
        "payment_method_options": {
            "card": { "mandate_options": null, "network": null, "request_three_d_secure": "automatic" }
        },
        "payment_method_types": ["card"],
        "single_use_mandate": null,
        "status": if method.is_some() { "requires_confirmation" } else { "requires_payment_method" },
        "usage": usage,
    }));
    id
}

fn create(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    only_cards(args)?;
    let customer = customer_of(work, args)?;
    let method = method_of(work, args, customer.as_deref())?;
    let usage = args.text("usage").unwrap_or("off_session");
    let id = make(work, customer.as_deref(), method.as_deref(), usage);
    work.edit(&id, |intent| {
        args.copy(&["description"], intent);
        args.metadata(intent);
        if let Some(automatic) = automatic(args) {
            intent.set("automatic_payment_methods", automatic);
            intent
                .set("payment_method_configuration_details", json!({ "id": "pmc_1Sandbox", "parent": null }));
        }
    });
    work.tell("setup_intent.created", &id);
    if args.flag("confirm") {
        run(work, &id, args)?;
    }
    Ok((*work.see(&id)).clone())
}

fn unexpected(work: &Work<'_>, id: &str, message: String) -> ApiError {
    ApiError::conflict("setup_intent_unexpected_state", message)
        .with("setup_intent", render::public(&work.see(id)))
}

fn confirm(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let id = own(work, "setup_intent", args)?;
    let intent = work.see(&id);
    let status = intent.string("status");
    if !matches!(status.as_str(), "requires_payment_method" | "requires_confirmation" | "requires_action") {
        let message = format!("You cannot confirm this SetupIntent because it has a status of {status}.");
        return Err(unexpected(work, &id, message));
    }
    let customer = intent.text("customer").map(str::to_owned);
    if let Some(method) = method_of(work, args, customer.as_deref())? {
        work.set(&id, "payment_method", method);
    }
    run(work, &id, args)?;
    Ok((*work.see(&id)).clone())
}

/// # Errors
/// 402 for a decline: the intent stays, in `requires_payment_method`, and is part of the error.
fn run(work: &mut Work<'_>, id: &str, args: &Args) -> Result<()> {
    let intent = work.see(id);
    let Some(method) = intent.text("payment_method").map(str::to_owned) else {
        let message = "You cannot confirm this SetupIntent because it's missing a payment method. Update the \
                       SetupIntent with a payment method and then confirm it again.";
        return Err(unexpected(work, id, message.to_owned()));
    };
    let redirects = intent.is("automatic_payment_methods.allow_redirects", "always");
    let sdk = args.publishable || args.flag("use_stripe_sdk");
    if redirects && !args.sent("return_url") && !sdk {
        let message = "This SetupIntent is configured to accept payment methods enabled in your Dashboard. Because \
                       some of these payment methods might redirect your customer off of your page, you must provide \
                       a `return_url`. If you don't want to accept redirect-based payment methods, set \
                       `automatic_payment_methods[enabled]` to `true` and \
                       `automatic_payment_methods[allow_redirects]` to `never` when creating Setup Intents and \
                       Payment Intents.";
        return Err(ApiError::invalid(message).param("return_url"));
    }
    let Some(card) = payment_method::card_behind(work, &method) else {
        return Err(ApiError::missing_param("PaymentMethod", &method, "payment_method"));
    };
    if let Some(decline) = card.always {
        let error = payment_method::decline_error(&decline);
        refuse(work, id, &method, error.body.clone());
        let intent = work.see(id);
        return Err(error
            .with("payment_method", intent.at("last_setup_error.payment_method").clone())
            .with("setup_intent", render::public(&intent))
            .keeping_changes());
    }
    if needs_authentication(work, &method) {
        let how = attempt::How {
            return_url: args.text("return_url").filter(|_| !sdk).map(str::to_owned),
            ..attempt::How::default()
        };
        ask(work, id, &how);
    } else {
        succeed(work, id);
    }
    Ok(())
}

/// Whether a card wants 3D Secure before it can be charged off session.
pub(crate) fn needs_authentication(work: &Work<'_>, method: &str) -> bool {
    let asks = payment_method::card_behind(work, method)
        .is_some_and(|card| matches!(card.challenge, Challenge::UnlessSetUp | Challenge::Always));
    asks && !work.see(method).flag("_set_up")
}

pub(crate) fn ask(work: &mut Work<'_>, id: &str, how: &attempt::How) {
    let mut action = attempt::next_action(work, id, how);
    if how.return_url.is_some() {
        action.set(
            "redirect_to_url.url",
            format!("https://hooks.stripe.com/3d_secure_2/hosted?setup_intent={id}"),
        );
    }
    record_attempt(work, id, "requires_action", &Value::Null);
    work.edit(id, |intent| {
        intent.set("status", "requires_action");
        intent.set("next_action", action);
        intent.set("last_setup_error", Value::Null);
    });
    work.tell("setup_intent.requires_action", id);
}

fn record_attempt(work: &mut Work<'_>, id: &str, status: &str, error: &Value) {
    let intent = work.see(id);
    let attempt = format!("setatt_1{}", work.random.text(23));
    let card = work.see(&intent.string("payment_method"));
    work.create(json!({
        "id": attempt,
        "object": "setup_attempt",
        "application": null,
        "created": work.now,
        "customer": intent.at("customer"),
        "customer_account": null,
        "flow_directions": null,
        "livemode": false,
        "on_behalf_of": null,
        "payment_method": intent.at("payment_method"),
        "payment_method_details": {
            "card": {
                "brand": card.at("card.brand"), "checks": card.at("card.checks"), "country": card.at("card.country"),
                "exp_month": card.at("card.exp_month"), "exp_year": card.at("card.exp_year"),
                "fingerprint": card.at("card.fingerprint"), "funding": card.at("card.funding"),
                "last4": card.at("card.last4"), "network": card.at("card.brand"), "three_d_secure": null,
                "wallet": null,
            },
            "type": "card",
        },
        "setup_error": error,
        "setup_intent": id,
        "status": status,
        "usage": intent.at("usage"),
    }));
    work.set(id, "latest_attempt", attempt);
}

fn refuse(work: &mut Work<'_>, id: &str, method: &str, mut error: serde_json::Map<String, Value>) {
    if let Some(Value::String(code)) = error.get("code") {
        let page = code.replace('_', "-");
        error.insert("doc_url".into(), format!("https://stripe.com/docs/error-codes/{page}").into());
    }
    error.insert("payment_method".into(), render::public(&work.see(method)));
    let error = Value::Object(error);
    record_attempt(work, id, "failed", &error);
    work.edit(id, |intent| {
        intent.set("status", "requires_payment_method");
        intent.set("next_action", Value::Null);
        intent.set("payment_method", Value::Null);
        intent.set("last_setup_error", error);
    });
    work.tell("setup_intent.setup_failed", id);
}

fn succeed(work: &mut Work<'_>, id: &str) {
    let intent = work.see(id);
    let method = intent.string("payment_method");
    record_attempt(work, id, "succeeded", &Value::Null);
    work.edit(id, |intent| {
        intent.set("status", "succeeded");
        intent.set("next_action", Value::Null);
        intent.set("last_setup_error", Value::Null);
    });
    if intent.is("usage", "off_session") {
        work.set(&method, "_set_up", true);
    }
    if let (Some(customer), false) = (intent.text("customer"), work.see(&method).has("customer")) {
        work.set(&method, "customer", customer);
        work.tell("payment_method.attached", &method);
    }
    work.tell("setup_intent.succeeded", id);
    if let Some(subscription) = intent.text("_subscription") {
        // The subscription that waited for a card has one now.
        work.edit(subscription, |subscription| {
            subscription.set("pending_setup_intent", Value::Null);
            subscription.set("default_payment_method", method);
        });
        work.tell_if_changed("customer.subscription.updated", subscription);
    }
}

/// `POST /v1/setup_intents/{id}/3ds`: the sandbox's own, called by what shows the challenge.
fn three_ds(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let id = own(work, "setup_intent", args)?;
    let intent = work.see(&id);
    if !intent.is("status", "requires_action") {
        let message = format!(
            "This SetupIntent is not waiting for 3D Secure: its status is {}.",
            intent.string("status")
        );
        return Err(unexpected(work, &id, message));
    }
    if args.need_text("outcome")? == "succeeded" {
        succeed(work, &id);
    } else {
        let message = "The provided PaymentMethod has failed authentication. You can provide payment_method_data or \
                       a new PaymentMethod to attempt to fulfill this SetupIntent again.";
        let error = ApiError::invalid(message).code("setup_intent_authentication_failure");
        refuse(work, &id, &intent.string("payment_method"), error.body);
    }
    Ok((*work.see(&id)).clone())
}

fn retrieve(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let id = own(work, "setup_intent", args)?;
    Ok((*work.see(&id)).clone())
}

fn update(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let intent = work.path("setup_intent", args.id())?;
    let id = intent.id();
    let status = intent.string("status");
    if matches!(status.as_str(), "succeeded" | "canceled") {
        let message = format!("This SetupIntent could not be updated because it has a status of {status}.");
        return Err(unexpected(work, &id, message));
    }
    only_cards(args)?;
    let customer = customer_of(work, args)?.or_else(|| intent.text("customer").map(str::to_owned));
    let method = method_of(work, args, customer.as_deref())?;
    work.edit(&id, |intent| {
        args.copy(&["description"], intent);
        args.metadata(intent);
        intent.set("customer", customer);
        if let Some(method) = method {
            intent.set("payment_method", method);
            intent.set("status", "requires_confirmation");
        }
    });
    Ok((*work.see(&id)).clone())
}

fn cancel(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let intent = work.path("setup_intent", args.id())?;
    let id = intent.id();
    let status = intent.string("status");
    if matches!(status.as_str(), "succeeded" | "canceled" | "processing") {
        let message = format!(
            "You cannot cancel this SetupIntent because it has a status of {status}. Only a SetupIntent with one of \
             the following statuses may be canceled: requires_payment_method, requires_confirmation, requires_action."
        );
        return Err(unexpected(work, &id, message));
    }
    work.edit(&id, |intent| {
        args.copy(&["cancellation_reason"], intent);
        intent.set("status", "canceled");
        intent.set("next_action", Value::Null);
    });
    work.tell("setup_intent.canceled", &id);
    Ok((*work.see(&id)).clone())
}

fn all(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let among = args.text("customer").map(|customer| work.matching("setup_intent", "customer", customer));
    list(work, args, "setup_intent", "/v1/setup_intents", among, |intent| {
        agrees(args, "payment_method", intent)
    })
}
