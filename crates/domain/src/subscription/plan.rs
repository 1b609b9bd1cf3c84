//! What a subscription is for: a tier, and how often it is billed.

use crate::catalog::{BillingPeriod, TierSlug};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    pub tier: TierSlug,
    pub billing_period: BillingPeriod,
}
