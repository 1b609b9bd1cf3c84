//! Payment methods (cards), and the tokens that stand for them.

pub(crate) mod card;

use crate::core::value::{Value, json};

use self::card::CardData;
use super::cards::{self, Card, Decline};
use super::mandate;
use super::shapes::{BILLING_DETAILS, NONE};
use crate::core::error::{ApiError, Result};
use crate::core::json::Json;
use crate::core::list::{AFTER, BEFORE, LIMIT, agrees, list};
use crate::core::routes::{Route, open, route};
use crate::core::work::Work;
use crate::params::args::Args;
use crate::params::shape::{Kind, Shape};

pub(crate) const ROUTES: &[Route] = &[
    open("POST", "payment_methods", CREATE, create),
    route("GET", "payment_methods", LIST, all),
    route("GET", "payment_methods/*", NONE, retrieve),
    route("POST", "payment_methods/*", UPDATE, update),
    route("POST", "payment_methods/*/attach", ATTACH, attach),
    route("POST", "payment_methods/*/detach", NONE, detach),
];

/// Whether a card may be shown to its owner again.
pub(crate) const REDISPLAY: Kind = Kind::Word(&["always", "limited", "unspecified"]);

/// A payment method made on the way, for an intent.
pub(crate) const DATA: Shape = &[
    ("allow_redisplay", REDISPLAY),
    ("billing_details", Kind::Nested(BILLING_DETAILS)),
    ("card", Kind::Nested(card::SHAPE)),
    ("metadata", Kind::Metadata),
    ("type", Kind::Word(&["card"])),
];

const CREATE: Shape = DATA;
const UPDATE: Shape = &[
    ("allow_redisplay", REDISPLAY),
    ("billing_details", Kind::Nested(BILLING_DETAILS)),
    ("card", Kind::Nested(card::UPDATE)),
    ("metadata", Kind::Metadata),
];
const ATTACH: Shape = &[("customer", Kind::Text)];
const LIST: Shape = &[
    AFTER,
    ("allow_redisplay", REDISPLAY),
    BEFORE,
    ("customer", Kind::Text),
    LIMIT,
    ("type", Kind::Word(&["card"])),
];

const SPENT: &str = "The provided PaymentMethod was previously used with a PaymentIntent without Customer attachment, \
     shared with a connected account without Customer attachment, or was detached from a Customer. It may not be \
     used again. To use a PaymentMethod multiple times, you must attach it to a Customer first.";

/// Makes a payment method.
pub(crate) fn make(work: &mut Work<'_>, sent: &Args) -> Result<String> {
    sent.need_text("type")?;
    if !sent.at("card").is_object() {
        return Err(ApiError::required("card"));
    }
    let data = card::read(work, sent.at("card"))?;
    let id = of_card(work, &data);
    let checks = cards::by_number(&data.number);
    work.edit(&id, |method| {
        sent.merge("billing_details", method);
        sent.metadata(method);
        sent.copy(&["allow_redisplay"], method);
        if let Some(checks) = checks {
            card::check_address(checks, method);
        }
    });
    Ok(id)
}

fn of_card(work: &mut Work<'_>, card: &CardData) -> String {
    let id = format!("pm_1{}", work.random.text(23));
    work.create(json!({
        "id": id,
        "object": "payment_method",
        "allow_redisplay": "unspecified",
        "billing_details": {
            "address": {
                "city": null, "country": null, "line1": null, "line2": null, "postal_code": null, "state": null
            },
            "email": null,
            "name": null,
            "phone": null,
            "tax_id": null,
        },
        "card": card.shown,
        "created": work.now,
        "customer": null,
        "customer_account": null,
        "livemode": false,
        "metadata": {},
        "type": "card",
        "_number": card.number,
    }));
    id
}

/// The payment method that a parameter names. `pm_card_...` and `tok_...` give a new one at each use.
pub(crate) fn materialize(work: &mut Work<'_>, named: &str, param: &str) -> Result<String> {
    if cards::by_token(named).is_some() || work.get(named).is_some_and(|found| found.is("object", "token")) {
        let data = card::of_token(work, named, param)?;
        return Ok(of_card(work, &data));
    }
    Ok(work.named("payment_method", named, param)?.id())
}

/// The card of a payment method.
pub(crate) fn card_behind(work: &Work<'_>, method: &str) -> Option<&'static Card> {
    cards::by_number(&work.see(method).string("_number"))
}

/// How the issuer declines this method before anything else is asked.
pub(crate) fn declined_at_once(work: &Work<'_>, method: &str) -> Option<Decline> {
    if work.see(method).flag("_expired") {
        return Some(cards::EXPIRED);
    }
    card_behind(work, method)?.always
}

/// How the issuer declines a charge of this method, if it does.
pub(crate) fn decline_of(work: &Work<'_>, method: &str) -> Option<Decline> {
    declined_at_once(work, method).or_else(|| card_behind(work, method)?.charge)
}

/// The 402 of a decline, without the intent that it belongs to.
pub(crate) fn decline_error(decline: &Decline) -> ApiError {
    let mut error = ApiError::card(decline.code, decline.message).with("advice_code", decline.advice_code);
    if let Some(code) = decline.decline_code {
        error = error.with("decline_code", code);
    }
    if !decline.network_decline_code.is_empty() {
        error = error.with("network_decline_code", decline.network_decline_code);
    }
    if decline.code == "incorrect_cvc" {
        error = error.with("param", "cvc");
    }
    error
}

/// Attaches to a customer; the issuer is asked, and some cards are declined here already.
pub(crate) fn attach_to(work: &mut Work<'_>, method: &str, customer: &str) -> Result<()> {
    let found = work.see(method);
    if found.is("customer", customer) {
        return Ok(());
    }
    if found.has("customer") {
        let message = "The payment method you provided has already been attached to a customer.";
        return Err(ApiError::invalid(message).begun());
    }
    refuse_spent(work, method)?;
    if let Some(decline) = declined_at_once(work, method) {
        return Err(decline_error(&decline).param(""));
    }
    work.set(method, "customer", customer);
    work.join_clock_of(method, customer);
    work.tell("payment_method.attached", method);
    Ok(())
}

/// Refuses a payment method that was used without a customer, or was detached.
pub(crate) fn refuse_spent(work: &Work<'_>, method: &str) -> Result<()> {
    if work.see(method).flag("_spent") { Err(ApiError::invalid(SPENT).begun()) } else { Ok(()) }
}

/// Detaches for good.
pub(crate) fn detach_from(work: &mut Work<'_>, method: &str) {
    let customer = work.see(method).string("customer");
    work.edit(method, |method| {
        method.set("customer", Value::Null);
        method.set("_spent", true);
    });
    work.tell("payment_method.detached", method);
    mandate::end_of(work, method);
    if work.see(&customer).is("invoice_settings.default_payment_method", method) {
        work.set(&customer, "invoice_settings.default_payment_method", Value::Null);
        work.tell_if_changed("customer.updated", &customer);
    }
    for subscription in work.matching("subscription", "customer", &customer) {
        if subscription.is("default_payment_method", method) {
            work.set(&subscription.id(), "default_payment_method", Value::Null);
            work.tell_if_changed("customer.subscription.updated", &subscription.id());
        }
    }
}

fn create(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let id = make(work, args)?;
    Ok((*work.see(&id)).clone())
}

fn retrieve(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    Ok((*work.path("payment_method", args.id())?).clone())
}

fn update(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let method = work.path("payment_method", args.id())?;
    if !method.has("customer") {
        let message = "You must save this PaymentMethod to a customer before you can update it.";
        return Err(ApiError::invalid(message).begun());
    }
    let id = method.id();
    let changed = card::updated(&method, args.at("card"), work.now)?;
    work.edit(&id, |method| {
        *method = changed;
        args.merge("billing_details", method);
        args.copy(&["allow_redisplay"], method);
        args.metadata(method);
    });
    work.tell_if_changed("payment_method.updated", &id);
    Ok((*work.see(&id)).clone())
}

fn attach(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let customer = args.need_text("customer")?;
    let customer = work.named("customer", customer, "customer")?.id();
    let token = args.id();
    let method = match materialize(work, token, "payment_method") {
        Ok(method) => method,
        Err(error) if error.code_str() == Some("resource_missing") => {
            return Err(ApiError::missing("PaymentMethod", token));
        }
        Err(error) => return Err(error),
    };
    attach_to(work, &method, &customer)?;
    Ok((*work.see(&method)).clone())
}

fn detach(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let method = work.path("payment_method", args.id())?;
    if !method.has("customer") {
        let message =
            "The payment method you provided is not attached to a customer so detachment is impossible.";
        return Err(ApiError::invalid(message).begun());
    }
    detach_from(work, args.id());
    Ok((*work.see(args.id())).clone())
}

fn all(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let among = match args.text("customer") {
        Some(customer) => {
            work.named("customer", customer, "customer")?;
            Some(work.matching("payment_method", "customer", customer))
        }
        None => None,
    };
    list(work, args, "payment_method", "/v1/payment_methods", among, |method| {
        method.has("customer") && agrees(args, "type", method) && agrees(args, "allow_redisplay", method)
    })
}
