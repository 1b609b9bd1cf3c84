//! The card in a payment method: what is sent of it, and what is shown.

use crate::core::value::{Value, json};

use super::decline_error;
use crate::core::error::{ApiError, Result};
use crate::core::ids::fingerprint;
use crate::core::json::Json;
use crate::core::work::Work;
use crate::life::calendar;
use crate::params::shape::{Kind, Shape};
use crate::resources::cards::{self, Card, Challenge};

/// The network that the payer prefers, of those that a co-branded card has.
pub(crate) const NETWORKS: Shape = &[("preferred", Kind::Word(&["cartes_bancaires", "mastercard", "visa"]))];

/// A card's data.
pub(crate) const SHAPE: Shape = &[
    ("cvc", Kind::Text),
    ("exp_month", Kind::Int),
    ("exp_year", Kind::Int),
    ("networks", Kind::Nested(NETWORKS)),
    ("number", Kind::Text),
    ("token", Kind::Text),
];

/// What of a card can be changed later.
pub(super) const UPDATE: Shape =
    &[("exp_month", Kind::Int), ("exp_year", Kind::Int), ("networks", Kind::Nested(NETWORKS))];

/// A card's number, and what is shown of it.
pub(crate) struct CardData {
    pub(crate) number: String,
    pub(crate) shown: Value,
}

/// Reads a number with its dates, or a token.
///
/// # Errors
/// 402 for a number or a date that no card has; 400 for a token that is unknown or used.
pub(crate) fn read(work: &mut Work<'_>, sent: &Value) -> Result<CardData> {
    if let Some(token) = sent.text("token") {
        return of_token(work, token, "card[token]");
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
    let year = if (0..100).contains(&year) { year + 2000 } else { year };
    check_month(month)?;
    if has_expired(month, year, work.now) || year > calendar::year_month(work.now).0 + 50 {
        return Err(bad_year());
    }
    if let Some(cvc) = sent.text("cvc")
        && !(cvc.len() == 3 || cvc.len() == 4) | !cvc.bytes().all(|b| b.is_ascii_digit())
    {
        return Err(ApiError::card("invalid_cvc", "Your card's security code is invalid.").param("cvc"));
    }
    let card = cards::by_number(&number).ok_or_else(|| decline_error(&cards::LIVE_CARD))?;
    let mut shown = shown(work, card, month, year, sent.text("cvc").is_some());
    prefer(&mut shown, sent)?;
    Ok(CardData { number, shown })
}

fn check_month(month: i64) -> Result<()> {
    if (1..=12).contains(&month) {
        return Ok(());
    }
    let message = "Your card's expiration month is invalid.";
    Err(ApiError::card("invalid_expiry_month", message).param("exp_month"))
}

fn bad_year() -> ApiError {
    ApiError::card("invalid_expiry_year", "Your card's expiration year is invalid.").param("exp_year")
}

fn has_expired(month: i64, year: i64, now: i64) -> bool {
    (year, month) < calendar::year_month(now)
}

/// The card behind `tok_...` or `pm_card_...`. A token that was made is used up.
pub(super) fn of_token(work: &mut Work<'_>, token: &str, param: &str) -> Result<CardData> {
    if let Some(card) = cards::by_token(token) {
        let (year, month) = calendar::year_month(work.now);
        let mut shown = shown(work, card, month, year + 1, true);
        // A name stands for a card with an address, where the address is the point of it.
        for (member, check) in [("line1", card.line1_check), ("postal_code", card.zip_check)] {
            if check != "pass" {
                shown.set(&format!("checks.address_{member}_check"), check);
            }
        }
        return Ok(CardData { number: card.number.to_owned(), shown });
    }
    let found = work.named("token", token, param)?;
    if found.flag("used") {
        let message = format!("You cannot use a Stripe token more than once: {token}.");
        return Err(ApiError::conflict("token_already_used", message).param(param));
    }
    work.set(token, "used", true);
    Ok(CardData { number: found.string("_number"), shown: found.at("_card").clone() })
}

fn shown(work: &Work<'_>, card: &Card, month: i64, year: i64, cvc: bool) -> Value {
    let networks: Vec<&str> = [Some(card.brand), card.co_brand].into_iter().flatten().collect();
    json!({
        "brand": card.brand,
        "checks": {
            "address_line1_check": null,
            "address_postal_code_check": null,
            "cvc_check": cvc.then_some(card.cvc_check),
        },
        "country": card.country,
        "display_brand": cards::display_brand(card.brand),
        "exp_month": month,
        "exp_year": year,
        "fingerprint": fingerprint(&work.account.name, card.number),
        "funding": card.funding,
        "generated_from": null,
        "last4": card.last4(),
        "networks": { "available": networks, "preferred": null },
        "regulated_status": "unregulated",
        "three_d_secure_usage": { "supported": card.challenge != Challenge::Unsupported },
        "wallet": null,
    })
}

/// The issuer checks what it is given of an address, and nothing else ([doc] testing: skipped without it).
pub(super) fn check_address(card: &Card, method: &mut Value) {
    for (given, checked, result) in [
        ("line1", "address_line1_check", card.line1_check),
        ("postal_code", "address_postal_code_check", card.zip_check),
    ] {
        if method.has(&format!("billing_details.address.{given}")) {
            method.set(&format!("card.checks.{checked}"), result);
        }
    }
}

/// Takes the network that the payer prefers into a shown card. Empty takes it back.
fn prefer(shown: &mut Value, sent: &Value) -> Result<()> {
    let wanted = sent.at("networks.preferred");
    if let Some(network) = wanted.as_str() {
        if !shown.list("networks.available").contains(wanted) {
            let message = format!("This card cannot be processed on the network {network}.");
            return Err(ApiError::invalid(message).param("card[networks][preferred]"));
        }
        shown.set("networks.preferred", network);
        shown.set("display_brand", cards::display_brand(network));
    } else if sent.at("networks").get("preferred").is_some() {
        let brand = shown.string("brand");
        shown.set("networks.preferred", Value::Null);
        shown.set("display_brand", cards::display_brand(&brand));
    }
    Ok(())
}

/// A payment method with what was sent of its card. A date in the past is taken: its charges are declined from then on.
pub(super) fn updated(method: &Value, sent: &Value, now: i64) -> Result<Value> {
    let mut method = method.clone();
    let mut card = method.at("card").clone();
    if let Some(month) = sent.int("exp_month") {
        check_month(month)?;
        card.set("exp_month", month);
    }
    if let Some(year) = sent.int("exp_year") {
        let year = if (0..100).contains(&year) { year + 2000 } else { year };
        let this_year = calendar::year_month(now).0;
        if !(this_year - 50..=this_year + 50).contains(&year) {
            return Err(bad_year());
        }
        card.set("exp_year", year);
    }
    if sent.has("exp_month") || sent.has("exp_year") {
        method.set("_expired", has_expired(card.num("exp_month"), card.num("exp_year"), now));
    }
    prefer(&mut card, sent)?;
    method.set("card", card);
    Ok(method)
}
