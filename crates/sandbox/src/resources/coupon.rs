//! Coupons: what is taken off, for how long, and how often they may be redeemed.

use crate::core::value::{Map, Value, json};

use super::discount::apply::{Off, Terms};
use super::shapes::NONE;
use super::{money, promotion_code};
use crate::core::error::{ApiError, Result};
use crate::core::json::Json;
use crate::core::list::{AFTER, BEFORE, CREATED, LIMIT, list};
use crate::core::routes::{Route, route};
use crate::core::work::Work;
use crate::params::args::Args;
use crate::params::shape::{Kind, Shape};

pub(crate) const ROUTES: &[Route] = &[
    route("POST", "coupons", CREATE, create),
    route("GET", "coupons", &[AFTER, BEFORE, CREATED, LIMIT], all),
    route("GET", "coupons/*", NONE, retrieve),
    route("POST", "coupons/*", UPDATE, update),
    route("DELETE", "coupons/*", NONE, delete),
];

const OPTIONS: (&str, Kind) = ("currency_options", Kind::Map(&[("amount_off", Kind::Int)]));
const CREATE: Shape = &[
    ("amount_off", Kind::Int),
    ("applies_to", Kind::Nested(&[("products", Kind::Texts)])),
    ("currency", Kind::Text),
    OPTIONS,
    ("duration", Kind::Word(&["forever", "once", "repeating"])),
    ("duration_in_months", Kind::Int),
    ("id", Kind::Text),
    ("max_redemptions", Kind::Int),
    ("metadata", Kind::Metadata),
    ("name", Kind::Text),
    ("percent_off", Kind::Decimal),
    ("redeem_by", Kind::Time(&[])),
];
const UPDATE: Shape = &[OPTIONS, ("metadata", Kind::Metadata), ("name", Kind::Text)];

fn create(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let percent = percent(args)?;
    let amount = at_least_one(&args.params, "amount_off", "amount_off")?;
    let currency = match (percent, amount) {
        (None, None) => {
            let message = "Must provide percent_off or amount_off.";
            return Err(ApiError::invalid(message).code("parameter_missing"));
        }
        (Some(_), Some(_)) => {
            let message = "Received both percent_off and amount_off parameters. Please pass in only one.";
            return Err(ApiError::invalid(message));
        }
        (None, Some(_)) => {
            let message = "You must pass currency when passing amount_off";
            let named = args.text("currency").ok_or_else(|| ApiError::invalid(message).param("currency"))?;
            Some(money::currency(named, "currency")?)
        }
        (Some(_), None) if args.sent("currency_options") => {
            let message = "You may only specify one of these parameters: currency_options, percent_off.";
            return Err(ApiError::invalid(message).param("currency_options"));
        }
        (Some(_), None) => None,
    };
    let duration = args.text("duration").unwrap_or("once");
    let months = at_least_one(&args.params, "duration_in_months", "duration_in_months")?;
    if duration == "repeating" && months.is_none() {
        let message =
            "The duration_in_months param must be set when creating a coupon with a repeating duration";
        return Err(ApiError::invalid(message).param("duration"));
    }
    let redeem_by = future(work, args, "redeem_by")?;
    check_name(args)?;
    let products = args.at("applies_to").list("products").to_vec();
    for (index, product) in products.iter().enumerate() {
        let named = product.as_str().unwrap_or_default();
        work.named("product", named, &format!("applies_to[products][{index}]"))?;
    }
    let id = match args.text("id") {
        Some(id) if !id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b)) => {
            let message = "Coupon IDs may only contain letters, numbers, dashes and underscores.";
            return Err(ApiError::invalid(message).param("id"));
        }
        Some(id) if work.get(id).is_some_and(|other| !other.flag("deleted")) => {
            return Err(ApiError::conflict("resource_already_exists", "Coupon already exists."));
        }
        Some(id) => id.to_owned(),
        None => work.random.text(8),
    };
    let mut options = Map::new();
    if let (Some(currency), Some(amount)) = (&currency, amount) {
        // As with prices, the first currency is among the options ([mem]).
        options.insert(currency.clone(), json!({ "amount_off": amount }));
    }
    options.extend(options_of(args)?);
    let mut coupon = json!({
        "id": id,
        "object": "coupon",
        "amount_off": amount,
        "created": work.now,
        "currency": currency,
        "duration": duration,
        "duration_in_months": months.filter(|_| duration == "repeating"),
        "livemode": false,
        "max_redemptions": at_least_one(&args.params, "max_redemptions", "max_redemptions")?,
        "metadata": {},
        "name": args.at("name"),
        "percent_off": percent.map(|hundredths| f64::from(hundredths) / 100.0),
        "redeem_by": redeem_by,
        "times_redeemed": 0,
        "valid": true,
        "_percent": percent,
        "_due": redeem_by.map(|last| last + 1),
    });
    // Shown only when they are expanded ([spec]).
    if !products.is_empty() {
        coupon.set("_applies_to", json!({ "products": products }));
    }
    if !options.is_empty() {
        coupon.set("_currency_options", options);
    }
    args.metadata(&mut coupon);
    work.create(coupon);
    work.tell("coupon.created", &id);
    Ok((*work.see(&id)).clone())
}

/// `percent_off` in hundredths of a percent.
fn percent(args: &Args) -> Result<Option<u16>> {
    let Some(text) = args.text("percent_off") else { return Ok(None) };
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if fraction.trim_end_matches('0').len() > 2 {
        let message = format!("Invalid decimal: {text}; must contain at maximum 2 decimal places.");
        return Err(ApiError::invalid(message).code("parameter_invalid_decimal").param("percent_off"));
    }
    let digits = format!("{whole}{fraction:0<2.2}");
    match digits.parse::<i64>() {
        Ok(hundredths @ 1..=10_000) => Ok(u16::try_from(hundredths).ok()),
        hundredths => {
            let (side, bound) = match hundredths {
                Ok(..1) => ("greater", "0.01"),
                _ if text.starts_with('-') => ("greater", "0.01"),
                _ => ("less", "100"),
            };
            let point = if text.contains('.') { "" } else { ".0" };
            let message = format!(
                "This value must be {side} than or equal to {bound} (it currently is '{text}{point}')."
            );
            Err(ApiError::invalid(message).param("percent_off"))
        }
    }
}

/// The largest amount or number that a coupon or code takes: that of a charge ($999,999.99).
const MOST: i64 = 99_999_999;

/// A number that must be positive, and no larger than any charge, where it was sent. `param` is its full name.
pub(super) fn at_least_one(sent: &Value, name: &str, param: &str) -> Result<Option<i64>> {
    match sent.int(name) {
        Some(..1) => Err(ApiError::invalid("This value must be greater than or equal to 1.")
            .code("parameter_invalid_integer")
            .param(param)),
        Some(number) if number > MOST => {
            Err(ApiError::invalid(format!("This value must be less than or equal to {MOST}."))
                .code("parameter_invalid_integer")
                .param(param))
        }
        number => Ok(number),
    }
}

/// A moment that must be in the future, and at most five years away.
pub(super) fn future(work: &Work<'_>, args: &Args, name: &str) -> Result<Option<i64>> {
    const FIVE_YEARS: i64 = 5 * 366 * 86_400;
    let Some(at) = args.int(name) else { return Ok(None) };
    if at <= work.now {
        let message = format!(
            "The parameter `{name}` expects a unix timestamp representing a date and time in the future. You specified \
             the value `{at}` which is in the past."
        );
        return Err(ApiError::invalid(message).param(name));
    }
    if at - work.now > FIVE_YEARS {
        let message = "Invalid timestamp: can be no more than five years in the future.";
        return Err(ApiError::invalid(message).param(name));
    }
    Ok(Some(at))
}

fn check_name(args: &Args) -> Result<()> {
    match args.text("name") {
        Some(name) if name.chars().count() > 40 => {
            let message = format!("Invalid string: {name}; must be at most 40 characters");
            Err(ApiError::invalid(message).code("parameter_invalid_string").param("name"))
        }
        _ => Ok(()),
    }
}

/// `currency_options` that were sent, each checked.
fn options_of(args: &Args) -> Result<Map> {
    let mut checked = Map::new();
    for (currency, option) in args.at("currency_options").as_object().into_iter().flatten() {
        let param = format!("currency_options[{currency}][amount_off]");
        currency_key(currency)?;
        let amount = at_least_one(option, "amount_off", &param)?.ok_or_else(|| ApiError::required(&param))?;
        checked.insert(currency.clone(), json!({ "amount_off": amount }));
    }
    Ok(checked)
}

/// # Errors
/// 400 for a key of `currency_options` that is not a currency in lower case.
pub(super) fn currency_key(key: &str) -> Result<()> {
    let lower = money::currency(key, "currency_options")?;
    if lower == key {
        return Ok(());
    }
    let message =
        format!("Currencies must be lowercase when used as keys in a map. Use `{lower}` instead of `{key}`.");
    Err(ApiError::invalid(message).param("currency_options"))
}

/// A coupon in the path that is not deleted: discounts made of it outlive it, and still show it.
fn live(work: &Work<'_>, id: &str) -> Result<String> {
    match work.get(id) {
        Some(coupon) if coupon.is("object", "coupon") && !coupon.flag("deleted") => Ok(coupon.id()),
        _ => Err(ApiError::missing("coupon", id).param("coupon")),
    }
}

fn retrieve(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    Ok((*work.see(&live(work, args.id())?)).clone())
}

fn update(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let id = live(work, args.id())?;
    check_name(args)?;
    let options = options_of(args)?;
    if !options.is_empty() && work.see(&id).has("percent_off") {
        let message = "You may only specify currency_options for coupons with an amount_off.";
        return Err(ApiError::invalid(message).param("currency_options"));
    }
    work.edit(&id, |coupon| {
        args.copy(&["name"], coupon);
        args.metadata(coupon);
        for (currency, option) in options {
            coupon.set(&format!("_currency_options.{currency}"), option);
        }
    });
    work.tell_if_changed("coupon.updated", &id);
    Ok((*work.see(&id)).clone())
}

/// Can no longer be redeemed; discounts that were made of it stay ([doc]).
fn delete(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let id = live(work, args.id())?;
    work.edit(&id, |coupon| {
        coupon.set("valid", false);
        coupon.set("_due", Value::Null);
    });
    work.tell("coupon.deleted", &id);
    work.set(&id, "deleted", true);
    promotion_code::end_all_of(work, &id);
    Ok(json!({ "id": id, "object": "coupon", "deleted": true }))
}

fn all(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    list(work, args, "coupon", "/v1/coupons", None, |_| true)
}

/// Whether it can be redeemed at a moment.
pub(super) fn is_valid(coupon: &Value, now: i64) -> bool {
    coupon.flag("valid") && coupon.int("redeem_by").is_none_or(|last| now <= last)
}

/// What it takes off invoices of a currency; none if it names no amount in that.
pub(super) fn terms(coupon: &Value, currency: &str) -> Option<Terms> {
    let off = match coupon.int("_percent") {
        Some(hundredths) => Off::Percent(hundredths),
        None => Off::Amount(coupon.at("_currency_options").at(currency).int("amount_off")?),
    };
    let products = coupon.at("_applies_to").at("products").as_array();
    let products = products.map(|all| all.iter().filter_map(Value::as_str).map(str::to_owned).collect());
    Some(Terms { off, products })
}

/// Counts a redemption; after the last one the coupon is no longer valid.
pub(super) fn count(work: &mut Work<'_>, id: &str) {
    let times = work.see(id).num("times_redeemed") + 1;
    let spent = work.see(id).int("max_redemptions").is_some_and(|most| times >= most);
    work.set(id, "times_redeemed", times);
    if spent {
        expire(work, id);
    } else {
        work.tell_if_changed("coupon.updated", id);
    }
}

fn expire(work: &mut Work<'_>, id: &str) {
    work.edit(id, |coupon| {
        coupon.set("valid", false);
        coupon.set("_due", Value::Null);
    });
    work.tell_if_changed("coupon.updated", id);
    promotion_code::end_all_of(work, id);
}

/// The last moment at which it could be redeemed is over.
pub(crate) fn fall_due(work: &mut Work<'_>, id: &str) {
    expire(work, id);
}
