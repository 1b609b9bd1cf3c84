//! What an item costs: an amount, a price, or a unit's amount, times its quantity.

use std::sync::Arc;

use crate::core::value::{Value, json};

use super::super::{money, price, product};
use super::decimal;
use crate::core::error::{ApiError, Result};
use crate::core::json::Json;
use crate::core::work::Work;
use crate::params::args::Args;
use crate::params::shape::{Kind, Shape};

/// The largest amount of an item, in minor units ($999,999.99).
const LARGEST: i64 = 99_999_999;

/// A one-time price that is made on the way.
pub(crate) const PRICE_DATA: Shape = &[
    ("currency", Kind::Text),
    ("product", Kind::Text),
    ("tax_behavior", Kind::Word(&["exclusive", "inclusive", "unspecified"])),
    ("unit_amount", Kind::Int),
    ("unit_amount_decimal", Kind::Decimal),
];

pub(crate) const PRICING: Shape = &[("price", Kind::Text)];

/// What is said of an item's amount: at most one of these.
const WAYS: [&str; 4] = ["amount", "price_data", "pricing", "unit_amount_decimal"];

/// What an item costs.
#[derive(Debug)]
pub(super) struct Cost {
    pub(super) amount: i64,
    pub(super) currency: String,
    unit: i128,
    quantity: i128,
    price: Option<Arc<Value>>,
}

impl Cost {
    /// Writes it on an item.
    pub(super) fn write(&self, item: &mut Value) {
        item.set("amount", self.amount);
        item.set("quantity", decimal::truncated(self.quantity));
        item.set("quantity_decimal", decimal::show(self.quantity));
        item.set(
            "pricing",
            json!({ "type": "price_details", "unit_amount_decimal": decimal::show(self.unit) }),
        );
        if let Some(price) = &self.price {
            item.set(
                "pricing.price_details",
                json!({ "price": price.at("id"), "product": price.at("product") }),
            );
        }
    }

    pub(super) fn product(&self) -> Option<&str> {
        self.price.as_ref().and_then(|price| price.text("product"))
    }
}

/// Reads what was sent; `prefix` is where it was sent, and `before` is the item that is changed by it. None when nothing
/// is said of the amount.
///
/// # Errors
/// 400 for more than one way to say it, for a price that cannot be billed once, and for fractions of the minor unit.
pub(super) fn read(
    work: &mut Work<'_>,
    args: &Args,
    prefix: &str,
    currency: Option<&str>,
    before: Option<&Value>,
) -> Result<Option<Cost>> {
    let param = |name: &str| named(prefix, name);
    let ways: Vec<&str> = WAYS.into_iter().filter(|way| args.params.has(way)).collect();
    if ways.len() > 1 {
        let message = format!("You may only specify one of these parameters: {}.", ways.join(", "));
        return Err(ApiError::invalid(message).code("parameters_exclusive").param(&param(ways[1])));
    }
    let quantity = quantity(args, prefix)?;
    if ways.is_empty() && quantity.is_none() {
        return Ok(None);
    }
    let was = before
        .map_or(Ok(decimal::of(1)), |item| decimal::read(&item.string("quantity_decimal"), "quantity"))?;
    let quantity = quantity.unwrap_or(was);
    let own = || currency.map(str::to_owned);
    let cost = match ways.first() {
        Some(&"amount") => {
            let bound = |amount: i64| (-LARGEST..=LARGEST).contains(&amount);
            let amount = args.int("amount").filter(|amount| bound(*amount));
            let amount = amount.ok_or_else(|| {
                let message = format!("Invalid integer: must be between -{LARGEST} and {LARGEST}");
                ApiError::invalid(message).code("parameter_invalid_integer").param(&param("amount"))
            })?;
            let currency = currency_of(args, own(), prefix)?;
            return Ok(Some(Cost {
                amount,
                currency,
                unit: decimal::per_unit(amount, quantity),
                quantity,
                price: None,
            }));
        }
        Some(&"unit_amount_decimal") => {
            let unit =
                decimal::read(&args.params.string("unit_amount_decimal"), &param("unit_amount_decimal"))?;
            (unit, currency_of(args, own(), prefix)?, None)
        }
        Some(way) => {
            let price = price_of(work, args, prefix, way)?;
            let unit = decimal::of(price.num("unit_amount"));
            (unit, price.string("currency"), Some(price))
        }
        // Only another quantity: of the same price, or of the same amount for a unit.
        None => {
            let Some(item) = before else { return Err(ApiError::required(&param("amount"))) };
            let unit = decimal::read(&item.string("pricing.unit_amount_decimal"), &param("quantity"))?;
            let price = item.text("pricing.price_details.price").map(|id| work.see(id));
            (unit, item.string("currency"), price)
        }
    };
    let (unit, in_currency, price) = cost;
    if currency.is_some_and(|currency| currency != in_currency) {
        let message = "The currency of the price must be that of the invoice or invoice item.";
        return Err(ApiError::invalid(message).param(&param(ways.first().unwrap_or(&"currency"))));
    }
    let amount = decimal::product(unit, quantity, &param(ways.first().unwrap_or(&"quantity")))?;
    if amount.abs() > LARGEST {
        let message = "Amount must be no more than $999,999.99";
        return Err(ApiError::invalid(message).code("amount_too_large").param(&param("quantity")));
    }
    Ok(Some(Cost { amount, currency: in_currency, unit, quantity, price }))
}

pub(super) fn named(prefix: &str, name: &str) -> String {
    if prefix.is_empty() { name.to_owned() } else { format!("{prefix}[{name}]") }
}

fn currency_of(args: &Args, known: Option<String>, prefix: &str) -> Result<String> {
    match (known, args.text("currency")) {
        (Some(known), None) => Ok(known),
        (Some(known), Some(sent)) if sent.eq_ignore_ascii_case(&known) => Ok(known),
        (None, Some(sent)) => money::currency(sent, &named(prefix, "currency")),
        (Some(_), Some(_)) => {
            let message = "The currency must be that of the invoice.";
            Err(ApiError::invalid(message).param(&named(prefix, "currency")))
        }
        (None, None) => Err(ApiError::required(&named(prefix, "currency"))),
    }
}

fn quantity(args: &Args, prefix: &str) -> Result<Option<i128>> {
    let quantity = match (args.int("quantity"), args.text("quantity_decimal")) {
        (Some(_), Some(_)) => {
            let message = "You may only specify one of these parameters: quantity, quantity_decimal.";
            return Err(ApiError::invalid(message)
                .code("parameters_exclusive")
                .param(&named(prefix, "quantity")));
        }
        (Some(whole), None) => decimal::of(whole),
        (None, Some(text)) => decimal::read(text, &named(prefix, "quantity_decimal"))?,
        (None, None) => return Ok(None),
    };
    if !(0..=decimal::of(1_000_000)).contains(&quantity) {
        let message = "Invalid quantity: must be between 0 and 1000000";
        let error = ApiError::invalid(message).code("parameter_invalid_integer");
        return Err(error.param(&named(prefix, "quantity")));
    }
    Ok(Some(quantity))
}

/// The price that is named, or made from what was sent: such a one serves this once.
fn price_of(work: &mut Work<'_>, args: &Args, prefix: &str, way: &str) -> Result<Arc<Value>> {
    let at = named(prefix, way);
    let id = if way == "price_data" {
        let data = Args { params: args.at("price_data").clone(), ..Args::default() };
        let product = match (data.text("product"), data.at("product_data")) {
            (Some(_), Value::Object(_)) => {
                let message = "You may only specify one of these parameters: product, product_data.";
                return Err(ApiError::invalid(message).code("parameters_exclusive").param(&at));
            }
            (Some(id), _) => work.named("product", id, &format!("{at}[product]"))?.id(),
            (None, Value::Object(_)) => {
                if !data.params.has("product_data.name") {
                    return Err(ApiError::required(&format!("{at}[product_data][name]")));
                }
                let made = Args { params: data.at("product_data").clone(), ..Args::default() };
                product::make(work, None, &made)?
            }
            _ => return Err(ApiError::required(&format!("{at}[product]"))),
        };
        price::make_inline(work, &product, &data)?
    } else {
        args.params
            .text("pricing.price")
            .ok_or_else(|| ApiError::required(&format!("{at}[price]")))?
            .to_owned()
    };
    let price = work.named("price", &id, &format!("{at}[price]"))?;
    if !price.is("type", "one_time") {
        let message = "The price specified is set to `type=recurring` but this field only accepts prices with \
                       `type=one_time`.";
        return Err(ApiError::invalid(message).param(&format!("{at}[price]")));
    }
    Ok(price)
}

/// [spec]: both ends, if any.
///
/// # Errors
/// 400 without one of them, or when they are the wrong way round.
pub(crate) fn check_period(args: &Args, prefix: &str) -> Result<()> {
    let period = args.at("period");
    if !period.is_object() {
        return Ok(());
    }
    let at = named(prefix, "period");
    for end in ["end", "start"] {
        if !period.has(end) {
            return Err(ApiError::required(&format!("{at}[{end}]")));
        }
    }
    if period.num("end") < period.num("start") {
        let message = "Invalid period: end must not be before start.";
        return Err(ApiError::invalid(message).param(&format!("{at}[end]")));
    }
    Ok(())
}
