//! Invoices of a subscription: what goes on them, and how the first attempt to collect them is made.

use crate::core::value::Value;

use super::proration;
use crate::core::error::{ApiError, Result};
use crate::core::json::Json;
use crate::core::work::Work;
use crate::resources::discount;
use crate::resources::invoice::{self, finalize, settle};
use crate::resources::payment_intent::attempt::Outcome;
use crate::resources::payment_method;

/// What becomes of invoices while collection is paused.
const PAUSED: &str = "pause_collection.behavior";

/// An invoice that a subscription is to get.
#[derive(Debug)]
pub(crate) struct Bill {
    pub(crate) reason: &'static str,
    /// For its items; what is pending for the customer comes on top.
    pub(crate) lines: Vec<Value>,
    /// The invoice's own period (seconds): the one that has ended.
    pub(crate) period: (i64, i64),
    /// A draft for an hour, as renewals are.
    pub(crate) draft: bool,
}

/// The invoice before it is stored; previews show it.
pub(crate) fn plan(work: &Work<'_>, id: &str, bill: &Bill) -> invoice::New {
    let subscription = work.see(id);
    let customer = subscription.string("customer");
    let mut lines = invoice::lines::pending(work, &customer, Some(id));
    lines.extend(bill.lines.iter().cloned());
    invoice::New {
        customer,
        currency: subscription.string("currency"),
        subscription: Some(id.to_owned()),
        billing_reason: bill.reason,
        lines,
        discounts: discount::in_force(work, subscription.list("discounts"), bill.period.1.max(work.now)),
        period: bill.period,
        auto_advance: bill.draft && !is_held_back(&subscription),
        days_until_due: subscription.int("days_until_due"),
    }
}

/// [spec]: invoices of an unpaid subscription are made, and not collected; the other behaviours of `pause_collection`
/// act when an invoice is finalised: see [`pause`].
fn is_held_back(subscription: &Value) -> bool {
    subscription.is("status", "unpaid") || subscription.is(PAUSED, "keep_as_draft")
}

/// Makes the invoice, and finalises it unless it is to be a draft.
pub(crate) fn bill(work: &mut Work<'_>, id: &str, bill: &Bill) -> String {
    let new = plan(work, id, bill);
    let invoice = invoice::make(work, &new);
    work.set(id, "latest_invoice", invoice.as_str());
    proration::remember(work, id, &invoice);
    if !bill.draft && !is_held_back(&work.see(id)) {
        work.set(&invoice, "auto_advance", true);
        finalize::finalize(work, &invoice);
        pause(work, id, &invoice);
    }
    invoice
}

/// An invoice that was finalised while collection is paused: nobody is charged for it ([doc]).
pub(crate) fn pause(work: &mut Work<'_>, id: &str, invoice: &str) {
    if !work.see(invoice).is("status", "open") {
        return;
    }
    match work.see(id).text(PAUSED) {
        Some("void") => finalize::void(work, invoice),
        Some("mark_uncollectible") => finalize::uncollectible(work, invoice),
        _ => {}
    }
}

/// Who pays, and what happens when that does not work.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terms {
    pub(crate) off_session: bool,
    /// `error_if_incomplete`: a payment that does not succeed refuses the whole request.
    pub(crate) strict: bool,
    /// Failures are counted by the retry schedule.
    pub(crate) automatic: bool,
}

/// Tries to collect an open invoice.
///
/// # Errors
/// With strict terms only: 402 for a decline or an authentication, 400 without a payment method.
pub(crate) fn collect(work: &mut Work<'_>, invoice: &str, terms: Terms) -> Result<()> {
    let outcome = settle::collect(work, invoice, None, terms.off_session, terms.automatic);
    match outcome {
        _ if !terms.strict => Ok(()),
        settle::Collected::NoMethod => Err(no_method()),
        settle::Collected::Tried(Outcome::Declined(decline)) => Err(payment_method::decline_error(&decline)),
        settle::Collected::Tried(Outcome::NeedsAction) => {
            let message = "Payment for this subscription requires additional user action before it can be completed \
                           successfully. Please refer to the documentation on how to handle this.";
            Err(ApiError::card("subscription_payment_intent_requires_action", message))
        }
        settle::Collected::Tried(_) => Ok(()),
    }
}

/// 400: nobody could be charged ([rec]).
pub(crate) fn no_method() -> ApiError {
    let message = "This customer has no attached payment source or default payment method. Please consider adding a \
                   default payment method. For more information, visit \
                   https://stripe.com/docs/billing/subscriptions/payment-methods-setting#payment-method-priority.";
    ApiError::conflict("resource_missing", message)
}
