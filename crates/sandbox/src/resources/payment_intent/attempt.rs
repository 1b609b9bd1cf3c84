//! One attempt to pay an intent with its payment method: challenge, decline, authorisation or success.

use crate::core::value::{Map, Value, json};

use crate::core::json::Json;
use crate::core::render;
use crate::core::work::Work;
use crate::resources::cards::{AUTHENTICATION_REQUIRED, Challenge, Decline, GENERIC};
use crate::resources::{charge, invoice, payment_method};

/// How the payment is attempted.
#[derive(Clone, Debug, Default)]
pub(crate) struct How {
    /// The payer is not there: what would ask for 3D Secure is declined.
    pub(crate) off_session: bool,
    /// 3D Secure was passed just now.
    pub(crate) authenticated: bool,
    /// Where the payer comes back to after a redirect.
    pub(crate) return_url: Option<String>,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Succeeded,
    /// Authorised, to be captured.
    Authorized,
    /// 3D Secure is asked for.
    NeedsAction,
    Declined(Decline),
    /// 3D Secure was not passed.
    Unauthenticated,
}

/// Attempts the payment, tells what happened, and lets the intent's invoice know.
pub(crate) fn attempt(work: &mut Work<'_>, id: &str, how: &How) -> Outcome {
    let intent = work.see(id);
    let method = intent.string("payment_method");
    let outcome = decide(work, &intent, &method, how);
    match &outcome {
        Outcome::NeedsAction => ask(work, id, how),
        Outcome::Declined(decline) => decline_it(work, id, &method, how, decline),
        Outcome::Unauthenticated => {}
        Outcome::Succeeded | Outcome::Authorized => {
            succeed(work, id, &method, how, outcome == Outcome::Authorized);
        }
    }
    if let Some(invoice) = intent.text("_invoice") {
        invoice::settle::after_attempt(work, invoice, &outcome);
    }
    if outcome == Outcome::Succeeded {
        invoice::after_success(work, id);
    }
    outcome
}

/// Whether the application wants 3D Secure wherever the card can do it.
fn is_asked_for(intent: &Value) -> bool {
    matches!(intent.text("payment_method_options.card.request_three_d_secure"), Some("any" | "challenge"))
}

fn decide(work: &Work<'_>, intent: &Value, method: &str, how: &How) -> Outcome {
    let Some(card) = payment_method::card_behind(work, method) else { return Outcome::NeedsAction };
    if let Some(decline) = payment_method::declined_at_once(work, method) {
        return Outcome::Declined(decline);
    }
    let wanted = is_asked_for(intent) && !how.off_session;
    let set_up = work.see(method).flag("_set_up");
    let challenged = match card.challenge {
        Challenge::Unsupported | Challenge::Never | Challenge::Frictionless => false,
        Challenge::OnRequest => wanted,
        Challenge::UnlessSetUp => !set_up || wanted,
        Challenge::OnSession => !how.off_session,
        Challenge::Always => true,
        Challenge::FailsOnRequest if !wanted => false,
        Challenge::FailsOnRequest | Challenge::Fails => return Outcome::Declined(GENERIC),
    };
    if challenged && !how.authenticated {
        // An invoice can be authenticated later, on its hosted page or by the application.
        return if how.off_session && !intent.has("_invoice") {
            Outcome::Declined(AUTHENTICATION_REQUIRED)
        } else {
            Outcome::NeedsAction
        };
    }
    let manual = intent.is("capture_method", "manual")
        || intent.is("payment_method_options.card.capture_method", "manual");
    match card.charge {
        Some(decline) => Outcome::Declined(decline),
        None if manual => Outcome::Authorized,
        None => Outcome::Succeeded,
    }
}

/// How 3D Secure went, for the charge; null when it was not tried.
fn three_d_secure(work: &mut Work<'_>, intent: &Value, method: &str, how: &How) -> Value {
    let challenge = payment_method::card_behind(work, method).map(|card| card.challenge);
    match challenge {
        _ if how.authenticated => charge::capture::three_d_secure(work, Some("challenge"), "authenticated"),
        Some(Challenge::Frictionless) => {
            charge::capture::three_d_secure(work, Some("frictionless"), "authenticated")
        }
        Some(Challenge::Never) if is_asked_for(intent) && !how.off_session => {
            charge::capture::three_d_secure(work, None, "attempt_acknowledged")
        }
        _ => Value::Null,
    }
}

fn ask(work: &mut Work<'_>, id: &str, how: &How) {
    let action = next_action(work, id, how);
    work.edit(id, |intent| {
        intent.set("status", "requires_action");
        intent.set("next_action", action);
        intent.set("last_payment_error", Value::Null);
    });
    work.tell("payment_intent.requires_action", id);
}

/// What the browser has to do: Stripe.js shows the challenge, or a redirect to it.
pub(crate) fn next_action(work: &mut Work<'_>, id: &str, how: &How) -> Value {
    match &how.return_url {
        Some(url) => json!({
            "redirect_to_url": {
                "return_url": url,
                "url": hosted(work, id),
            },
            "type": "redirect_to_url",
        }),
        None => json!({
            "type": "use_stripe_sdk",
            "use_stripe_sdk": {
                "directory_server_name": "visa",
                "server_transaction_id": work.random.text(32),
                "three_d_secure_2_source": format!("payatt_3{}", work.random.text(23)),
                "type": "stripe_3ds2_fingerprint",
            },
        }),
    }
}

/// The page on which the payer is asked, with what it needs to know (as Stripe's): served by the sandbox itself.
fn hosted(work: &Work<'_>, id: &str) -> String {
    let intent = work.see(id);
    let (kind, account) = (intent.string("object"), &work.account.name);
    let secret = intent.string("client_secret");
    let query = format!("publishable_key=pk_test_{account}&{kind}={id}&{kind}_client_secret={secret}");
    format!("{}/3d_secure_2/hosted?{query}", work.asked.address)
}

fn decline_it(work: &mut Work<'_>, id: &str, method: &str, how: &How, decline: &Decline) {
    let secure = three_d_secure(work, &work.see(id), method, how);
    let charge = charge::of_intent(work, id, method, &charge::Verdict::Failed(*decline), secure);
    let mut error = payment_method::decline_error(decline).body;
    error.insert("charge", charge.into());
    refuse(work, id, method, error);
}

/// Puts an intent back: another payment method is required.
fn refuse(work: &mut Work<'_>, id: &str, method: &str, mut error: Map) {
    if let Some(Value::String(code)) = error.get("code") {
        let page = code.replace('_', "-");
        error.insert("doc_url", format!("https://stripe.com/docs/error-codes/{page}").into());
    }
    error.insert("payment_method", render::public(&work.see(method)));
    work.edit(id, |intent| {
        intent.set("status", "requires_payment_method");
        intent.set("next_action", Value::Null);
        intent.set("payment_method", Value::Null);
        intent.set("last_payment_error", error);
        intent.set("_authenticated", Value::Null);
    });
    work.tell("payment_intent.payment_failed", id);
}

/// 3D Secure failed or was given up.
pub(crate) fn fail_authentication(work: &mut Work<'_>, id: &str) {
    let intent = work.see(id);
    let method = intent.string("payment_method");
    let mut error = Map::new();
    error.insert("code", "payment_intent_authentication_failure".into());
    error.insert(
        "message",
        "The provided PaymentMethod has failed authentication. You can provide payment_method_data or a new \
         PaymentMethod to attempt to fulfill this PaymentIntent again."
            .into(),
    );
    error.insert("type", "invalid_request_error".into());
    refuse(work, id, &method, error);
    if let Some(invoice) = intent.text("_invoice") {
        invoice::settle::after_attempt(work, invoice, &Outcome::Unauthenticated);
    }
}

fn succeed(work: &mut Work<'_>, id: &str, method: &str, how: &How, hold: bool) {
    let result = if hold { charge::Verdict::Authorized } else { charge::Verdict::Succeeded };
    let intent = work.see(id);
    let secure = three_d_secure(work, &intent, method, how);
    let charge = charge::of_intent(work, id, method, &result, secure);
    let amount = intent.num("amount");
    work.edit(id, |intent| {
        intent.set("status", if hold { "requires_capture" } else { "succeeded" });
        intent.set("latest_charge", charge);
        intent.set("next_action", Value::Null);
        intent.set("last_payment_error", Value::Null);
        intent.set(if hold { "amount_capturable" } else { "amount_received" }, amount);
    });
    keep_method(work, &intent, method, how);
    work.tell(if hold { "payment_intent.amount_capturable_updated" } else { "payment_intent.succeeded" }, id);
}

/// Saves the payment method for later, or marks it used up.
fn keep_method(work: &mut Work<'_>, intent: &Value, method: &str, how: &How) {
    // What is said for cards goes before what is said for all methods.
    let usage = intent
        .text("payment_method_options.card.setup_future_usage")
        .or(intent.text("setup_future_usage"))
        .filter(|usage| *usage != "none");
    let future = usage.is_some();
    if future && (how.authenticated || usage == Some("off_session")) {
        work.set(method, "_set_up", true);
    }
    if work.see(method).has("customer") {
        return;
    }
    match intent.text("customer") {
        Some(customer) if future => {
            work.set(method, "customer", customer);
            work.tell("payment_method.attached", method);
        }
        _ => work.set(method, "_spent", true),
    }
}
