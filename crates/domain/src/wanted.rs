//! An object of Stripe's that is to be fetched again, for a reason of our own.

use crate::ids::{StripeDisputeId, StripeInvoiceId, StripePaymentIntentId, StripeSubscriptionId};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    Subscription(StripeSubscriptionId),
    /// An invoice, and the subscription that it is of.
    Invoice(StripeInvoiceId, StripeSubscriptionId),
    /// A payment and its refunds.
    Payment(StripePaymentIntentId),
    /// A dispute, and the payment that it is about.
    Dispute(StripeDisputeId, StripePaymentIntentId),
    /// The customer was deleted at Stripe.
    CustomerDeleted,
}
