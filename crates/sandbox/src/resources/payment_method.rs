//! Payment methods (cards), and the tokens that stand for them.

use serde_json::{Value, json};

use super::cards::{self, Aftermath, Card, Decline};
use super::shapes::{BILLING_DETAILS, NONE};
use crate::core::error::{ApiError, Result};
use crate::core::ids::fingerprint;
use crate::core::json::Json;
use crate::core::list::{AFTER, BEFORE, LIMIT, agrees, list};
use crate::core::routes::{Route, open, route};
use crate::core::work::Work;
use crate::life::calendar;
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

/// A card's data.
pub(crate) const CARD: Shape = &[
    ("cvc", Kind::Text),
    ("exp_month", Kind::Int),
    ("exp_year", Kind::Int),
    ("name", Kind::Text),
    ("number", Kind::Text),
    ("token", Kind::Text),
];

/// A payment method made on the way, for an intent.
pub(crate) const DATA: Shape = &[
    ("allow_redisplay", Kind::Word(&["always", "limited", "unspecified"])),
    ("billing_details", Kind::Nested(BILLING_DETAILS)),
    ("card", Kind::Nested(CARD)),
    ("metadata", Kind::Metadata),
    ("type", Kind::Word(&["card"])),
];

const CREATE: Shape = DATA;
const UPDATE: Shape = &[
    ("allow_redisplay", Kind::Word(&["always", "limited", "unspecified"])),
    ("billing_details", Kind::Nested(BILLING_DETAILS)),
    ("card", Kind::Nested(&[("exp_month", Kind::Int), ("exp_year", Kind::Int)])),
    ("metadata", Kind::Metadata),
];
const ATTACH: Shape = &[("customer", Kind::Text)];
const LIST: Shape = &[AFTER, BEFORE, ("customer", Kind::Text), LIMIT, ("type", Kind::Word(&["card"]))];

const SPENT: &str = "The provided PaymentMethod was previously used with a PaymentIntent without Customer attachment, \
     shared with a connected account without Customer attachment, or was detached from a Customer. It may not be \
     used again. To use a PaymentMethod multiple times, you must attach it to a Customer first.";

/// A card's number, and what is shown of it.
pub(crate) struct CardData {
    pub(crate) number: String,
    pub(crate) shown: Value,
}

/// Reads `card[number]` with its dates, or `card[token]`.
///
/// # Errors
/// 402 for a number or a date that no card has; 400 for a token that is unknown or used.
pub(crate) fn card_of(work: &mut Work<'_>, sent: &Value) -> Result<CardData> {
    if let Some(token) = sent.text("token") {
        return card_of_token(work, token, "card[token]");
    }
    let number: String = sent.string("number").chars().filter(|c| !matches!(c, ' ' | '-')).collect();
    if number.is_empty() {
        return Err(ApiError::required("card[number]"));
    }
    if !cards::is_valid(&number) {
        return Err(ApiError::card("incorrect_number", "Your card number is incorrect.").param("number"));
    }
    let month = sent.int("exp_month").ok_or_else(|| ApiError::required("card[exp_month]"))?;
    let year = sent.int("exp_year").ok_or_else(|| ApiError::required("card[exp_year]"))?;
    let year = if year < 100 { year + 2000 } else { year };
    let (this_year, this_month) = calendar::year_month(work.now);
    if !(1..=12).contains(&month) {
        let message = "Your card's expiration month is invalid.";
        return Err(ApiError::card("invalid_expiry_month", message).param("exp_month"));
    }
    if year < this_year || year > this_year + 50 || (year == this_year && month < this_month) {
        let message = "Your card's expiration year is invalid.";
        return Err(ApiError::card("invalid_expiry_year", message).param("exp_year"));
    }
    if let Some(cvc) = sent.text("cvc")
        && !(cvc.len() == 3 || cvc.len() == 4) | !cvc.bytes().all(|b| b.is_ascii_digit())
    {
        return Err(ApiError::card("invalid_cvc", "Your card's security code is invalid.").param("cvc"));
    }
    let card = cards::by_number(&number).ok_or_else(|| decline_error(&cards::LIVE_CARD))?;
    refuse_disputes(card)?;
    Ok(CardData { number, shown: shown(work, card, month, year, sent.text("cvc").is_some()) })
}

fn card_of_token(work: &mut Work<'_>, token: &str, param: &str) -> Result<CardData> {
    if let Some(card) = cards::by_token(token) {
        refuse_disputes(card)?;
        let (year, month) = calendar::year_month(work.now);
        return Ok(CardData {
            number: card.number.to_owned(),
            shown: shown(work, card, month, year + 1, true),
        });
    }
    let found = work.named("token", token, param)?;
    if found.flag("used") {
        let message = format!("You cannot use a Stripe token more than once: {token}.");
        return Err(ApiError::conflict("token_already_used", message).param(param));
    }
    work.set(token, "used", true);
    Ok(CardData { number: found.string("_number"), shown: found.at("_card").clone() })
}

/// Disputes are not on this floor: a card that would be disputed must not pass for one that is not.
fn refuse_disputes(card: &Card) -> Result<()> {
    if card.aftermath == Aftermath::Dispute {
        return Err(ApiError::unsupported("disputes yet, and so not the test cards that cause them"));
    }
    Ok(())
}

fn shown(work: &Work<'_>, card: &Card, month: i64, year: i64, cvc: bool) -> Value {
    json!({
        "brand": card.brand,
        "checks": {
            "address_line1_check": null,
            "address_postal_code_check": card.zip_check,
            "cvc_check": cvc.then_some(card.cvc_check),
        },
        "country": card.country,
        "display_brand": card.brand,
        "exp_month": month,
        "exp_year": year,
        "fingerprint": fingerprint(&work.account.name, card.number),
        "funding": card.funding,
        "generated_from": null,
        "last4": card.last4(),
        "networks": { "available": [card.brand], "preferred": null },
        "regulated_status": "unregulated",
        "three_d_secure_usage": { "supported": true },
        "wallet": null,
    })
}

/// Makes a payment method.
pub(crate) fn make(work: &mut Work<'_>, sent: &Args) -> Result<String> {
    sent.need_text("type")?;
    if !sent.at("card").is_object() {
        return Err(ApiError::required("card"));
    }
    let card = card_of(work, sent.at("card"))?;
    let id = of_card(work, &card);
    work.edit(&id, |method| {
        sent.merge("billing_details", method);
        sent.metadata(method);
        sent.copy(&["allow_redisplay"], method);
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
        let card = card_of_token(work, named, param)?;
        return Ok(of_card(work, &card));
    }
    Ok(work.named("payment_method", named, param)?.id())
}

/// The card of a payment method.
pub(crate) fn card_behind(work: &Work<'_>, method: &str) -> Option<&'static Card> {
    cards::by_number(&work.see(method).string("_number"))
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
    if let Some(decline) = card_behind(work, method).and_then(|card| card.always) {
        return Err(decline_error(&decline).param(""));
    }
    work.set(method, "customer", customer);
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
    work.edit(&id, |method| {
        args.merge("billing_details", method);
        args.merge("card", method);
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
        method.has("customer") && agrees(args, "type", method)
    })
}
