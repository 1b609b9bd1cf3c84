//! Another price for a subscription, now: what it would cost, and doing it.

use crate::form::{Form, segment};
use crate::request::{Key, Request};
use domain::ids::{QuoteId, StripePriceId, StripeSubscriptionId};
use domain::time::Timestamp;

/// From when on the new price is billed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Billed {
    /// Prorated as of this moment, within the period that goes on: the amount is the same to the cent whenever
    /// it is asked for.
    Prorated { at: Timestamp },
    /// A new period begins now, because the interval is another one. Stripe refuses a `proration_date` with it.
    Anew,
    /// The trial ends now, and the first period begins.
    AfterTrial,
}

#[derive(Debug, Clone, Copy)]
pub struct NewPlan<'a> {
    pub subscription: &'a StripeSubscriptionId,
    /// `si_...`: without it a second item would be added.
    pub item: &'a str,
    pub price: &'a StripePriceId,
    pub billed: Billed,
    /// `di_...` of the present discounts. Sent only with a code, which would replace them otherwise.
    pub discounts: &'a [String],
    /// `promo_...`, already resolved from the code.
    pub promotion_code: Option<&'a str>,
}

/// With its latest invoice and its discounts.
pub fn retrieve_to_change(id: &StripeSubscriptionId) -> Request {
    let form = Form::new().expand(&[
        "latest_invoice.confirmation_secret",
        "latest_invoice.payments",
        "discounts.source.coupon",
        "discounts.promotion_code",
    ]);
    Request::get(format!("/v1/subscriptions/{}", segment(id.as_str())), form)
}

/// The whole preview is due now. Changes nothing; has a key like every POST.
pub fn preview_plan(new: &NewPlan<'_>, key: &Key) -> Request {
    let detail = |name: &str| format!("subscription_details[{name}]");
    let form = Form::new()
        .set("subscription", new.subscription)
        .set("subscription_details[items][0][id]", new.item)
        .set("subscription_details[items][0][price]", new.price)
        .set("subscription_details[items][0][quantity]", 1)
        .set("subscription_details[proration_behavior]", "always_invoice");
    let form = discounts(billed(form, new.billed, detail), new);
    Request::post("/v1/invoices/create_preview".into(), form, key)
}

/// Charged at once; while the payment is missing the change waits and the present plan goes on. Stripe takes few
/// other parameters together with `pending_if_incomplete`: a card or a cancellation is a call of its own.
pub fn change_plan(new: &NewPlan<'_>, quote: &QuoteId, key: &Key) -> Request {
    let form = Form::new()
        .set("items[0][id]", new.item)
        .set("items[0][price]", new.price)
        .set("items[0][quantity]", 1)
        .set("proration_behavior", "always_invoice")
        .set("payment_behavior", "pending_if_incomplete");
    let form = discounts(billed(form, new.billed, str::to_owned), new)
        .set("metadata[quote_id]", quote)
        .expand(&["latest_invoice.confirmation_secret", "latest_invoice.payments"]);
    Request::post(format!("/v1/subscriptions/{}", segment(new.subscription.as_str())), form, key)
}

fn billed(form: Form, billed: Billed, name: impl Fn(&str) -> String) -> Form {
    match billed {
        Billed::Prorated { at } => form.set(&name("proration_date"), at.seconds()),
        Billed::Anew => form.set(&name("billing_cycle_anchor"), "now"),
        Billed::AfterTrial => form.set(&name("trial_end"), "now"),
    }
}

fn discounts(mut form: Form, new: &NewPlan<'_>) -> Form {
    let Some(code) = new.promotion_code else { return form };
    for (index, discount) in new.discounts.iter().enumerate() {
        form = form.set(&format!("discounts[{index}][discount]"), discount);
    }
    form.set(&format!("discounts[{}][promotion_code]", new.discounts.len()), code)
}
