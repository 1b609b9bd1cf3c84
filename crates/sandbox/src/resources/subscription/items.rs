//! The items of a subscription, as its parameters give them.

use crate::core::value::{Value, json};

use crate::core::error::{ApiError, Result};
use crate::core::json::Json;
use crate::core::render;
use crate::core::work::{Work, whole_list};
use crate::params::args::{Args, merge_metadata};
use crate::params::shape::{Kind, Shape};
use crate::resources::discount::{self, DISCOUNTS};
use crate::resources::{plan, price};

/// A price that is made on the way.
pub(crate) const PRICE_DATA: Shape = &[
    ("currency", Kind::Text),
    ("product", Kind::Text),
    ("recurring", Kind::Nested(crate::resources::shapes::RECURRING)),
    ("tax_behavior", Kind::Word(&["exclusive", "inclusive", "unspecified"])),
    ("unit_amount", Kind::Int),
];

/// Items of a new subscription. `plan` is the older name of `price`, still taken ([rec]).
pub(crate) const NEW: Shape = &[
    ("discounts", Kind::Each(DISCOUNTS)),
    ("metadata", Kind::Metadata),
    ("plan", Kind::Text),
    ("price", Kind::Text),
    ("price_data", Kind::Nested(PRICE_DATA)),
    ("quantity", Kind::Int),
];

/// Items of an update.
pub(crate) const CHANGED: Shape = &[
    ("deleted", Kind::Bool),
    ("discounts", Kind::Each(DISCOUNTS)),
    ("id", Kind::Text),
    ("metadata", Kind::Metadata),
    ("plan", Kind::Text),
    ("price", Kind::Text),
    ("price_data", Kind::Nested(PRICE_DATA)),
    ("quantity", Kind::Int),
];

/// The name of a parameter inside of another one, or at the top.
fn nested(param: &str, name: &str) -> String {
    if param.is_empty() { name.to_owned() } else { format!("{param}[{name}]") }
}

/// The price that an item names, checked to be one that can recur.
pub(crate) fn price_of(work: &mut Work<'_>, item: &Value, param: &str) -> Result<Value> {
    let param = nested(param, "price");
    let found = if item.at("price_data").is_object() {
        let data = Args { params: item.at("price_data").clone(), ..Args::default() };
        let owner = data.need_text("product")?;
        let owner = work.named("product", owner, &format!("{param}_data[product]"))?.id();
        let made = price::make_inline(work, &owner, &data)?;
        work.see(&made)
    } else {
        let named = item.text("price").or_else(|| item.text("plan"));
        let id = named.ok_or_else(|| ApiError::required(&param))?;
        let found = work.named("price", id, &param)?;
        // A price that Checkout made for this very sale is inactive.
        if !found.flag("active") && !item.flag("_inline") {
            let message = "The price specified is inactive. This field only accepts active prices.";
            return Err(ApiError::invalid(message).param(&param));
        }
        found
    };
    if !found.is("type", "recurring") {
        let message = "The price specified is set to `type=one_time` but this field only accepts prices with \
                       `type=recurring`.";
        return Err(ApiError::invalid(message).param(&param));
    }
    Ok(render::public(&found))
}

/// Quantity of an item: zero or more.
pub(crate) fn quantity_of(item: &Value, param: &str) -> Result<Option<i64>> {
    match item.int("quantity") {
        Some(quantity) if !(0..=1_000_000).contains(&quantity) => {
            Err(ApiError::invalid("Invalid non-negative integer")
                .code("parameter_invalid_integer")
                .param(&nested(param, "quantity")))
        }
        quantity => Ok(quantity),
    }
}

/// The items of a subscription as they are after what an update sends.
///
/// # Errors
/// 400 for an unknown item, price or quantity.
pub(crate) fn changed(
    work: &mut Work<'_>,
    subscription: &Value,
    sent: &[Value],
    param: &str,
) -> Result<Vec<Value>> {
    let mut after = subscription.list("items.data").to_vec();
    for (index, sent) in sent.iter().enumerate() {
        let param = format!("{param}[{index}]");
        let Some(id) = sent.text("id") else {
            after.push(added(work, subscription, sent, &param)?);
            continue;
        };
        let place = after
            .iter()
            .position(|item| item.is("id", id))
            .ok_or_else(|| ApiError::missing_param("subscription item", id, &format!("{param}[id]")))?;
        if sent.flag("deleted") {
            after.remove(place);
        } else {
            change_one(work, &mut after[place], sent, &param)?;
        }
    }
    Ok(after)
}

/// One more item of a subscription.
pub(crate) fn added(work: &mut Work<'_>, subscription: &Value, sent: &Value, param: &str) -> Result<Value> {
    let price = price_of(work, sent, param)?;
    let quantity = quantity_of(sent, param)?.unwrap_or(1);
    let period = super::period(subscription);
    let mut item = make(work, &subscription.id(), &price, quantity, sent.at("metadata"));
    item.set("current_period_start", period.0);
    item.set("current_period_end", period.1);
    discount::on_item(work, &mut item, sent, &nested(param, "discounts"))?;
    Ok(item)
}

/// What is sent of one item, put into it.
pub(crate) fn change_one(work: &mut Work<'_>, item: &mut Value, sent: &Value, param: &str) -> Result<()> {
    let named = sent.text("price").or_else(|| sent.text("plan"));
    if sent.at("price_data").is_object() || named.is_some_and(|named| !item.is("price.id", named)) {
        let price = price_of(work, sent, param)?;
        item.set("plan", plan::of_price(&price));
        item.set("price", price);
        // [spec]: the quantity is 1 when the price changes and none is given.
        item.set("quantity", 1);
    }
    if let Some(quantity) = quantity_of(sent, param)? {
        item.set("quantity", quantity);
    }
    merge_metadata(sent.get("metadata"), item);
    discount::on_item(work, item, sent, &nested(param, "discounts"))
}

/// A new item of a subscription; its period is set with the others'.
pub(crate) fn make(
    work: &mut Work<'_>,
    subscription: &str,
    price: &Value,
    quantity: i64,
    metadata: &Value,
) -> Value {
    let id = work.new_id("si");
    // Items live inside their subscription; this is how one is found by its own id.
    work.create(json!({ "id": id, "object": "_item", "_subscription": subscription }));
    let mut item = json!({
        "id": id,
        "object": "subscription_item",
        "billing_thresholds": null,
        "created": work.now,
        "current_period_end": 0,
        "current_period_start": 0,
        "discounts": [],
        "metadata": {},
        "plan": plan::of_price(price),
        "price": price,
        "quantity": quantity,
        "subscription": subscription,
        "tax_rates": [],
    });
    merge_metadata(metadata.is_object().then_some(metadata), &mut item);
    item
}

/// `items` of a subscription, with what is repeated at its top for a single item.
pub(crate) fn put(subscription: &mut Value, items: Vec<Value>) {
    let url = format!("/v1/subscription_items?subscription={}", subscription.id());
    let single = (items.len() == 1).then(|| items[0].clone());
    subscription.set("plan", single.as_ref().map(|item| item.at("plan").clone()));
    subscription.set("quantity", single.as_ref().map(|item| item.at("quantity").clone()));
    subscription.set("items", whole_list(&url, items));
}

/// # Errors
/// 400 when prices differ in currency or interval: one period for all on this floor.
pub(crate) fn check_together(prices: &[&Value]) -> Result<()> {
    let Some(first) = prices.first() else { return Ok(()) };
    for other in prices {
        if other.at("currency") != first.at("currency") {
            let message = "All prices on a subscription must use the same currency.";
            return Err(ApiError::invalid(message).param("items"));
        }
        let same = |member: &str| other.at(member) == first.at(member);
        if !same("recurring.interval") || !same("recurring.interval_count") {
            return Err(ApiError::unsupported(
                "items with different billing periods on one subscription yet",
            )
            .param("items"));
        }
    }
    for (index, one) in prices.iter().enumerate() {
        if prices.iter().skip(index + 1).any(|other| other.at("id") == one.at("id")) {
            let message = format!("Cannot add multiple subscription items with the same plan: {}", one.id());
            return Err(ApiError::invalid(message).param("items"));
        }
    }
    Ok(())
}
