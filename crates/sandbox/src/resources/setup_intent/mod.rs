//! Setup intents: a card is checked, authenticated and kept for later, without a charge.

mod confirm;

pub(crate) use confirm::{ask, confirm, needs_authentication};

use crate::core::value::{Value, json};

use super::intents::{SECRET, automatic, customer_of, method_of, only_cards, own, unexpected};
use super::payment_intent::details::{EXCLUDED, NETWORK, THREE_DS as REQUEST, excludes_no_card};
use super::shapes::AUTOMATIC_PAYMENT_METHODS;
use super::{confirmation_token, mandate, money, payment_method, setup_attempt};
use crate::core::error::{ApiError, Result};
use crate::core::json::Json;
use crate::core::list::{AFTER, BEFORE, CREATED, LIMIT, agrees, list};
use crate::core::routes::{Route, open, route};
use crate::core::work::Work;
use crate::params::args::Args;
use crate::params::shape::{Kind, Shape};

pub(crate) const ROUTES: &[Route] = &[
    route("POST", "setup_intents", CREATE, create),
    route("GET", "setup_intents", LIST, all),
    open("GET", "setup_intents/*", SECRET, retrieve),
    route("POST", "setup_intents/*", UPDATE, update),
    open("POST", "setup_intents/*/confirm", CONFIRM, confirm::confirm),
    open("POST", "setup_intents/*/3ds", THREE_DS, confirm::three_ds),
    route("POST", "setup_intents/*/cancel", CANCEL, cancel),
];

const OPTIONS: Shape =
    &[("card", Kind::Nested(&[("network", NETWORK), ("request_three_d_secure", REQUEST)]))];

const CREATE: Shape = &[
    ("allowed_payment_method_types", Kind::Texts),
    ("automatic_payment_methods", Kind::Nested(AUTOMATIC_PAYMENT_METHODS)),
    ("confirm", Kind::Bool),
    ("confirmation_token", Kind::Text),
    ("customer", Kind::Text),
    ("description", Kind::Text),
    ("excluded_payment_method_types", EXCLUDED),
    ("flow_directions", Kind::Texts),
    ("mandate_data", Kind::Nested(mandate::DATA)),
    ("metadata", Kind::Metadata),
    ("payment_method", Kind::Text),
    ("payment_method_data", Kind::Nested(payment_method::DATA)),
    ("payment_method_options", Kind::Nested(OPTIONS)),
    ("payment_method_types", Kind::Texts),
    ("return_url", Kind::Text),
    ("single_use", Kind::Nested(&[("amount", Kind::Int), ("currency", Kind::Text)])),
    ("usage", Kind::Word(&["off_session", "on_session"])),
    ("use_stripe_sdk", Kind::Bool),
];
const UPDATE: Shape = &[
    ("customer", Kind::Text),
    ("description", Kind::Text),
    ("excluded_payment_method_types", EXCLUDED),
    ("flow_directions", Kind::Texts),
    ("metadata", Kind::Metadata),
    ("payment_method", Kind::Text),
    ("payment_method_data", Kind::Nested(payment_method::DATA)),
    ("payment_method_options", Kind::Nested(OPTIONS)),
    ("payment_method_types", Kind::Texts),
];
const CONFIRM: Shape = &[
    ("client_secret", Kind::Text),
    ("confirmation_token", Kind::Text),
    ("mandate_data", Kind::Nested(mandate::DATA)),
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
    check(args)?;
    confirmation_token::refuse_unconfirmed(args)?;
    let unfolded = confirmation_token::unfold(work, args, "setup_intent")?;
    let args = unfolded.as_ref().unwrap_or(args);
    let customer = customer_of(work, args)?;
    let method = method_of(work, args, customer.as_deref())?;
    let usage = args.text("usage").unwrap_or("off_session");
    let id = make(work, customer.as_deref(), method.as_deref(), usage);
    let once = single_use(args)?;
    work.edit(&id, |intent| {
        fill(args, intent);
        if let Some(once) = once {
            intent.set("_single_use", once);
        }
        if let Some(automatic) = automatic(args) {
            intent.set("automatic_payment_methods", automatic);
            intent
                .set("payment_method_configuration_details", json!({ "id": "pmc_1Sandbox", "parent": null }));
        }
    });
    work.tell("setup_intent.created", &id);
    if args.flag("confirm") {
        confirmation_token::spend(work, args, "setup_intent", &id);
        confirm::run(work, &id, args)?;
    }
    Ok((*work.see(&id)).clone())
}

/// # Errors
/// 400 when cards are excluded, a direction is none, or what needs `confirm` comes without it.
fn check(args: &Args) -> Result<()> {
    excludes_no_card(args)?;
    for direction in args.params.list("flow_directions") {
        if direction != "inbound" && direction != "outbound" {
            let message = "Invalid flow_directions: must be one of inbound, outbound";
            return Err(ApiError::invalid(message).param("flow_directions"));
        }
    }
    for name in ["mandate_data", "single_use"] {
        if args.at(name).is_object() && !args.flag("confirm") {
            let message = format!("{name} can only be used with confirm=true.");
            return Err(ApiError::invalid(message).code("parameter_invalid").param(name));
        }
    }
    Ok(())
}

/// `single_use`: what the mandate to be given is for.
fn single_use(args: &Args) -> Result<Option<Value>> {
    let sent = args.at("single_use");
    if !sent.is_object() {
        return Ok(None);
    }
    if !args.at("mandate_data").is_object() {
        return Err(ApiError::required("mandate_data"));
    }
    let amount = sent
        .int("amount")
        .filter(|amount| *amount > 0)
        .ok_or_else(|| ApiError::required("single_use[amount]"))?;
    let currency = sent.text("currency").ok_or_else(|| ApiError::required("single_use[currency]"))?;
    let currency = money::currency(currency, "single_use[currency]")?;
    Ok(Some(json!({ "amount": amount, "currency": currency })))
}

fn options(args: &Args, intent: &mut Value) {
    if let Some(Value::Object(chosen)) = args.params.get("payment_method_options").map(|sent| sent.at("card"))
    {
        for (name, choice) in chosen {
            intent.set(&format!("payment_method_options.card.{name}"), choice.clone());
        }
    }
}

fn fill(args: &Args, intent: &mut Value) {
    args.copy(&["description", "excluded_payment_method_types", "flow_directions"], intent);
    options(args, intent);
    args.metadata(intent);
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
    check(args)?;
    let customer = customer_of(work, args)?.or_else(|| intent.text("customer").map(str::to_owned));
    let method = method_of(work, args, customer.as_deref())?;
    work.edit(&id, |intent| {
        fill(args, intent);
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
    work.edit(&id, |intent| args.copy(&["cancellation_reason"], intent));
    cancel_now(work, &id);
    Ok((*work.see(&id)).clone())
}

/// Cancels an intent that has not come to its end.
pub(crate) fn cancel_now(work: &mut Work<'_>, id: &str) {
    setup_attempt::give_up(work, id);
    work.edit(id, |intent| {
        intent.set("status", "canceled");
        intent.set("next_action", Value::Null);
    });
    work.tell("setup_intent.canceled", id);
}

fn all(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let among = args.text("customer").map(|customer| work.matching("setup_intent", "customer", customer));
    list(work, args, "setup_intent", "/v1/setup_intents", among, |intent| {
        agrees(args, "payment_method", intent)
    })
}
