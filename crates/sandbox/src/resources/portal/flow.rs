//! Flows: a visit to the portal for one thing only.

use crate::core::value::{Value, json};

use super::check_url;
use crate::core::error::{ApiError, Result};
use crate::core::json::Json;
use crate::core::work::Work;
use crate::params::args::Args;
use crate::params::shape::{Kind, Shape};
use crate::resources::subscription::is_live;

const TYPES: &[&str] =
    &["payment_method_update", "subscription_cancel", "subscription_update", "subscription_update_confirm"];

/// Coupons that keep a payer, or come with a change, are not built into the page.
pub(super) const FLOW: Shape = &[
    (
        "after_completion",
        Kind::Nested(&[
            ("hosted_confirmation", Kind::Nested(&[("custom_message", Kind::UpTo(500))])),
            ("redirect", Kind::Nested(&[("return_url", Kind::Text)])),
            ("type", Kind::Word(&["hosted_confirmation", "portal_homepage", "redirect"])),
        ]),
    ),
    ("subscription_cancel", Kind::Nested(SUBSCRIPTION)),
    ("subscription_update", Kind::Nested(SUBSCRIPTION)),
    ("subscription_update_confirm", Kind::Nested(CONFIRM)),
    ("type", Kind::Word(TYPES)),
];

const SUBSCRIPTION: Shape = &[("subscription", Kind::Text)];
const CONFIRM: Shape = &[
    ("items", Kind::Each(&[("id", Kind::Text), ("price", Kind::Text), ("quantity", Kind::Int)])),
    ("subscription", Kind::Text),
];

/// The flow of a session, as it is shown; null without one.
///
/// # Errors
/// 400 for what is missing, for what belongs to somebody else, and for what the configuration does not allow.
pub(super) fn read(work: &Work<'_>, args: &Args, customer: &str, features: &Value) -> Result<Value> {
    let sent = args.at("flow_data");
    if sent.is_null() {
        return Ok(Value::Null);
    }
    let kind = sent.text("type").ok_or_else(|| ApiError::required("flow_data[type]"))?;
    for other in TYPES.iter().filter(|other| **other != kind) {
        if sent.has(other) {
            let message = format!("You can only set `flow_data[{other}]` if `flow_data[type]` is `{other}`.");
            return Err(ApiError::invalid(message).param(&format!("flow_data[{other}]")));
        }
    }
    let feature = if kind == "subscription_update_confirm" { "subscription_update" } else { kind };
    if !features.flag(&format!("{feature}.enabled")) {
        let what = match feature {
            "payment_method_update" => "Payment methods cannot be updated",
            "subscription_cancel" => "This subscription cannot be canceled",
            _ => "This subscription cannot be updated",
        };
        let spoken = feature.replace('_', " ");
        let message = format!("{what} because the {spoken} feature in the portal configuration is disabled.");
        return Err(ApiError::invalid(message).begun());
    }
    let mut flow = json!({
        "after_completion": after_completion(sent.at("after_completion"))?,
        "subscription_cancel": null,
        "subscription_update": null,
        "subscription_update_confirm": null,
        "type": kind,
    });
    match kind {
        "payment_method_update" => {}
        "subscription_cancel" => {
            let subscription = subscription(work, sent, kind, customer)?;
            if subscription.has("cancel_at") {
                let message = "This subscription is already set to be canceled.";
                return Err(ApiError::invalid(message).begun());
            }
            flow.set(kind, json!({ "retention": null, "subscription": subscription.id() }));
        }
        "subscription_update" => {
            let subscription = subscription(work, sent, kind, customer)?;
            flow.set(kind, json!({ "subscription": subscription.id() }));
        }
        _ => {
            let subscription = subscription(work, sent, kind, customer)?;
            let items = items(work, sent.list("subscription_update_confirm.items"), &subscription, features)?;
            flow.set(kind, json!({ "discounts": null, "items": items, "subscription": subscription.id() }));
        }
    }
    Ok(flow)
}

fn after_completion(sent: &Value) -> Result<Value> {
    const PARAM: &str = "flow_data[after_completion]";
    if sent.is_null() {
        return Ok(json!({ "hosted_confirmation": null, "redirect": null, "type": "portal_homepage" }));
    }
    let kind = sent.text("type").ok_or_else(|| ApiError::required(&format!("{PARAM}[type]")))?;
    let mut shown = json!({ "hosted_confirmation": null, "redirect": null, "type": kind });
    match kind {
        "redirect" => {
            let param = format!("{PARAM}[redirect][return_url]");
            let url = sent.text("redirect.return_url").ok_or_else(|| ApiError::required(&param))?;
            check_url(Some(url), &param)?;
            shown.set("redirect", json!({ "return_url": url }));
        }
        "hosted_confirmation" => {
            let message = sent.at("hosted_confirmation.custom_message");
            shown.set("hosted_confirmation", json!({ "custom_message": message }));
        }
        _ => {}
    }
    Ok(shown)
}

fn subscription(work: &Work<'_>, sent: &Value, kind: &str, customer: &str) -> Result<std::sync::Arc<Value>> {
    let param = format!("flow_data[{kind}][subscription]");
    let id = sent.text(&format!("{kind}.subscription")).ok_or_else(|| ApiError::required(&param))?;
    let found = work.named("subscription", id, &param)?;
    if !found.is("customer", customer) {
        return Err(ApiError::missing_param("subscription", id, &param));
    }
    if !is_live(&found) {
        let message = "This subscription cannot be changed because it is canceled.";
        return Err(ApiError::invalid(message).param(&param).begun());
    }
    Ok(found)
}

/// [spec]: one item only, of the subscription, with a price that the configuration offers.
fn items(work: &Work<'_>, sent: &[Value], subscription: &Value, features: &Value) -> Result<Vec<Value>> {
    const PARAM: &str = "flow_data[subscription_update_confirm][items]";
    let [item] = sent else {
        let error = if sent.is_empty() {
            ApiError::required(PARAM)
        } else {
            ApiError::invalid("Currently, only one item is supported.").param(PARAM)
        };
        return Err(error);
    };
    let param = |name: &str| format!("{PARAM}[0][{name}]");
    let id = item.text("id").ok_or_else(|| ApiError::required(&param("id")))?;
    let Some(own) = subscription.list("items.data").iter().find(|own| own.is("id", id)) else {
        return Err(ApiError::missing_param("subscription item", id, &param("id")));
    };
    let price = item.text("price").unwrap_or(own.text("price.id").unwrap_or_default());
    work.named("price", price, &param("price"))?;
    let offered = features
        .list("subscription_update.products")
        .iter()
        .any(|product| product.list("prices").iter().any(|offered| offered == price));
    if !offered {
        let message = format!("The price {price} is not among those of the portal configuration.");
        return Err(ApiError::invalid(message).param(&param("price")));
    }
    let quantity = item.int("quantity").unwrap_or(own.num("quantity"));
    Ok(vec![json!({ "id": id, "price": price, "quantity": quantity })])
}
