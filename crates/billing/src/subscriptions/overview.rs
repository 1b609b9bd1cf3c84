//! A member's subscription as it stands: what it is for, what it gives, what is paid next.

use crate::entitlements::Standing;
use crate::{Billing, Result};
use domain::assignment::TierAssignment;
use domain::catalog::SubscriptionTier;
use domain::entitlement::grace_until;
use domain::ids::AccountId;
use domain::money::Money;
use domain::subscription::{Status, UserSubscription};
use domain::time::Timestamp;

#[derive(Debug)]
pub struct Overview {
    pub account: AccountId,
    /// What the account has access to now.
    pub tier: SubscriptionTier,
    /// The live one.
    pub subscription: Option<UserSubscription>,
    /// The tier that it was given without a subscription.
    pub assigned: Option<TierAssignment>,
    pub grace_until: Option<Timestamp>,
    pub trial_available: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NextPayment {
    /// Minor units of the subscription's currency.
    pub amount: i64,
    pub at: Timestamp,
}

impl NextPayment {
    /// Nothing is paid next when a cancellation is pending, or while a payment is missing.
    pub fn of(subscription: &UserSubscription) -> Option<Self> {
        let seen = &subscription.seen;
        if seen.cancel_at.is_some() {
            return None;
        }
        let at = match (seen.status, seen.collection_paused) {
            (Status::Trialing, _) => seen.trial_end.unwrap_or(seen.period_end),
            (Status::Active, false) => seen.period_end,
            // With the resumption, if a period was skipped by then.
            (Status::Active, true) => {
                seen.resumes_at?.max(subscription.paid_until.unwrap_or(seen.period_end))
            }
            _ => return None,
        };
        let scheduled = subscription.scheduled.as_ref().filter(|change| change.at <= at);
        let amount = scheduled.map_or(seen.amount.amount, |change| change.amount);
        let price = Money { amount, ..seen.amount };
        let lowered = seen.discount.as_ref().map(|discount| discount.price_at(price, at));
        Some(Self { amount: lowered.unwrap_or(amount), at })
    }
}

impl Billing {
    pub async fn subscription_overview(&self, account: &AccountId) -> Result<Overview> {
        let mut reader = self.db.reader();
        let now = self.now();
        let Standing { subscription, assigned, entitled } = self.standing(&mut reader, account, now).await?;
        Ok(Overview {
            account: account.clone(),
            tier: self.catalog.tier_or_free(&entitled.tier).clone(),
            grace_until: subscription.as_ref().and_then(|live| grace_until(live, &self.catalog)),
            subscription,
            assigned: assigned.filter(|given| given.holds_at(now)),
            trial_available: self.trial_available(&mut reader, account).await?,
        })
    }

    /// When access of this past due subscription ends.
    pub fn grace_until(&self, subscription: &UserSubscription) -> Option<Timestamp> {
        grace_until(subscription, &self.catalog)
    }
}
