//! Prices. Amount, currency and interval never change ([spec]).

use crate::core::value::{Value, json};

use super::shapes::{NONE, RECURRING};
use super::{money, plan, product};
use crate::core::error::{ApiError, Result};
use crate::core::json::Json;
use crate::core::list::{AFTER, BEFORE, CREATED, LIMIT, agrees, list};
use crate::core::routes::{Route, route};
use crate::core::work::Work;
use crate::params::args::Args;
use crate::params::shape::{Kind, Shape};

pub(crate) const ROUTES: &[Route] = &[
    route("POST", "prices", CREATE, create),
    route("GET", "prices", LIST, all),
    route("GET", "prices/*", NONE, retrieve),
    route("POST", "prices/*", UPDATE, update),
];

pub(super) const PRODUCT_DATA: Shape = &[
    ("active", Kind::Bool),
    ("id", Kind::Text),
    ("metadata", Kind::Metadata),
    ("name", Kind::Text),
    ("statement_descriptor", Kind::UpTo(22)),
    ("tax_code", Kind::Text),
    ("unit_label", Kind::UpTo(12)),
];

const TAX: Kind = Kind::Word(&["exclusive", "inclusive", "unspecified"]);

const CREATE: Shape = &[
    ("active", Kind::Bool),
    ("billing_scheme", Kind::Word(&["per_unit"])),
    ("currency", Kind::Text),
    ("lookup_key", Kind::UpTo(200)),
    ("metadata", Kind::Metadata),
    ("nickname", Kind::Text),
    ("product", Kind::Text),
    ("product_data", Kind::Nested(PRODUCT_DATA)),
    ("recurring", Kind::Nested(RECURRING)),
    ("tax_behavior", TAX),
    ("transfer_lookup_key", Kind::Bool),
    ("unit_amount", Kind::Int),
    ("unit_amount_decimal", Kind::Decimal),
];

const UPDATE: Shape = &[
    ("active", Kind::Bool),
    ("lookup_key", Kind::UpTo(200)),
    ("metadata", Kind::Metadata),
    ("nickname", Kind::Text),
    ("tax_behavior", TAX),
    ("transfer_lookup_key", Kind::Bool),
];

const LIST: Shape = &[
    ("active", Kind::Bool),
    AFTER,
    BEFORE,
    CREATED,
    ("currency", Kind::Text),
    LIMIT,
    ("lookup_keys", Kind::Texts),
    ("product", Kind::Text),
    (
        "recurring",
        Kind::Nested(&[
            ("interval", Kind::Word(&["day", "month", "week", "year"])),
            ("usage_type", Kind::Word(&["licensed", "metered"])),
        ]),
    ),
    ("type", Kind::Word(&["one_time", "recurring"])),
];

fn create(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let product = match (args.text("product"), args.at("product_data")) {
        (Some(_), Value::Object(_)) => {
            let message = "You may only specify one of these parameters: product, product_data.";
            return Err(ApiError::invalid(message).code("parameters_exclusive"));
        }
        (Some(id), _) => work.named("product", id, "product")?.id(),
        (None, Value::Object(_)) => {
            if !args.params.has("product_data.name") {
                return Err(ApiError::required("product_data[name]"));
            }
            let data = Args { params: args.at("product_data").clone(), ..Args::default() };
            product::make(work, data.text("id"), &data)?
        }
        _ => return Err(ApiError::required("product")),
    };
    let id = make(work, &product, args)?;
    Ok((*work.see(&id)).clone())
}

/// A new price that stands in the request that needs it: not for sale on its own ([spec]: an inline price is inactive).
pub(crate) fn make_inline(work: &mut Work<'_>, product: &str, args: &Args) -> Result<String> {
    let mut params = args.params.clone();
    params.set("active", false);
    make(work, product, &Args { params, ..Args::default() })
}

/// A new price of a product, told to the endpoints.
pub(crate) fn make(work: &mut Work<'_>, product: &str, args: &Args) -> Result<String> {
    make_named(work, None, product, args)
}

/// The same under an id of the caller's, as plans have them.
pub(super) fn make_named(
    work: &mut Work<'_>,
    id: Option<&str>,
    product: &str,
    args: &Args,
) -> Result<String> {
    let currency = money::currency(args.need_text("currency")?, "currency")?;
    let (amount, decimal) = amounts(args)?;
    let recurring = recurring(args.at("recurring"), "recurring")?;
    take_lookup_key(work, args, None)?;
    let id = id.map_or_else(|| format!("price_1{}", work.random.text(23)), str::to_owned);
    let kind = if recurring.is_null() { "one_time" } else { "recurring" };
    let mut price = json!({
        "id": id,
        "object": "price",
        "active": args.at("active").as_bool().unwrap_or(true),
        "billing_scheme": "per_unit",
        "created": work.now,
        "currency": currency,
        "custom_unit_amount": null,
        "livemode": false,
        "lookup_key": args.at("lookup_key"),
        "metadata": {},
        "nickname": args.at("nickname"),
        "product": product,
        "recurring": recurring,
        "tax_behavior": args.text("tax_behavior").unwrap_or("unspecified"),
        "tiers_mode": null,
        "transform_quantity": null,
        "type": kind,
        "unit_amount": amount,
        "unit_amount_decimal": decimal,
    });
    args.metadata(&mut price);
    work.create(price);
    work.tell("price.created", &id);
    plan::tell(work, "plan.created", &id, None);
    Ok(id)
}

/// The amount in whole minor units (null for a fraction) and as decimal text.
fn amounts(args: &Args) -> Result<(Option<i64>, String)> {
    match (args.amount("unit_amount")?, args.text("unit_amount_decimal")) {
        (Some(_), Some(_)) => Err(ApiError::invalid(
            "You may only specify one of these parameters: unit_amount, unit_amount_decimal.",
        )
        .code("parameters_exclusive")),
        (Some(amount), None) => Ok((Some(amount), amount.to_string())),
        (None, Some(decimal)) => {
            match decimal.parse::<i64>() {
                Ok(amount) if amount >= 0 => Ok((Some(amount), amount.to_string())),
                _ => Err(ApiError::unsupported("prices in fractions of the minor unit")
                    .param("unit_amount_decimal")),
            }
        }
        (None, None) => Err(ApiError::required("unit_amount")),
    }
}

/// `recurring` as a price shows it; null for a one-time price.
fn recurring(sent: &Value, param: &str) -> Result<Value> {
    if sent.is_null() {
        return Ok(Value::Null);
    }
    let interval = sent.text("interval").ok_or_else(|| ApiError::required(&format!("{param}[interval]")))?;
    let count = sent.int("interval_count").unwrap_or(1);
    // Stripe docs: at most three years.
    let most = match interval {
        "day" => 1095,
        "week" => 156,
        "month" => 36,
        _ => 3,
    };
    if !(1..=most).contains(&count) {
        let message = "Invalid interval_count: the maximum period between payments is three years.";
        return Err(ApiError::invalid(message).param(&format!("{param}[interval_count]")));
    }
    Ok(json!({
        "interval": interval,
        "interval_count": count,
        "meter": null,
        "trial_period_days": null,
        "usage_type": "licensed",
    }))
}

/// A recurring price as people read it: `$54.00 every 3 months`.
pub(crate) fn spoken(price: &Value) -> String {
    let amount = money::shown(price.num("unit_amount"), price.text("currency").unwrap_or_default());
    let interval = price.string("recurring.interval");
    match price.num("recurring.interval_count") {
        0 | 1 => format!("{amount} every {interval}"),
        count => format!("{amount} every {count} {interval}s"),
    }
}

/// A lookup key belongs to one price; `transfer_lookup_key` moves it from the other in the same moment.
fn take_lookup_key(work: &mut Work<'_>, args: &Args, own: Option<&str>) -> Result<()> {
    let Some(key) = args.text("lookup_key") else { return Ok(()) };
    let holder = work.matching("price", "lookup_key", key).into_iter().find(|p| Some(p.id().as_str()) != own);
    let Some(holder) = holder else { return Ok(()) };
    if !args.flag("transfer_lookup_key") {
        let message = format!(
            "A price (`{}`) already uses that lookup key. To transfer the lookup key, set `transfer_lookup_key` \
             to true.",
            holder.id()
        );
        return Err(ApiError::invalid(message).param("lookup_key").begun());
    }
    work.set(&holder.id(), "lookup_key", Value::Null);
    work.tell_if_changed("price.updated", &holder.id());
    Ok(())
}

fn retrieve(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    Ok((*work.path("price", args.id())?).clone())
}

pub(super) fn update(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let price = work.path("price", args.id())?;
    let id = price.id();
    if args.sent("tax_behavior")
        && !price.is("tax_behavior", "unspecified")
        && !agrees(args, "tax_behavior", &price)
    {
        let message = "The tax behavior of a price cannot be changed once it is set.";
        return Err(ApiError::invalid(message).param("tax_behavior").begun());
    }
    let is_default = work.see(&price.string("product")).is("default_price", &id);
    if is_default && args.at("active") == false {
        let message = "This price cannot be archived because it is the default price of its product.";
        return Err(ApiError::invalid(message).begun());
    }
    take_lookup_key(work, args, Some(&id))?;
    work.edit(&id, |price| {
        args.copy(&["active", "lookup_key", "nickname", "tax_behavior"], price);
        args.metadata(price);
    });
    work.tell_if_changed("price.updated", &id);
    plan::tell(work, "plan.updated", &id, Some(&price));
    Ok((*work.see(&id)).clone())
}

fn all(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let keys = args.at("lookup_keys");
    if keys.as_array().is_some_and(|keys| keys.len() > 10) {
        return Err(ApiError::invalid("You can specify up to 10 lookup_keys.").param("lookup_keys"));
    }
    let currency = args.text("currency").map(str::to_lowercase);
    list(work, args, "price", "/v1/prices", None, |price| {
        ["active", "product", "type"].iter().all(|name| agrees(args, name, price))
            && currency.as_ref().is_none_or(|currency| price.is("currency", currency))
            && keys.as_array().is_none_or(|keys| keys.contains(price.at("lookup_key")))
            && ["recurring.interval", "recurring.usage_type"]
                .iter()
                .all(|path| args.params.text(path).is_none_or(|wanted| price.is(path, wanted)))
    })
}
