//! A subscription, and the overview of one member's.

use super::confirm::ConfirmView;
use super::time;
use billing::Billing;
use billing::subscriptions::{NextPayment, Overview, PendingChange, SubscribeAnswer};
use domain::assignment::TierAssignment;
use domain::ids::StripePaymentMethodId;
use domain::payment::{Card, PaymentMethod};
use domain::promotion::Discount;
use domain::subscription::UserSubscription;
use serde::Serialize;
use serde_json::Number;
use utoipa::ToSchema;

#[derive(Debug, Serialize, ToSchema)]
pub struct SubscriptionView {
    #[schema(example = "usub_018f")]
    pub id: String,
    pub stripe_subscription_id: String,
    pub account_id: String,
    /// What it is for; the account may have access to another tier.
    pub tier_slug: String,
    /// Stripe's word: `trialing`, `active`, `past_due`, `incomplete`, `unpaid` or `paused`.
    pub status: String,
    pub billing_period: String,
    /// Minor units per period, before discounts and tax.
    pub amount: i64,
    pub currency: String,
    pub current_period_start: String,
    pub current_period_end: String,
    pub trial_end: Option<String>,
    /// Set while a cancellation is pending; access lasts until then.
    pub cancel_at: Option<String>,
    /// Set while a payment is missing; access lasts until then.
    pub grace_until: Option<String>,
    /// Set while nothing is collected; what was paid for stays.
    pub paused: Option<PausedView>,
    pub scheduled_change: Option<ScheduledChangeView>,
    pub next_payment: Option<NextPaymentView>,
    pub payment_method: Option<PaymentMethodView>,
    /// What lowers its payments; `next_payment` is lowered already.
    pub discount: Option<DiscountView>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct DiscountView {
    /// The promotion code that was redeemed.
    #[schema(example = "SPRING")]
    pub code: Option<String>,
    /// Such as 12.5.
    #[schema(value_type = Option<f64>)]
    pub percent_off: Option<Number>,
    /// Minor units of the subscription's currency.
    pub amount_off: Option<i64>,
    /// Null: for as long as the subscription lasts.
    pub ends_at: Option<String>,
}

impl From<&Discount> for DiscountView {
    fn from(discount: &Discount) -> Self {
        Self {
            code: discount.code.clone(),
            percent_off: discount.off.percent().and_then(percent),
            amount_off: discount.off.amount(),
            ends_at: discount.ends_at.map(time),
        }
    }
}

/// A pause.
#[derive(Debug, Serialize, ToSchema)]
pub struct PausedView {
    /// Access lasts until then, or until it resumes before.
    pub paid_until: String,
    /// When it resumes by itself.
    pub resumes_at: Option<String>,
}

/// A change that takes effect at a date.
#[derive(Debug, Serialize, ToSchema)]
pub struct ScheduledChangeView {
    pub tier_slug: String,
    pub billing_period: String,
    pub at: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct NextPaymentView {
    /// Minor units of the subscription's currency.
    pub amount: i64,
    pub at: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct PaymentMethodView {
    pub id: String,
    pub brand: String,
    pub last4: String,
    pub exp_month: i64,
    pub exp_year: i64,
}

impl PaymentMethodView {
    fn new(id: &StripePaymentMethodId, card: &Card) -> Self {
        Self {
            id: id.to_string(),
            brand: card.brand.clone(),
            last4: card.last4.clone(),
            exp_month: card.exp_month,
            exp_year: card.exp_year,
        }
    }

    /// `None` for what is no card.
    pub(crate) fn of(method: &PaymentMethod) -> Option<Self> {
        method.card.as_ref().map(|card| Self::new(&method.id, card))
    }
}

impl SubscriptionView {
    pub(crate) fn of(subscription: &UserSubscription, billing: &Billing) -> Self {
        let seen = &subscription.seen;
        let card = subscription.card.as_ref().zip(seen.default_payment_method.as_ref());
        Self {
            id: subscription.id.to_string(),
            stripe_subscription_id: seen.id.to_string(),
            account_id: subscription.account.to_string(),
            tier_slug: subscription.plan.tier.to_string(),
            status: seen.status.as_str().to_owned(),
            billing_period: subscription.plan.billing_period.as_str().to_owned(),
            amount: seen.amount.amount,
            currency: seen.amount.currency.to_string(),
            current_period_start: time(seen.period_start),
            current_period_end: time(seen.period_end),
            trial_end: seen.trial_end.map(time),
            cancel_at: seen.cancel_at.map(time),
            grace_until: billing.grace_until(subscription).map(time),
            paused: subscription.seen.collection_paused.then(|| PausedView {
                paid_until: time(subscription.paid_until.unwrap_or(seen.period_end)),
                resumes_at: seen.resumes_at.map(time),
            }),
            scheduled_change: subscription.scheduled.as_ref().map(|change| ScheduledChangeView {
                tier_slug: change.plan.tier.to_string(),
                billing_period: change.plan.billing_period.as_str().to_owned(),
                at: time(change.at),
            }),
            next_payment: NextPayment::of(subscription)
                .map(|next| NextPaymentView { amount: next.amount, at: time(next.at) }),
            payment_method: card.map(|(card, id)| PaymentMethodView::new(id, card)),
            discount: seen.discount.as_ref().map(Into::into),
        }
    }
}

/// From hundredths.
fn percent(hundredths: i64) -> Option<Number> {
    let (whole, part) = (hundredths / 100, hundredths % 100);
    let digits = if part == 0 { whole.to_string() } else { format!("{whole}.{part:02}") };
    digits.parse().ok()
}

#[derive(Debug, Serialize, ToSchema)]
pub struct OverviewView {
    pub account_id: String,
    /// What the account has access to now.
    pub tier: TierName,
    /// The live one.
    pub subscription: Option<SubscriptionView>,
    /// Another plan that waits for the member to confirm its payment by `subscription/pay/`.
    pub pending_change: Option<PendingChangeView>,
    /// A tier that was given without a subscription; access is the better of the two.
    pub assigned_tier: Option<AssignedTierView>,
    pub trial_available: bool,
}

/// A change of plan that the bank wants confirmed; until then the present plan goes on.
#[derive(Debug, Serialize, ToSchema)]
pub struct PendingChangeView {
    pub tier_slug: String,
    pub billing_period: String,
    /// What is charged then: minor units of the subscription's currency.
    pub amount: i64,
    /// When nothing comes of it any more.
    pub expires_at: String,
}

impl From<&PendingChange> for PendingChangeView {
    fn from(pending: &PendingChange) -> Self {
        Self {
            tier_slug: pending.plan.tier.to_string(),
            billing_period: pending.plan.billing_period.as_str().to_owned(),
            amount: pending.amount,
            expires_at: time(pending.expires_at),
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub struct AssignedTierView {
    pub tier_slug: String,
    /// Null: until it is taken back.
    pub until: Option<String>,
}

impl From<&TierAssignment> for AssignedTierView {
    fn from(given: &TierAssignment) -> Self {
        Self { tier_slug: given.tier.to_string(), until: given.ends_at.map(time) }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub struct TierName {
    pub slug: String,
    pub name: String,
}

impl OverviewView {
    pub(crate) fn of(overview: &Overview, billing: &Billing) -> Self {
        Self {
            account_id: overview.account.to_string(),
            tier: TierName { slug: overview.tier.slug.to_string(), name: overview.tier.name.clone() },
            subscription: overview.subscription.as_ref().map(|live| SubscriptionView::of(live, billing)),
            pending_change: overview.pending.as_ref().map(Into::into),
            assigned_tier: overview.assigned.as_ref().map(Into::into),
            trial_available: overview.trial_available,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub struct SubscriptionAnswer {
    /// Null when it ended, or while a card is still being set up.
    pub subscription: Option<SubscriptionView>,
    /// Not null only if the person must act.
    pub confirm: Option<ConfirmView>,
}

impl SubscriptionAnswer {
    pub(crate) fn of(answer: &SubscribeAnswer, billing: &Billing) -> Self {
        Self {
            subscription: answer.subscription.as_ref().map(|live| SubscriptionView::of(live, billing)),
            confirm: answer.confirm.as_ref().map(Into::into),
        }
    }
}
