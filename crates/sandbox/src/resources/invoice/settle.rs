//! Paying an invoice: by hand, by itself, and what follows from an attempt.

use crate::core::value::Value;

use super::super::cards::Decline;
use super::super::payment_intent::attempt::{How, Outcome, attempt};
use super::super::{invoice_payment, payment_intent, payment_method, subscription};
use super::{finalize, governing};
use crate::core::error::{ApiError, Result};
use crate::core::json::Json;
use crate::core::render;
use crate::core::work::Work;
use crate::life::dunning;
use crate::params::args::Args;
use crate::params::shape::{Kind, Shape};

pub(super) const PAY: Shape = &[
    ("forgive", Kind::Bool),
    ("off_session", Kind::Bool),
    ("paid_out_of_band", Kind::Bool),
    ("payment_method", Kind::Text),
];

/// How an invoice came to be paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Paid {
    /// Nothing was due: no attempt is counted.
    NothingDue,
    /// By the default payment.
    ByIntent,
    /// By what was attached to it.
    Attached,
    OutOfBand,
}

/// What an attempt to collect came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Collected {
    Tried(Outcome),
    NoMethod,
}

/// The card that pays, in the order of Stripe docs: the invoice's, the subscription's, the customer's default.
pub(crate) fn method_for(work: &Work<'_>, invoice: &Value) -> Option<String> {
    let subscription = invoice.text("_subscription").map(|id| work.see(id));
    let customer = work.see(&invoice.string("customer"));
    let found = invoice
        .text("default_payment_method")
        .or_else(|| {
            subscription.as_ref().and_then(|subscription| subscription.text("default_payment_method"))
        })
        .or_else(|| customer.text("invoice_settings.default_payment_method"));
    found.map(str::to_owned)
}

/// Tries to collect an open invoice now. `automatic` attempts are counted by the retry schedule.
pub(crate) fn collect(
    work: &mut Work<'_>,
    id: &str,
    method: Option<String>,
    off_session: bool,
    automatic: bool,
) -> Collected {
    let invoice = work.see(id);
    let intent = invoice.string("_pi");
    work.set(id, "_automatic", automatic);
    let Some(method) = method.or_else(|| method_for(work, &invoice)) else {
        failed(work, id, None);
        return Collected::NoMethod;
    };
    work.set(&intent, "payment_method", method);
    let how = How { off_session, ..How::default() };
    Collected::Tried(attempt(work, &intent, &how))
}

/// Called after each attempt on an invoice's payment intent, whoever made it.
pub(crate) fn after_attempt(work: &mut Work<'_>, id: &str, outcome: &Outcome) {
    match outcome {
        Outcome::Succeeded | Outcome::Authorized => mark_paid(work, id, Paid::ByIntent),
        Outcome::Declined(decline) => failed(work, id, Some(*decline)),
        Outcome::Unauthenticated => failed(work, id, None),
        Outcome::NeedsAction => {
            work.set(id, "attempted", true);
            work.tell("invoice.payment_action_required", id);
            // A renewal that nobody is there to authenticate has failed for now.
            if work.see(id).flag("_automatic") {
                failed(work, id, None);
            }
        }
    }
}

fn failed(work: &mut Work<'_>, id: &str, decline: Option<Decline>) {
    work.edit(id, |invoice| {
        let count = invoice.num("attempt_count") + 1;
        invoice.set("attempt_count", count);
        invoice.set("attempted", true);
    });
    let given_up = dunning::after_failure(work, id, decline);
    work.tell("invoice.payment_failed", id);
    let invoice = work.see(id);
    // The change that waits for this invoice has not been made: nothing is owed for it.
    if let Some(subscription) = governing(&invoice).filter(|_| !invoice.flag("_waited_for")) {
        subscription::after_failure(work, subscription, given_up);
    }
}

/// The invoice is paid; its subscription is told.
pub(crate) fn mark_paid(work: &mut Work<'_>, id: &str, paid: Paid) {
    let now = work.now;
    work.edit(id, |invoice| {
        let (due, left) = (invoice.num("amount_due"), invoice.num("amount_remaining"));
        invoice.set("status", "paid");
        invoice.set("amount_paid", due);
        invoice.set("amount_remaining", 0);
        invoice.set("attempted", true);
        if paid == Paid::ByIntent {
            let count = invoice.num("attempt_count") + 1;
            invoice.set("attempt_count", count);
        }
        if paid == Paid::OutOfBand {
            invoice.set("amount_paid_off_stripe", left);
        }
        invoice.set("auto_advance", false);
        invoice.set("next_payment_attempt", Value::Null);
        invoice.set("status_transitions.paid_at", now);
        invoice.set("_due", Value::Null);
    });
    match paid {
        Paid::ByIntent => invoice_payment::pay_of(work, id),
        Paid::OutOfBand | Paid::Attached => {
            let intent = work.see(id).string("_pi");
            payment_intent::cancel_now(work, &intent, Some("void_invoice"));
            invoice_payment::cancel_of(work, id);
        }
        Paid::NothingDue => {}
    }
    work.tell("invoice.paid", id);
    work.tell("invoice.payment_succeeded", id);
    let invoice = work.see(id);
    if let Some(subscription) = governing(&invoice) {
        subscription::after_paid(work, subscription, id);
    }
}

pub(super) fn pay(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let invoice = work.path("invoice", args.id())?;
    let id = invoice.id();
    if args.flag("forgive") {
        // [spec]: for sources that were funded beforehand, with too little.
        return Err(ApiError::unsupported("forgive").param("forgive"));
    }
    match invoice.text("status") {
        Some("paid") => return Err(ApiError::invalid("Invoice is already paid").begun()),
        Some("draft") => finalize::finalize(work, &id),
        Some("open" | "uncollectible") => {}
        _ => {
            let message =
                format!("This invoice can no longer be paid: its status is {}.", invoice.string("status"));
            return Err(ApiError::invalid(message).begun());
        }
    }
    if work.see(&id).is("status", "paid") {
        return Ok((*work.see(&id)).clone());
    }
    if args.flag("paid_out_of_band") {
        mark_paid(work, &id, Paid::OutOfBand);
        return Ok((*work.see(&id)).clone());
    }
    let customer = invoice.string("customer");
    let method = match args.text("payment_method") {
        Some(named) => {
            let method = payment_method::materialize(work, named, "payment_method")?;
            payment_method::refuse_spent(work, &method)?;
            if work.see(&method).text("customer").is_some_and(|owner| owner != customer) {
                let message = "The customer does not have a payment method with the ID given. The payment method must \
                               be attached to the customer.";
                return Err(ApiError::invalid(message).code("resource_missing").param("payment_method"));
            }
            Some(method)
        }
        None => None,
    };
    if method.is_none() && method_for(work, &invoice).is_none() {
        let message = "There is no `default_payment_method` set on this Customer or Invoice. Please set the \
                       appropriate default payment method.";
        return Err(ApiError::invalid(message).code("resource_missing").begun());
    }
    // [spec]: off_session defaults to true here.
    let off_session = args.at("off_session").as_bool().unwrap_or(true);
    match collect(work, &id, method, off_session, false) {
        Collected::Tried(Outcome::Declined(decline)) => {
            let intent = work.see(&work.see(&id).string("_pi"));
            let charge = intent.at("last_payment_error.charge").clone();
            Err(payment_method::decline_error(&decline)
                .with("charge", charge)
                .with("payment_intent", render::public(&intent))
                .keeping_changes())
        }
        Collected::Tried(Outcome::NeedsAction) => {
            let intent = work.see(&work.see(&id).string("_pi"));
            let message = "This payment requires additional user action before it can be completed successfully. \
                           Payment can be completed using the PaymentIntent associated with the invoice. For more \
                           details see: https://stripe.com/docs/billing/subscriptions/overview#requires-action";
            Err(ApiError::card("invoice_payment_intent_requires_action", message)
                .with("payment_intent", render::public(&intent))
                .keeping_changes())
        }
        _ => Ok((*work.see(&id)).clone()),
    }
}
