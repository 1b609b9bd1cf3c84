//! Confirming a payment intent, and the end of its 3D Secure challenge.

use crate::core::value::Value;

use super::attempt::{How, Outcome, attempt, fail_authentication};
use super::details::{self, AMOUNT, EXCLUDED, OFF_SESSION, OPTIONS, REFERENCES};
use crate::core::error::{ApiError, Result};
use crate::core::json::Json;
use crate::core::render;
use crate::core::work::Work;
use crate::params::args::Args;
use crate::params::shape::{Kind, Shape};
use crate::resources::intents::{
    by_sdk, challenged, method_of, need_return_url, only_cards, own, unexpected,
};
use crate::resources::shapes::SHIPPING;
use crate::resources::{confirmation_token, mandate, payment_method};

pub(super) const CONFIRM: Shape = &[
    ("allowed_payment_method_types", Kind::Texts),
    ("amount_details", Kind::Nested(AMOUNT)),
    ("capture_method", Kind::Word(&["automatic", "automatic_async", "manual"])),
    ("client_secret", Kind::Text),
    ("confirmation_token", Kind::Text),
    ("error_on_requires_action", Kind::Bool),
    ("excluded_payment_method_types", EXCLUDED),
    ("mandate", Kind::Text),
    ("mandate_data", Kind::Nested(mandate::DATA)),
    ("off_session", OFF_SESSION),
    ("payment_details", Kind::Nested(REFERENCES)),
    ("payment_method", Kind::Text),
    ("payment_method_data", Kind::Nested(payment_method::DATA)),
    ("payment_method_options", Kind::Nested(OPTIONS)),
    ("payment_method_types", Kind::Texts),
    ("receipt_email", Kind::Text),
    ("return_url", Kind::Text),
    ("setup_future_usage", Kind::Word(&["off_session", "on_session"])),
    ("shipping", Kind::Nested(SHIPPING)),
    ("use_stripe_sdk", Kind::Bool),
];

/// What the 3D Secure layer answers.
pub(crate) const THREE_DS: Shape =
    &[("client_secret", Kind::Text), ("outcome", Kind::Word(&["failed", "succeeded"]))];

pub(super) fn confirm(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let id = own(work, "payment_intent", args)?;
    let intent = work.see(&id);
    let status = intent.string("status");
    if !matches!(status.as_str(), "requires_payment_method" | "requires_confirmation" | "requires_action") {
        let message = match status.as_str() {
            "succeeded" => {
                "You cannot confirm this PaymentIntent because it has already succeeded after being \
                            previously confirmed."
                    .to_owned()
            }
            other => format!("You cannot confirm this PaymentIntent because it has a status of {other}."),
        };
        return Err(unexpected(work, &id, message));
    }
    if args.publishable && intent.is("confirmation_method", "manual") {
        let message = "This PaymentIntent cannot be confirmed using your publishable key because its \
                       `confirmation_method` is set to `manual`. Please use your secret key instead, or create a \
                       PaymentIntent with `confirmation_method` set to `automatic`.";
        return Err(ApiError::invalid(message).begun());
    }
    only_cards(args)?;
    details::check(args, intent.num("amount"))?;
    let unfolded = confirmation_token::unfold(work, args, "payment_intent")?;
    let args = unfolded.as_ref().unwrap_or(args);
    let customer = intent.text("customer").map(str::to_owned);
    if let Some(method) = method_of(work, args, customer.as_deref())? {
        work.edit(&id, |intent| {
            intent.set("payment_method", method);
            intent.set("_authenticated", Value::Null);
        });
    }
    work.edit(&id, |intent| {
        args.copy(&["capture_method", "setup_future_usage"], intent);
        details::fill(args, intent);
    });
    confirmation_token::spend(work, args, "payment_intent", &id);
    run(work, &id, args)?;
    Ok((*work.see(&id)).clone())
}

/// Confirms an intent that has, or has just been given, its payment method.
///
/// # Errors
/// 402 for a decline: the intent stays, in `requires_payment_method`, and is part of the error.
pub(super) fn run(work: &mut Work<'_>, id: &str, args: &Args) -> Result<()> {
    let intent = work.see(id);
    if !intent.has("payment_method") {
        let message = "You cannot confirm this PaymentIntent because it's missing a payment method. You can either \
                       update the PaymentIntent with a payment method and then confirm it again, or confirm it again \
                       directly with a payment method or ConfirmationToken.";
        return Err(unexpected(work, id, message));
    }
    let off_session = details::is_off_session(args);
    take_mandate(work, id, args)?;
    let return_url = args.text("return_url").map(str::to_owned);
    if !off_session {
        need_return_url(&intent, args)?;
    }
    // With manual confirmation, 3D Secure was passed before and this is the second confirmation.
    let authenticated = intent.flag("_authenticated");
    let how = How { off_session, authenticated, return_url: return_url.filter(|_| !by_sdk(args)) };
    match attempt(work, id, &how) {
        Outcome::NeedsAction if args.flag("error_on_requires_action") => {
            // The whole attempt is undone: the intent is as it was before ([spec] error_on_requires_action).
            let message = "Your card was declined. This transaction requires authentication.";
            Err(ApiError::card("authentication_required", message)
                .with("decline_code", "authentication_required"))
        }
        Outcome::Declined(decline) => {
            let intent = work.see(id);
            let mut error = payment_method::decline_error(&decline).keeping_changes();
            for member in ["charge", "payment_method"] {
                error = error.with(member, intent.at("last_payment_error").at(member).clone());
            }
            Err(error.with("payment_intent", render::public(&intent)))
        }
        _ => Ok(()),
    }
}

/// The customer's permission: named, or given now.
fn take_mandate(work: &mut Work<'_>, id: &str, args: &Args) -> Result<()> {
    let method = work.see(id).string("payment_method");
    let given = if let Some(named) = args.text("mandate") {
        mandate::usable(work, named, &method)?;
        named.to_owned()
    } else if args.at("mandate_data").is_object() {
        mandate::check(args.at("mandate_data"))?;
        mandate::make(work, &method, args.at("mandate_data"), None)
    } else {
        return Ok(());
    };
    work.set(id, "_mandate", given);
    Ok(())
}

/// `POST /v1/payment_intents/{id}/3ds`: the sandbox's own, called by what shows the challenge.
pub(super) fn three_ds(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let id = challenged(work, "payment_intent", args)?;
    let intent = work.see(&id);
    match args.need_text("outcome")? {
        "succeeded" if intent.is("confirmation_method", "manual") => work.edit(&id, |intent| {
            intent.set("status", "requires_confirmation");
            intent.set("next_action", Value::Null);
            intent.set("_authenticated", true);
        }),
        "succeeded" => {
            attempt(work, &id, &How { authenticated: true, ..How::default() });
        }
        _ => fail_authentication(work, &id),
    }
    Ok((*work.see(&id)).clone())
}
