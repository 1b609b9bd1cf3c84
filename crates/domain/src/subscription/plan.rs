//! What a subscription is for: a tier, and how often it is billed.

use crate::catalog::{BillingPeriod, TierSlug};
use crate::time::Timestamp;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    pub tier: TierSlug,
    pub billing_period: BillingPeriod,
}

/// Another plan that a schedule brings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScheduledChange {
    pub plan: Plan,
    /// Minor units of the subscription's currency per period, before discounts and tax.
    pub amount: i64,
    pub at: Timestamp,
    /// What its first payment costs, where a promotion code comes with it; before tax.
    pub first_payment: Option<i64>,
}

impl ScheduledChange {
    /// Whether it brings the same plan at the same moment, whatever its first payment costs.
    pub fn is_same(&self, other: &Self) -> bool {
        (&self.plan, self.amount, self.at) == (&other.plan, other.amount, other.at)
    }
}
