//! The ends of a payment intent other than success: capture of what was authorised, cancellation.

use crate::core::value::Value;

use super::details::{self, AMOUNT, REFERENCES};
use crate::core::error::{ApiError, Result};
use crate::core::json::Json;
use crate::core::work::Work;
use crate::params::args::Args;
use crate::params::shape::{Kind, Shape};
use crate::resources::intents::unexpected;
use crate::resources::{charge, invoice};

pub(super) const CAPTURE: Shape = &[
    ("amount_details", Kind::Nested(AMOUNT)),
    ("amount_to_capture", Kind::Int),
    ("final_capture", Kind::Bool),
    ("metadata", Kind::Metadata),
    ("payment_details", Kind::Nested(REFERENCES)),
    ("statement_descriptor", Kind::Text),
    ("statement_descriptor_suffix", Kind::Text),
];
pub(super) const INCREMENT: Shape = &[("amount", Kind::Int)];
pub(super) const CANCEL: Shape = &[(
    "cancellation_reason",
    Kind::Word(&["abandoned", "duplicate", "fraudulent", "requested_by_customer"]),
)];

pub(super) fn capture(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let intent = work.path("payment_intent", args.id())?;
    let id = intent.id();
    if !intent.is("status", "requires_capture") {
        let message = format!(
            "This PaymentIntent could not be captured because it has a status of {}. Only a PaymentIntent with one \
             of the following statuses may be captured: requires_capture.",
            intent.string("status")
        );
        return Err(unexpected(work, &id, message));
    }
    if args.at("final_capture").as_bool() == Some(false) {
        let message =
            "Multicapture is not available for this PaymentIntent, so that final_capture must be true.";
        return Err(ApiError::invalid(message).param("final_capture"));
    }
    let held = intent.num("amount_capturable");
    let amount = args.amount("amount_to_capture")?.unwrap_or(held);
    charge::capture::check_amount(amount, held, "amount_to_capture")?;
    details::check(args, intent.num("amount"))?;
    work.edit(&id, |intent| details::fill(args, intent));
    let charge = intent.string("latest_charge");
    work.edit(&charge, |charge| charge::capture::write_statement(args, charge));
    charge::capture_amount(work, &charge, amount);
    work.edit(&id, |intent| {
        intent.set("status", "succeeded");
        intent.set("amount_capturable", 0);
        intent.set("amount_received", amount);
    });
    work.tell("payment_intent.succeeded", &id);
    invoice::after_success(work, &id);
    Ok((*work.see(&id)).clone())
}

/// Cards here are not eligible for more than was authorised ([spec]: only where `incremental_authorization` is available).
pub(super) fn increment(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let intent = work.path("payment_intent", args.id())?;
    args.need_int("amount")?;
    if !intent.is("status", "requires_capture") {
        let message = format!(
            "This PaymentIntent could not be incremented because it has a status of {}. Only a PaymentIntent with \
             one of the following statuses may be incremented: requires_capture.",
            intent.string("status")
        );
        return Err(unexpected(work, &intent.id(), message));
    }
    let message = "This PaymentIntent is not eligible for incremental authorization: incremental_authorization is \
                   unavailable for its charge.";
    Err(ApiError::invalid(message).begun())
}

pub(super) fn cancel(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let intent = work.path("payment_intent", args.id())?;
    let id = intent.id();
    if intent.has("_invoice") {
        let message = "You cannot cancel this PaymentIntent because it was created by an invoice. Void the invoice \
                       instead.";
        return Err(unexpected(work, &id, message));
    }
    let status = intent.string("status");
    if matches!(status.as_str(), "succeeded" | "canceled" | "processing") {
        let message = format!(
            "You cannot cancel this PaymentIntent because it has a status of {status}. Only a PaymentIntent with one \
             of the following statuses may be canceled: requires_payment_method, requires_capture, \
             requires_confirmation, requires_action, processing."
        );
        return Err(unexpected(work, &id, message));
    }
    cancel_now(work, &id, args.text("cancellation_reason"));
    Ok((*work.see(&id)).clone())
}

/// Cancels an intent that is not finished; an authorisation is given back.
pub(crate) fn cancel_now(work: &mut Work<'_>, id: &str, reason: Option<&str>) {
    let intent = work.see(id);
    if intent.is("status", "succeeded") || intent.is("status", "canceled") {
        return;
    }
    if intent.is("status", "requires_capture") {
        charge::release(work, &intent.string("latest_charge"));
    }
    let now = work.now;
    work.edit(id, |intent| {
        intent.set("status", "canceled");
        intent.set("canceled_at", now);
        intent.set("cancellation_reason", reason.map(str::to_owned));
        intent.set("next_action", Value::Null);
        intent.set("amount_capturable", 0);
    });
    work.tell("payment_intent.canceled", id);
    invoice::after_cancel(work, id);
}
