//! Tokens: a card's data, to be used once.

use crate::core::value::{Value, json};

use super::payment_method::card;
use super::shapes::NONE;
use crate::core::error::{ApiError, Result};
use crate::core::json::Json;
use crate::core::routes::{Route, open, route};
use crate::core::work::Work;
use crate::params::args::Args;
use crate::params::shape::{Kind, Shape};

pub(crate) const ROUTES: &[Route] =
    &[open("POST", "tokens", CREATE, create), route("GET", "tokens/*", NONE, retrieve)];

/// A card with its holder's address, as only tokens take it.
const CARD: Shape = &[
    ("address_city", Kind::Text),
    ("address_country", Kind::Text),
    ("address_line1", Kind::Text),
    ("address_line2", Kind::Text),
    ("address_state", Kind::Text),
    ("address_zip", Kind::Text),
    ("cvc", Kind::Text),
    ("exp_month", Kind::Int),
    ("exp_year", Kind::Int),
    ("name", Kind::Text),
    ("networks", Kind::Nested(card::NETWORKS)),
    ("number", Kind::Text),
];
const CREATE: Shape = &[("card", Kind::Nested(CARD))];

fn create(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let sent = args.at("card");
    if !sent.is_object() {
        return Err(ApiError::required("card"));
    }
    let card = card::read(work, sent)?;
    let (id, card_id) = (format!("tok_1{}", work.random.text(23)), format!("card_1{}", work.random.text(23)));
    let shown = &card.shown;
    // Cards and payment methods spell brands differently.
    let brand = match shown.text("brand").unwrap_or_default() {
        "amex" => "American Express",
        "diners" => "Diners Club",
        "discover" => "Discover",
        "jcb" => "JCB",
        "mastercard" => "MasterCard",
        "unionpay" => "UnionPay",
        _ => "Visa",
    };
    work.create(json!({
        "id": id,
        "object": "token",
        "card": {
            "id": card_id,
            "object": "card",
            "address_city": sent.at("address_city"),
            "address_country": sent.at("address_country"),
            "address_line1": sent.at("address_line1"),
            "address_line1_check": null,
            "address_line2": sent.at("address_line2"),
            "address_state": sent.at("address_state"),
            "address_zip": sent.at("address_zip"),
            "address_zip_check": null,
            "allow_redisplay": "unspecified",
            "brand": brand,
            "country": shown.at("country"),
            "cvc_check": "unchecked",
            "dynamic_last4": null,
            "exp_month": shown.at("exp_month"),
            "exp_year": shown.at("exp_year"),
            "fingerprint": shown.at("fingerprint"),
            "funding": shown.at("funding"),
            "last4": shown.at("last4"),
            "metadata": {},
            "name": sent.at("name"),
            "networks": { "preferred": shown.at("networks.preferred") },
            "regulated_status": "unregulated",
            "tokenization_method": null,
            "wallet": null,
        },
        "client_ip": null,
        "created": work.now,
        "livemode": false,
        "type": "card",
        "used": false,
        "_number": card.number,
        "_card": card.shown,
    }));
    Ok((*work.see(&id)).clone())
}

fn retrieve(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    Ok((*work.path("token", args.id())?).clone())
}
