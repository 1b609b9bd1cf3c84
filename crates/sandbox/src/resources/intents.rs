//! What payment intents and setup intents have in common: who may see them, what they take, and what refuses them.

use crate::core::error::{ApiError, Result};
use crate::core::json::Json;
use crate::core::render;
use crate::core::value::{Value, json};
use crate::core::work::Work;
use crate::params::args::Args;
use crate::params::shape::{Kind, Shape};
use crate::resources::payment_method;

pub(crate) const SECRET: Shape = &[("client_secret", Kind::Text)];

/// An intent in the path; with a publishable key only who has its secret sees it.
pub(crate) fn own(work: &Work<'_>, kind: &str, args: &Args) -> Result<String> {
    let intent = work.path(kind, args.id())?;
    let secret = args.text("client_secret");
    let good = secret == intent.text("client_secret");
    if (args.publishable || secret.is_some()) && !good {
        let message = if secret.is_some() {
            format!(
                "The client_secret provided does not match any associated {} on this account.",
                title(&intent)
            )
        } else {
            "The client_secret parameter is required with a publishable key.".to_owned()
        };
        let code = format!("{kind}_invalid_parameter");
        return Err(ApiError::invalid(message).code(&code).param("client_secret"));
    }
    Ok(intent.id())
}

/// An intent in the path that waits for 3D Secure.
pub(crate) fn challenged(work: &Work<'_>, kind: &str, args: &Args) -> Result<String> {
    let id = own(work, kind, args)?;
    let intent = work.see(&id);
    if intent.is("status", "requires_action") {
        return Ok(id);
    }
    let message = format!(
        "This {} is not waiting for 3D Secure: its status is {}.",
        title(&intent),
        intent.string("status")
    );
    Err(unexpected(work, &id, message))
}

/// 400 `payment_intent_unexpected_state` or `setup_intent_unexpected_state`, with the intent.
pub(crate) fn unexpected(work: &Work<'_>, id: &str, message: impl Into<String>) -> ApiError {
    let intent = work.see(id);
    let kind = intent.string("object");
    ApiError::conflict(&format!("{kind}_unexpected_state"), message).with(&kind, render::public(&intent))
}

/// Stripe.js confirms, and shows what is to be done next.
pub(crate) fn by_sdk(args: &Args) -> bool {
    args.publishable || args.flag("use_stripe_sdk")
}

/// # Errors
/// 400 where the payer may have to be sent away, and nothing says where to come back to.
pub(crate) fn need_return_url(intent: &Value, args: &Args) -> Result<()> {
    let redirects = intent.is("automatic_payment_methods.allow_redirects", "always");
    if !redirects || args.text("return_url").is_some() || by_sdk(args) {
        return Ok(());
    }
    let message = format!(
        "This {} is configured to accept payment methods enabled in your Dashboard. Because some of these payment \
         methods might redirect your customer off of your page, you must provide a `return_url`. If you don't want \
         to accept redirect-based payment methods, set `automatic_payment_methods[enabled]` to `true` and \
         `automatic_payment_methods[allow_redirects]` to `never` when creating Setup Intents and Payment Intents.",
        title(intent)
    );
    Err(ApiError::invalid(message).param("return_url"))
}

fn title(intent: &Value) -> &'static str {
    if intent.is("object", "payment_intent") { "PaymentIntent" } else { "SetupIntent" }
}

/// The payment method of an intent's parameters, made on the way if need be.
pub(crate) fn method_of(work: &mut Work<'_>, args: &Args, customer: Option<&str>) -> Result<Option<String>> {
    let method = match (args.text("payment_method"), args.at("payment_method_data")) {
        (Some(named), _) => payment_method::materialize(work, named, "payment_method")?,
        (None, data @ Value::Object(_)) => {
            payment_method::make(work, &Args { params: data.clone(), ..Args::default() })?
        }
        _ => return Ok(None),
    };
    payment_method::refuse_spent(work, &method)?;
    let owner = work.see(&method);
    match (owner.text("customer"), customer) {
        (None, _) => Ok(Some(method)),
        (Some(owner), Some(customer)) if owner == customer => Ok(Some(method)),
        (Some(_), None) => Err(ApiError::invalid(format!(
            "The provided PaymentMethod ({method}) cannot be used: it belongs to a Customer. Please include the \
             Customer in the `customer` parameter on the PaymentIntent."
        ))
        .param("payment_method")),
        (Some(_), Some(_)) => Err(ApiError::invalid(format!(
            "The provided PaymentMethod ({method}) does not belong to the Customer you supplied on the \
             PaymentIntent. Please use this PaymentMethod with the Customer that it belongs to instead."
        ))
        .param("payment_method")),
    }
}

/// The customer of an intent that is made or changed.
pub(crate) fn customer_of(work: &Work<'_>, args: &Args) -> Result<Option<String>> {
    args.text("customer").map(|id| Ok(work.named("customer", id, "customer")?.id())).transpose()
}

/// `automatic_payment_methods` as shown: on by default, off when types are named.
pub(crate) fn automatic(args: &Args) -> Option<Value> {
    let sent = args.at("automatic_payment_methods");
    let off =
        args.at("payment_method_types").is_array() || args.at("allowed_payment_method_types").is_array();
    let enabled = sent.at("enabled").as_bool().unwrap_or(!off);
    let redirects = sent.text("allow_redirects").unwrap_or("always");
    enabled.then(|| json!({ "allow_redirects": redirects, "enabled": true }))
}

/// Nothing but cards may be asked for.
///
/// # Errors
/// 400 for a type other than card: this sandbox has no others.
pub(crate) fn only_cards(args: &Args) -> Result<()> {
    for name in ["payment_method_types", "allowed_payment_method_types"] {
        if let Some(other) = args.params.list(name).iter().find(|kind| **kind != "card" && **kind != "link") {
            let message = format!("The payment method type {other} is invalid. This sandbox has cards only.");
            return Err(ApiError::invalid(message).param(name));
        }
    }
    Ok(())
}
