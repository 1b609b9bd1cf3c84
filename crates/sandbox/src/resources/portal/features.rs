//! What a payer may do in the portal: the features of a configuration.

use crate::core::value::{Value, json};

use crate::core::error::{ApiError, Result};
use crate::core::json::Json;
use crate::core::work::Work;
use crate::params::shape::{Kind, Shape};
use crate::resources::subscription::update::{FEEDBACK, PRORATION_BEHAVIOR};

/// The page has no tax ids and no promotion codes; changes at the period's end would need a schedule.
pub(super) const FEATURES: Shape = &[
    (
        "customer_update",
        Kind::Nested(&[
            ("allowed_updates", Kind::Words(&["address", "email", "name", "phone", "shipping"])),
            ("enabled", Kind::Bool),
        ]),
    ),
    ("invoice_history", Kind::Nested(ENABLED)),
    ("payment_method_update", Kind::Nested(ENABLED)),
    (
        "subscription_cancel",
        Kind::Nested(&[
            (
                "cancellation_reason",
                Kind::Nested(&[("enabled", Kind::Bool), ("options", Kind::Words(FEEDBACK))]),
            ),
            ("enabled", Kind::Bool),
            ("mode", Kind::Word(&["at_period_end", "immediately"])),
            ("proration_behavior", PRORATION_BEHAVIOR),
        ]),
    ),
    (
        "subscription_update",
        Kind::Nested(&[
            ("billing_cycle_anchor", Kind::Word(&["now", "unchanged"])),
            ("default_allowed_updates", Kind::Words(&["price", "quantity"])),
            ("enabled", Kind::Bool),
            ("products", Kind::Each(PRODUCT)),
            ("proration_behavior", PRORATION_BEHAVIOR),
            ("trial_update_behavior", Kind::Word(&["continue_trial", "end_trial"])),
        ]),
    ),
];

const ENABLED: Shape = &[("enabled", Kind::Bool)];

const PRODUCT: Shape = &[
    (
        "adjustable_quantity",
        Kind::Nested(&[("enabled", Kind::Bool), ("maximum", Kind::Int), ("minimum", Kind::Int)]),
    ),
    ("prices", Kind::Texts),
    ("product", Kind::Text),
];

/// [spec]: up to 10 products.
const MOST_PRODUCTS: usize = 10;

/// Nothing is allowed yet.
pub(super) fn none() -> Value {
    json!({
        "customer_update": { "allowed_updates": [], "enabled": false },
        "invoice_history": { "enabled": false },
        "payment_method_update": { "enabled": false, "payment_method_configuration": null },
        "subscription_cancel": {
            "cancellation_reason": {
                "enabled": false,
                "options": ["too_expensive", "missing_features", "switched_service", "unused", "other"],
            },
            "enabled": false,
            "mode": "at_period_end",
            "proration_behavior": "none",
        },
        "subscription_update": {
            "billing_cycle_anchor": null,
            "default_allowed_updates": [],
            "enabled": false,
            "products": null,
            "proration_behavior": "none",
            "schedule_at_period_end": { "conditions": [] },
            "trial_update_behavior": "end_trial",
        },
    })
}

/// Puts what was sent over what there was: objects member by member, lists whole; an empty list unsets.
pub(super) fn merge(into: &mut Value, sent: &Value) {
    match (into, sent) {
        (Value::Object(into), Value::Object(sent)) => {
            for (name, value) in sent {
                merge(into.entry(name.clone()).or_insert(Value::Null), value);
            }
        }
        (into @ Value::Array(_), Value::Null) => *into = json!([]),
        (into, sent) => *into = sent.clone(),
    }
}

/// Each feature that is sent says whether it is enabled; what is enabled says what it is about.
///
/// # Errors
/// 400 for what is missing, or names something that there is not.
pub(super) fn check(work: &Work<'_>, sent: &Value, features: &mut Value, is_new: bool) -> Result<()> {
    for (name, _) in FEATURES {
        let param = format!("features[{name}]");
        let needs = is_new || matches!(*name, "invoice_history" | "payment_method_update");
        if needs && sent.has(name) && sent.at(name).get("enabled").is_none() {
            return Err(ApiError::required(&format!("{param}[enabled]")));
        }
    }
    for (feature, list) in
        [("customer_update", "allowed_updates"), ("subscription_update", "default_allowed_updates")]
    {
        if features.flag(&format!("{feature}.enabled"))
            && features.list(&format!("{feature}.{list}")).is_empty()
        {
            return Err(ApiError::required(&format!("features[{feature}][{list}]")));
        }
    }
    check_products(work, features)
}

fn check_products(work: &Work<'_>, features: &mut Value) -> Result<()> {
    const PARAM: &str = "features[subscription_update][products]";
    let mut products = features.list("subscription_update.products").to_vec();
    if products.is_empty() {
        return if features.flag("subscription_update.enabled") {
            Err(ApiError::required(PARAM))
        } else {
            Ok(())
        };
    }
    if products.len() > MOST_PRODUCTS {
        return Err(
            ApiError::invalid(format!("You can specify up to {MOST_PRODUCTS} products.")).param(PARAM)
        );
    }
    for (index, product) in products.iter_mut().enumerate() {
        let param = |name: &str| format!("{PARAM}[{index}][{name}]");
        let id = product.text("product").ok_or_else(|| ApiError::required(&param("product")))?;
        let id = work.named("product", id, &param("product"))?.id();
        if product.list("prices").is_empty() {
            return Err(ApiError::required(&param("prices")));
        }
        for (place, price) in product.list("prices").iter().enumerate() {
            let param = format!("{}[{place}]", param("prices"));
            let price = work.named("price", price.as_str().unwrap_or_default(), &param)?;
            if !price.is("product", &id) || !price.is("type", "recurring") {
                let message =
                    format!("The price {} is not a recurring price of the product {id}.", price.id());
                return Err(ApiError::invalid(message).param(&param));
            }
        }
        let adjustable = product.at("adjustable_quantity").clone();
        product.set(
            "adjustable_quantity",
            json!({
                "enabled": adjustable.flag("enabled"),
                "maximum": adjustable.at("maximum"),
                "minimum": adjustable.int("minimum").unwrap_or(1),
            }),
        );
    }
    features.set("subscription_update.products", products);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sent_goes_over_what_there_was_member_by_member() {
        let mut features = none();
        merge(
            &mut features,
            &json!({ "subscription_cancel": { "enabled": true, "cancellation_reason": { "options": null } } }),
        );
        assert!(features.flag("subscription_cancel.enabled"));
        assert_eq!(features.at("subscription_cancel.mode"), "at_period_end");
        assert_eq!(features.at("subscription_cancel.cancellation_reason.options"), &json!([]));
        assert_eq!(features.at("customer_update"), none().at("customer_update"));
    }
}
