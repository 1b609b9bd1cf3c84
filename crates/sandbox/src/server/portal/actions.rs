//! What a payer chooses in the portal, as the request to Stripe's API that does it.

use std::collections::HashMap;

use crate::core::value::Value;

use super::visit::Visit;
use crate::core::apply::Command;
use crate::core::json::Json;

type Form = HashMap<String, String>;

/// The request that a form stands for, without its id and address.
///
/// # Errors
/// A sentence for what the configuration does not allow, or what is not the customer's.
pub(super) fn command(visit: &Visit, form: &Form) -> Result<Command, String> {
    let action = form.get("action").map(String::as_str).unwrap_or_default();
    let feature = match action {
        "default" => "payment_method_update",
        "cancel" | "resume" => "subscription_cancel",
        "update" | "confirm" => "subscription_update",
        "customer" => "customer_update",
        _ => return Err("There is no such action.".into()),
    };
    if !visit.allows(feature) {
        return Err("The portal's configuration does not allow this.".into());
    }
    let customer = format!("/v1/customers/{}", visit.customer.id());
    match action {
        "default" => {
            let method = form.get("method").cloned().unwrap_or_default();
            Ok(post(visit, customer, &[("invoice_settings[default_payment_method]", method)]))
        }
        "customer" => Ok(post(visit, customer, &customer_fields(visit, form))),
        _ => {
            let named = form.get("subscription").map(String::as_str).unwrap_or_default();
            let subscription =
                visit.subscription(named).ok_or("This subscription is not yours, or it is over.")?;
            let path = format!("/v1/subscriptions/{}", subscription.id());
            match action {
                "cancel" => Ok(cancel(visit, path, form)),
                "resume" => Ok(post(visit, path, &[("cancel_at_period_end", "false".into())])),
                "confirm" => Ok(post(visit, path, &confirmed(visit, subscription))),
                _ => update(visit, path, subscription, form),
            }
        }
    }
}

fn request(visit: &Visit, method: &str, path: String, pairs: &[(impl AsRef<str>, String)]) -> Command {
    let mut body = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in pairs {
        body.append_pair(name.as_ref(), value);
    }
    Command {
        account: visit.account.clone(),
        method: method.into(),
        path,
        body: body.finish(),
        ..Command::default()
    }
}

fn post(visit: &Visit, path: String, pairs: &[(impl AsRef<str>, String)]) -> Command {
    request(visit, "POST", path, pairs)
}

/// The members that the configuration lets a customer change, and that were sent.
fn customer_fields(visit: &Visit, form: &Form) -> Vec<(String, String)> {
    let allowed = visit.configuration.list("features.customer_update.allowed_updates");
    let is_allowed = |name: &str| {
        let top = name.split('[').next().unwrap_or_default();
        allowed.iter().any(|allowed| allowed == top)
    };
    let mut fields: Vec<(String, String)> = form
        .iter()
        .filter(|(name, _)| is_allowed(name))
        .map(|(name, value)| (name.clone(), value.trim().to_owned()))
        .collect();
    fields.sort();
    fields
}

fn cancel(visit: &Visit, path: String, form: &Form) -> Command {
    let feature = visit.configuration.at("features.subscription_cancel");
    let mut pairs = Vec::new();
    if let Some(reason) = form.get("reason").filter(|reason| !reason.is_empty())
        && feature.flag("cancellation_reason.enabled")
    {
        pairs.push(("cancellation_details[feedback]", reason.clone()));
    }
    if feature.is("mode", "immediately") {
        match feature.text("proration_behavior") {
            Some("always_invoice") => {
                pairs.extend([("prorate", "true".to_owned()), ("invoice_now", "true".to_owned())]);
            }
            Some("create_prorations") => pairs.push(("prorate", "true".into())),
            _ => {}
        }
        return request(visit, "DELETE", path, &pairs);
    }
    pairs.push(("cancel_at_period_end", "true".into()));
    post(visit, path, &pairs)
}

/// How changes are billed, by the configuration.
fn billing(visit: &Visit, subscription: &Value) -> Vec<(&'static str, String)> {
    let feature = visit.configuration.at("features.subscription_update");
    let mut pairs = vec![("proration_behavior", feature.string("proration_behavior"))];
    if let Some(anchor) = feature.text("billing_cycle_anchor") {
        pairs.push(("billing_cycle_anchor", anchor.to_owned()));
    }
    if subscription.is("status", "trialing") && feature.is("trial_update_behavior", "end_trial") {
        pairs.push(("trial_end", "now".into()));
    }
    pairs
}

fn confirmed(visit: &Visit, subscription: &Value) -> Vec<(&'static str, String)> {
    let item = visit.session.at("flow.subscription_update_confirm.items.0");
    let mut pairs = billing(visit, subscription);
    pairs.extend([
        ("items[0][id]", item.string("id")),
        ("items[0][price]", item.string("price")),
        ("items[0][quantity]", item.num("quantity").to_string()),
    ]);
    pairs
}

fn update(visit: &Visit, path: String, subscription: &Value, form: &Form) -> Result<Command, String> {
    let feature = visit.configuration.at("features.subscription_update");
    let may = |what: &str| feature.list("default_allowed_updates").iter().any(|allowed| allowed == what);
    let item = subscription.at("items.data.0");
    let mut pairs = billing(visit, subscription);
    pairs.push(("items[0][id]", item.string("id")));
    let mut price = item.string("price.id");
    if let Some(wanted) = form.get("price").filter(|wanted| may("price") && **wanted != price) {
        if !visit.offers.iter().any(|(offer, _)| offer.is("id", wanted)) {
            return Err("This plan is not offered.".into());
        }
        price.clone_from(wanted);
    }
    pairs.push(("items[0][price]", price.clone()));
    let sent = form.get("quantity").filter(|_| may("quantity")).map(|sent| sent.parse::<i64>());
    let quantity = match sent {
        None => item.num("quantity"),
        Some(Ok(quantity)) if within(feature, &price, quantity) => quantity,
        Some(_) => return Err("This quantity is not offered.".into()),
    };
    pairs.push(("items[0][quantity]", quantity.to_string()));
    Ok(post(visit, path, &pairs))
}

/// Whether a quantity is one that the price's product may have.
fn within(feature: &Value, price: &str, quantity: i64) -> bool {
    let mut products = feature.list("products").iter();
    let Some(product) = products.find(|product| product.list("prices").iter().any(|one| one == price)) else {
        return quantity >= 1;
    };
    let limits = product.at("adjustable_quantity");
    quantity >= limits.num("minimum").max(1) && limits.int("maximum").is_none_or(|most| quantity <= most)
}
