//! What Stripe says of a subscription at one moment: the fields that we use, and no others.

use super::Status;
use crate::ids::{
    StripeCustomerId, StripeInvoiceId, StripePaymentMethodId, StripePriceId, StripeSetupIntentId,
    StripeSubscriptionId,
};
use crate::money::Money;
use crate::promotion::Discount;
use crate::time::Timestamp;

/// An update as it would be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingUpdate {
    /// `None` where it is about something else.
    pub price: Option<StripePriceId>,
    /// When Stripe drops it.
    pub expires_at: Timestamp,
}

/// A subscription as it was fetched. It has exactly one item: ours never have more, and one that does is
/// not ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observed {
    pub id: StripeSubscriptionId,
    pub customer: StripeCustomerId,
    pub status: Status,
    /// `si_...`, needed to change the price.
    pub item_id: String,
    pub price: StripePriceId,
    /// Per period, before discounts and tax.
    pub amount: Money,
    pub period_start: Timestamp,
    pub period_end: Timestamp,
    pub created: Timestamp,
    pub trial_start: Option<Timestamp>,
    pub trial_end: Option<Timestamp>,
    /// Set while a cancellation is pending; the flag `cancel_at_period_end` alone is not the sign of one.
    pub cancel_at: Option<Timestamp>,
    /// Stripe wants an undo to clear the flag if it is set, `cancel_at` otherwise.
    pub cancel_at_period_end: bool,
    pub canceled_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    pub default_payment_method: Option<StripePaymentMethodId>,
    pub latest_invoice: Option<StripeInvoiceId>,
    pub pending_setup_intent: Option<StripeSetupIntentId>,
    /// `sub_sched_...` while a schedule is attached.
    pub schedule: Option<String>,
    /// What lowers its payments; the first of several.
    pub discount: Option<Discount>,
    /// Collection is paused (`pause_collection`).
    pub collection_paused: bool,
    /// When collection goes on by itself.
    pub resumes_at: Option<Timestamp>,
    /// An update waits for its payment; until then the present plan goes on.
    pub pending_update: Option<PendingUpdate>,
    /// `metadata.account_id`: which account of ours it was made for.
    pub account_id: Option<String>,
    /// `metadata.subscribe_intent`: which intent of ours made it.
    pub subscribe_intent: Option<String>,
}
