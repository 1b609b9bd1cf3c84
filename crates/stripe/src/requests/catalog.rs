//! Products and prices (trap 38).

use crate::form::{Form, segment};
use crate::request::{Key, Request};
use crate::types::Recurring;
use domain::ids::StripePriceId;
use domain::money::Money;

/// A product under an id of our own, which makes creating it naturally idempotent.
#[derive(Debug, Clone, Copy)]
pub struct Product<'a> {
    pub id: &'a str,
    pub name: &'a str,
    /// Such as `("tier", "community-pro")`.
    pub metadata: &'a [(&'a str, &'a str)],
}

pub fn create_product(product: &Product<'_>, key: &Key) -> Request {
    let form = described(Form::new().set("id", product.id), product);
    Request::post("/v1/products".into(), form, key)
}

/// For one that exists already.
pub fn update_product(product: &Product<'_>, key: &Key) -> Request {
    let path = format!("/v1/products/{}", segment(product.id));
    Request::post(path, described(Form::new(), product), key)
}

fn described(form: Form, product: &Product<'_>) -> Form {
    metadata(form.set("name", product.name), product.metadata)
}

pub(super) fn metadata(form: Form, pairs: &[(&str, &str)]) -> Form {
    pairs.iter().fold(form, |form, (name, value)| form.set(&format!("metadata[{name}]"), value))
}

/// How many lookup keys one call takes.
pub const LOOKUP_KEYS: usize = 10;

/// The active prices of at most [`LOOKUP_KEYS`] keys; more are left out.
pub fn list_prices(lookup_keys: &[&str]) -> Request {
    let form = Form::new()
        .list("lookup_keys", lookup_keys.iter().take(LOOKUP_KEYS))
        .set("active", true)
        .set("limit", super::PAGE);
    Request::get("/v1/prices".into(), form)
}

#[derive(Debug, Clone, Copy)]
pub struct NewPrice<'a> {
    pub product: &'a str,
    pub amount: Money,
    /// `None` for a token package.
    pub recurring: Option<Recurring>,
    pub lookup_key: &'a str,
    /// What the price is for, so that an archived one is still understood.
    pub metadata: &'a [(&'a str, &'a str)],
    /// Prices of tokens include tax: a payment intent has no automatic tax.
    pub tax_inclusive: bool,
}

/// Takes the lookup key from the price that had it, atomically. Amount, currency and interval can never be
/// changed afterwards.
pub fn create_price(new: &NewPrice<'_>, key: &Key) -> Request {
    let form = Form::new()
        .set("product", new.product)
        .set("currency", new.amount.currency)
        .set("unit_amount", new.amount.amount)
        .maybe("recurring[interval]", new.recurring.map(|recurring| recurring.interval.as_str()))
        .maybe("recurring[interval_count]", new.recurring.map(|recurring| recurring.count))
        .set("lookup_key", new.lookup_key)
        .set("transfer_lookup_key", true)
        .set("tax_behavior", if new.tax_inclusive { "inclusive" } else { "exclusive" });
    Request::post("/v1/prices".into(), metadata(form, new.metadata), key)
}

/// Subscribers keep an archived price; nobody new gets it.
pub fn archive_price(id: &StripePriceId, key: &Key) -> Request {
    Request::post(format!("/v1/prices/{}", segment(id.as_str())), Form::new().set("active", false), key)
}
