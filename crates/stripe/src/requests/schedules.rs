//! Schedules: another price at the end of the period, in two steps.

use crate::form::{Form, segment};
use crate::request::{Key, Request};
use domain::ids::{StripePaymentMethodId, StripePriceId, StripeSubscriptionId};
use domain::time::Timestamp;

/// First step: a schedule of the present period. Stripe takes nothing else with it.
pub fn create_schedule(subscription: &StripeSubscriptionId, key: &Key) -> Request {
    let form = Form::new().set("from_subscription", subscription);
    Request::post("/v1/subscription_schedules".into(), form, key)
}

/// What is to be when. Whatever was set and is not sent again would be unset, so both phases repeat it.
#[derive(Debug, Clone, Copy)]
pub struct Phases<'a> {
    /// `sub_sched_...`
    pub schedule: &'a str,
    /// The present phase, as the first step has answered it.
    pub start: Timestamp,
    pub end: Timestamp,
    pub present: &'a StripePriceId,
    pub quantity: i64,
    pub next: &'a StripePriceId,
    /// Of the next price: Stripe's interval and how many of them.
    pub interval: (&'a str, i64),
    /// The next price has another interval: without a new anchor its first charge would wait.
    pub anew: bool,
    pub trial_end: Option<Timestamp>,
    /// `di_...`
    pub discounts: &'a [String],
    /// `promo_...`, for the next price.
    pub promotion_code: Option<&'a str>,
    pub payment_method: Option<&'a StripePaymentMethodId>,
    pub automatic_tax: bool,
    /// Our id of what asked for it.
    pub change: &'a str,
}

/// Second step. The subscription goes on by itself after the last phase.
pub fn plan_phases(phases: &Phases<'_>, key: &Key) -> Request {
    let (interval, count) = phases.interval;
    let form = Form::new()
        .set("end_behavior", "release")
        .set("proration_behavior", "none")
        // Not in the phases: another card can be set here later.
        .maybe("default_settings[default_payment_method]", phases.payment_method)
        .set("metadata[plan_change]", phases.change)
        .set("phases[0][start_date]", phases.start.seconds())
        .set("phases[0][end_date]", phases.end.seconds())
        .maybe("phases[0][trial_end]", phases.trial_end.map(Timestamp::seconds));
    let form = phase(form, 0, phases, phases.present, phases.quantity)
        .set("phases[1][start_date]", phases.end.seconds())
        .set("phases[1][duration][interval]", interval)
        .set("phases[1][duration][interval_count]", count)
        .maybe("phases[1][billing_cycle_anchor]", phases.anew.then_some("phase_start"));
    let code = format!("phases[1][discounts][{}][promotion_code]", phases.discounts.len());
    let form = phase(form, 1, phases, phases.next, 1).maybe(&code, phases.promotion_code);
    Request::post(format!("/v1/subscription_schedules/{}", segment(phases.schedule)), form, key)
}

fn phase(form: Form, number: usize, phases: &Phases<'_>, price: &StripePriceId, quantity: i64) -> Form {
    let name = |of: &str| format!("phases[{number}]{of}");
    let mut form = form
        .set(&name("[items][0][price]"), price)
        .set(&name("[items][0][quantity]"), quantity)
        .set(&name("[proration_behavior]"), "none")
        .maybe(&name("[automatic_tax][enabled]"), phases.automatic_tax.then_some(true));
    for (index, discount) in phases.discounts.iter().enumerate() {
        form = form.set(&name(&format!("[discounts][{index}][discount]")), discount);
    }
    form
}

/// What the phases to come are paid with, where they name no card of their own. The phases stay as they are.
pub fn set_schedule_default(schedule: &str, method: &StripePaymentMethodId, key: &Key) -> Request {
    let form = Form::new().set("default_settings[default_payment_method]", method);
    Request::post(format!("/v1/subscription_schedules/{}", segment(schedule)), form, key)
}

/// `sub_sched_...`; nothing else changes. (Its `cancel` would cancel the subscription.)
pub fn release_schedule(schedule: &str, key: &Key) -> Request {
    Request::post(format!("/v1/subscription_schedules/{}/release", segment(schedule)), Form::new(), key)
}

pub fn retrieve_schedule(schedule: &str) -> Request {
    Request::get(format!("/v1/subscription_schedules/{}", segment(schedule)), Form::new())
}
