//! Confirming a setup intent: the card is checked, authenticated if it must be, and kept.

use crate::core::value::Value;

use crate::core::error::{ApiError, Result};
use crate::core::json::Json;
use crate::core::render;
use crate::core::work::Work;
use crate::params::args::Args;
use crate::resources::cards::{Challenge, GENERIC};
use crate::resources::charge::capture::three_d_secure;
use crate::resources::intents::{by_sdk, challenged, method_of, need_return_url, own, unexpected};
use crate::resources::payment_intent::attempt;
use crate::resources::{confirmation_token, mandate, payment_method, setup_attempt};

pub(crate) fn confirm(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let id = own(work, "setup_intent", args)?;
    let intent = work.see(&id);
    let status = intent.string("status");
    if !matches!(status.as_str(), "requires_payment_method" | "requires_confirmation" | "requires_action") {
        let message = format!("You cannot confirm this SetupIntent because it has a status of {status}.");
        return Err(unexpected(work, &id, message));
    }
    let unfolded = confirmation_token::unfold(work, args, "setup_intent")?;
    let args = unfolded.as_ref().unwrap_or(args);
    let customer = intent.text("customer").map(str::to_owned);
    if let Some(method) = method_of(work, args, customer.as_deref())? {
        work.set(&id, "payment_method", method);
    }
    work.edit(&id, |intent| super::options(args, intent));
    confirmation_token::spend(work, args, "setup_intent", &id);
    run(work, &id, args)?;
    Ok((*work.see(&id)).clone())
}

/// # Errors
/// 402 for a decline: the intent stays, in `requires_payment_method`, and is part of the error.
pub(super) fn run(work: &mut Work<'_>, id: &str, args: &Args) -> Result<()> {
    let intent = work.see(id);
    let Some(method) = intent.text("payment_method").map(str::to_owned) else {
        let message = "You cannot confirm this SetupIntent because it's missing a payment method. Update the \
                       SetupIntent with a payment method and then confirm it again.";
        return Err(unexpected(work, id, message));
    };
    need_return_url(&intent, args)?;
    let Some(card) = payment_method::card_behind(work, &method) else {
        return Err(ApiError::missing_param("PaymentMethod", &method, "payment_method"));
    };
    if args.at("mandate_data").is_object() {
        mandate::check(args.at("mandate_data"))?;
        work.set(id, "_mandate_data", args.at("mandate_data").clone());
    }
    let wanted = matches!(
        intent.text("payment_method_options.card.request_three_d_secure"),
        Some("any" | "challenge")
    );
    let breaks =
        card.challenge == Challenge::Fails || (wanted && card.challenge == Challenge::FailsOnRequest);
    let decline = payment_method::declined_at_once(work, &method).or_else(|| breaks.then_some(GENERIC));
    if let Some(decline) = decline {
        setup_attempt::begin(work, id);
        let error = payment_method::decline_error(&decline);
        refuse(work, id, &method, error.body.clone());
        let intent = work.see(id);
        return Err(error
            .with("payment_method", intent.at("last_setup_error.payment_method").clone())
            .with("setup_intent", render::public(&intent))
            .keeping_changes());
    }
    let asks = needs_authentication(work, &method) || (wanted && card.challenge == Challenge::OnRequest);
    if asks {
        let how = attempt::How {
            return_url: args.text("return_url").filter(|_| !by_sdk(args)).map(str::to_owned),
            ..attempt::How::default()
        };
        ask(work, id, &how);
    } else {
        setup_attempt::begin(work, id);
        let secure = match card.challenge {
            Challenge::Frictionless => three_d_secure(work, Some("frictionless"), "authenticated"),
            Challenge::Never if wanted => three_d_secure(work, None, "attempt_acknowledged"),
            _ => Value::Null,
        };
        succeed(work, id, secure);
    }
    Ok(())
}

/// Whether a card wants 3D Secure before it can be charged off session.
pub(crate) fn needs_authentication(work: &Work<'_>, method: &str) -> bool {
    let asks = payment_method::card_behind(work, method)
        .is_some_and(|card| matches!(card.challenge, Challenge::UnlessSetUp | Challenge::Always));
    asks && !work.see(method).flag("_set_up")
}

pub(crate) fn ask(work: &mut Work<'_>, id: &str, how: &attempt::How) {
    let action = attempt::next_action(work, id, how);
    setup_attempt::begin(work, id);
    setup_attempt::ended(work, id, "requires_action", Value::Null, Value::Null);
    work.edit(id, |intent| {
        intent.set("status", "requires_action");
        intent.set("next_action", action);
        intent.set("last_setup_error", Value::Null);
    });
    work.tell("setup_intent.requires_action", id);
}

fn refuse(work: &mut Work<'_>, id: &str, method: &str, mut error: crate::core::value::Map) {
    if let Some(Value::String(code)) = error.get("code") {
        let page = code.replace('_', "-");
        error.insert("doc_url", format!("https://stripe.com/docs/error-codes/{page}").into());
    }
    error.insert("payment_method", render::public(&work.see(method)));
    let error = Value::Object(error);
    setup_attempt::ended(work, id, "failed", error.clone(), Value::Null);
    work.edit(id, |intent| {
        intent.set("status", "requires_payment_method");
        intent.set("next_action", Value::Null);
        intent.set("payment_method", Value::Null);
        intent.set("last_setup_error", error);
    });
    work.tell("setup_intent.setup_failed", id);
}

fn succeed(work: &mut Work<'_>, id: &str, three_d_secure: Value) {
    let intent = work.see(id);
    let method = intent.string("payment_method");
    setup_attempt::ended(work, id, "succeeded", Value::Null, three_d_secure);
    permit(work, id, &method);
    work.edit(id, |intent| {
        intent.set("status", "succeeded");
        intent.set("next_action", Value::Null);
        intent.set("last_setup_error", Value::Null);
    });
    if intent.is("usage", "off_session") {
        work.set(&method, "_set_up", true);
    }
    if let (Some(customer), false) = (intent.text("customer"), work.see(&method).has("customer")) {
        work.set(&method, "customer", customer);
        work.tell("payment_method.attached", &method);
    }
    work.tell("setup_intent.succeeded", id);
    if let Some(subscription) = intent.text("_subscription") {
        // The subscription that waited for a card has one now.
        work.edit(subscription, |subscription| {
            subscription.set("pending_setup_intent", Value::Null);
            subscription.set("default_payment_method", method);
        });
        work.tell_if_changed("customer.subscription.updated", subscription);
    }
}

/// The customer's permission becomes a mandate once the card is set up.
fn permit(work: &mut Work<'_>, id: &str, method: &str) {
    let intent = work.see(id);
    if !intent.at("_mandate_data").is_object() {
        return;
    }
    let once = intent
        .int("_single_use.amount")
        .map(|amount| mandate::Once { amount, currency: intent.string("_single_use.currency") });
    let given = mandate::make(work, method, intent.at("_mandate_data"), once.as_ref());
    work.set(id, if once.is_some() { "single_use_mandate" } else { "mandate" }, given);
}

/// `POST /v1/setup_intents/{id}/3ds`: the sandbox's own, called by what shows the challenge.
pub(super) fn three_ds(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let id = challenged(work, "setup_intent", args)?;
    let intent = work.see(&id);
    if args.need_text("outcome")? == "succeeded" {
        let secure = three_d_secure(work, Some("challenge"), "authenticated");
        succeed(work, &id, secure);
    } else {
        let message = "The provided PaymentMethod has failed authentication. You can provide payment_method_data or \
                       a new PaymentMethod to attempt to fulfill this SetupIntent again.";
        let error = ApiError::invalid(message).code("setup_intent_authentication_failure");
        refuse(work, &id, &intent.string("payment_method"), error.body);
    }
    Ok((*work.see(&id)).clone())
}
