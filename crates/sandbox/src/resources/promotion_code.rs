//! Promotion codes: what a customer types in to redeem a coupon.

use crate::core::value::{Map, Value, json};

use super::coupon::{self, at_least_one, currency_key, future};
use super::money;
use super::shapes::NONE;
use crate::core::error::{ApiError, Result};
use crate::core::json::Json;
use crate::core::list::{AFTER, BEFORE, CREATED, LIMIT, agrees, list};
use crate::core::routes::{Route, route};
use crate::core::work::Work;
use crate::params::args::Args;
use crate::params::shape::{Kind, Shape};

pub(crate) const ROUTES: &[Route] = &[
    route("POST", "promotion_codes", CREATE, create),
    route("GET", "promotion_codes", LIST, all),
    route("GET", "promotion_codes/*", NONE, retrieve),
    route("POST", "promotion_codes/*", UPDATE, update),
];

const OPTIONS: (&str, Kind) = ("currency_options", Kind::Map(&[("minimum_amount", Kind::Int)]));
const CREATE: Shape = &[
    ("active", Kind::Bool),
    ("code", Kind::Text),
    ("customer", Kind::Text),
    ("expires_at", Kind::Time(&[])),
    ("max_redemptions", Kind::Int),
    ("metadata", Kind::Metadata),
    ("promotion", Kind::Nested(&[("coupon", Kind::Text), ("type", Kind::Word(&["coupon"]))])),
    (
        "restrictions",
        Kind::Nested(&[
            OPTIONS,
            ("first_time_transaction", Kind::Bool),
            ("minimum_amount", Kind::Int),
            ("minimum_amount_currency", Kind::Text),
        ]),
    ),
];
const UPDATE: Shape =
    &[("active", Kind::Bool), ("metadata", Kind::Metadata), ("restrictions", Kind::Nested(&[OPTIONS]))];
const LIST: Shape = &[
    ("active", Kind::Bool),
    AFTER,
    BEFORE,
    ("code", Kind::Text),
    ("coupon", Kind::Text),
    CREATED,
    ("customer", Kind::Text),
    LIMIT,
];

fn create(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let coupon = coupon_of(work, args)?;
    if !coupon::is_valid(&coupon, work.now) {
        return Err(coupon_expired(&coupon.id(), "promotion[coupon]"));
    }
    let customer = args.text("customer").map(|id| work.named("customer", id, "customer")).transpose()?;
    let code = match args.text("code") {
        Some(code) if code.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b)) => {
            code.to_owned()
        }
        Some(code) => {
            let message = format!(
                "This value must match the regex pattern. (/\\A[a-zA-Z0-9\\-_]+\\z/ does not match for the value {code})."
            );
            return Err(ApiError::invalid(message).param("code"));
        }
        None => work.random.capitals(8),
    };
    let active = args.at("active").as_bool().unwrap_or(true);
    if active {
        refuse_taken(work, &code, args.text("customer"), None)?;
    }
    let expires_at = future(work, args, "expires_at")?;
    if let (Some(at), Some(last)) = (expires_at, coupon.int("redeem_by"))
        && at > last
    {
        let message = "The promotion code's `expires_at` cannot be after the coupon's `redeem_by`.";
        return Err(ApiError::invalid(message).param("expires_at"));
    }
    let most = at_least_one(&args.params, "max_redemptions", "max_redemptions")?;
    if let (Some(own), Some(all)) = (most, coupon.int("max_redemptions"))
        && own > all
    {
        let message =
            "The promotion code's `max_redemptions` cannot be greater than the coupon's `max_redemptions`.";
        return Err(ApiError::invalid(message).param("max_redemptions"));
    }
    let (restrictions, options) = restrictions(args.at("restrictions"))?;
    let id = format!("promo_1{}", work.random.text(23));
    let mut made = json!({
        "id": id,
        "object": "promotion_code",
        "active": active,
        "code": code,
        "created": work.now,
        "customer": customer.map(|customer| customer.id()),
        "customer_account": null,
        "expires_at": expires_at,
        "livemode": false,
        "max_redemptions": most,
        "metadata": {},
        "promotion": { "coupon": coupon.at("id"), "type": "coupon" },
        "restrictions": restrictions,
        "times_redeemed": 0,
        "_code": code.to_ascii_lowercase(),
        "_due": expires_at,
    });
    if !options.is_empty() {
        made.set("_currency_options", options);
    }
    args.metadata(&mut made);
    work.create(made);
    work.tell("promotion_code.created", &id);
    Ok((*work.see(&id)).clone())
}

fn coupon_of(work: &Work<'_>, args: &Args) -> Result<std::sync::Arc<Value>> {
    let promotion = args.at("promotion");
    if promotion.is_null() {
        return Err(ApiError::required("promotion"));
    }
    if !promotion.has("type") {
        return Err(ApiError::required("promotion[type]"));
    }
    let Some(named) = promotion.text("coupon") else {
        let message = "You must pass promotion.coupon when passing promotion";
        return Err(ApiError::invalid(message).param("promotion.coupon"));
    };
    work.named("coupon", named, "promotion[coupon]")
}

/// # Errors
/// 400 when an active code for the same customers reads alike, in capitals or not ([doc]: one that everybody may
/// redeem is alone, those of single customers may share it).
fn refuse_taken(work: &Work<'_>, code: &str, customer: Option<&str>, own: Option<&str>) -> Result<()> {
    let alike = work.matching("promotion_code", "_code", &code.to_ascii_lowercase());
    let taken = alike.iter().any(|other| {
        let meets = match (customer, other.text("customer")) {
            (Some(one), Some(another)) => one == another,
            _ => true,
        };
        meets && other.flag("active") && Some(other.id().as_str()) != own
    });
    if taken {
        let message = format!("An active promotion code with `code: {code}` already exists.");
        return Err(ApiError::invalid(message));
    }
    Ok(())
}

/// `restrictions` as a code shows them, and their amounts by currency, which are shown only when expanded.
fn restrictions(sent: &Value) -> Result<(Value, Map)> {
    let amount = at_least_one(sent, "minimum_amount", "restrictions[minimum_amount]")?;
    let param = "restrictions[minimum_amount_currency]";
    let currency =
        sent.text("minimum_amount_currency").map(|code| money::currency(code, param)).transpose()?;
    let mut options = Map::new();
    match (amount, &currency) {
        (Some(amount), Some(currency)) => {
            options.insert(currency.clone(), json!({ "minimum_amount": amount }));
        }
        (None, None) if !sent.has("currency_options") => {}
        (None, _) => {
            let message =
                "You must pass minimum_amount when passing minimum_amount_currency or currency_options";
            return Err(ApiError::invalid(message).param("restrictions[minimum_amount]"));
        }
        (Some(_), None) => {
            let message = "You must pass minimum_amount_currency when passing minimum_amount";
            return Err(ApiError::invalid(message).param(param));
        }
    }
    options.extend(options_of(sent)?);
    let shown = json!({
        "first_time_transaction": sent.flag("first_time_transaction"),
        "minimum_amount": amount,
        "minimum_amount_currency": currency,
    });
    Ok((shown, options))
}

/// The amounts by currency in `restrictions`, each checked.
fn options_of(sent: &Value) -> Result<Map> {
    let mut checked = Map::new();
    for (currency, option) in sent.at("currency_options").as_object().into_iter().flatten() {
        let param = format!("restrictions[currency_options][{currency}][minimum_amount]");
        currency_key(currency)?;
        let least =
            at_least_one(option, "minimum_amount", &param)?.ok_or_else(|| ApiError::required(&param))?;
        checked.insert(currency.clone(), json!({ "minimum_amount": least }));
    }
    Ok(checked)
}

/// A code in the path.
fn found(work: &Work<'_>, id: &str) -> Result<std::sync::Arc<Value>> {
    work.path("promotion_code", id).map_err(|error| error.param("promotion_code"))
}

fn retrieve(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    Ok((*found(work, args.id())?).clone())
}

fn update(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let code = found(work, args.id())?;
    let id = code.id();
    let options = options_of(args.at("restrictions"))?;
    if !options.is_empty() && !code.has("restrictions.minimum_amount") {
        let message = "You can only set currency_options on a promotion code that has a minimum_amount.";
        return Err(ApiError::invalid(message).param("restrictions[currency_options]"));
    }
    if args.flag("active") && !code.flag("active") {
        // [doc]: what made it inactive for good cannot be taken back.
        if !is_redeemable(work, &code) {
            let message = "This promotion code cannot be activated because its coupon is no longer valid, or it has \
                           expired or been redeemed the maximum number of times.";
            return Err(ApiError::invalid(message).param("active"));
        }
        refuse_taken(work, &code.string("code"), code.text("customer"), Some(&id))?;
    }
    work.edit(&id, |code| {
        args.copy(&["active"], code);
        args.metadata(code);
        for (currency, option) in options {
            code.set(&format!("_currency_options.{currency}"), option);
        }
    });
    work.tell_if_changed("promotion_code.updated", &id);
    Ok((*work.see(&id)).clone())
}

fn all(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    for kind in ["coupon", "customer"] {
        if let Some(id) = args.text(kind) {
            work.named(kind, id, kind)?;
        }
    }
    let code = args.text("code").map(str::to_ascii_lowercase);
    let among = code.map(|code| work.matching("promotion_code", "_code", &code));
    list(work, args, "promotion_code", "/v1/promotion_codes", among, |code| {
        agrees(args, "active", code)
            && agrees(args, "customer", code)
            && args.text("coupon").is_none_or(|coupon| code.is("promotion.coupon", coupon))
    })
}

/// Whether it could be redeemed now, were it active.
pub(super) fn is_redeemable(work: &Work<'_>, code: &Value) -> bool {
    coupon::is_valid(&work.see(&code.string("promotion.coupon")), work.now)
        && code.int("expires_at").is_none_or(|end| work.now < end)
        && code.int("max_redemptions").is_none_or(|most| code.num("times_redeemed") < most)
}

pub(super) fn coupon_expired(coupon: &str, param: &str) -> ApiError {
    ApiError::conflict("coupon_expired", format!("Coupon expired: {coupon}")).param(param)
}

/// Counts a redemption; after the last one the code is no longer active.
pub(super) fn count(work: &mut Work<'_>, id: &str) {
    let code = work.see(id);
    let times = code.num("times_redeemed") + 1;
    let spent = code.int("max_redemptions").is_some_and(|most| times >= most);
    work.edit(id, |code| {
        code.set("times_redeemed", times);
        if spent {
            code.set("active", false);
        }
    });
    work.tell_if_changed("promotion_code.updated", id);
}

/// It has expired.
pub(crate) fn fall_due(work: &mut Work<'_>, id: &str) {
    work.edit(id, |code| {
        code.set("active", false);
        code.set("_due", Value::Null);
    });
    work.tell_if_changed("promotion_code.updated", id);
}

/// The coupon is no longer valid, and so are its codes, for good ([doc]).
pub(super) fn end_all_of(work: &mut Work<'_>, coupon: &str) {
    for code in work.all("promotion_code") {
        if code.is("promotion.coupon", coupon) && code.flag("active") {
            work.set(&code.id(), "active", false);
            work.tell_if_changed("promotion_code.updated", &code.id());
        }
    }
}
