//! What an account may do now, for hosts and pages.

mod told;

use crate::{Billing, Result};
use domain::allowance::Allowance;
use domain::assignment::TierAssignment;
use domain::catalog::SubscriptionTier;
use domain::entitlement::{Entitlement, entitlement};
use domain::ids::AccountId;
use domain::subscription::UserSubscription;
use domain::time::Timestamp;
use store::Query;

/// What an account has, and what it has access to by that.
#[derive(Debug)]
pub(crate) struct Standing {
    /// The live one.
    pub subscription: Option<UserSubscription>,
    /// The tier that it was given; its time may be over.
    pub assigned: Option<TierAssignment>,
    pub entitled: Entitlement,
}

#[derive(Debug)]
pub struct Entitlements {
    pub tier: SubscriptionTier,
    pub ai_requests: Allowance,
    /// Until then this answer holds unless something happens; `None` when only an event can change it.
    pub valid_until: Option<Timestamp>,
}

impl Billing {
    /// To decide on it, hold the account's lock.
    pub(crate) async fn standing(
        &self,
        q: &mut impl Query,
        account: &AccountId,
        now: Timestamp,
    ) -> Result<Standing> {
        let subscription = store::subscriptions::live(q, account).await?;
        let assigned = store::tier_assignments::current(q, account).await?;
        let entitled = entitlement(subscription.as_ref(), assigned.as_ref(), &self.catalog, now);
        Ok(Standing { subscription, assigned, entitled })
    }

    pub async fn entitlements(&self, account: &AccountId) -> Result<Entitlements> {
        let now = self.now();
        let mut reader = self.db.reader();
        let given = self.allowance(&mut reader, account, now).await?;
        let resets_at = given.allowance.window.end;
        Ok(Entitlements {
            tier: self.catalog.tier_or_free(&given.tier).clone(),
            valid_until: [given.tier_until, resets_at].into_iter().flatten().min(),
            ai_requests: given.allowance,
        })
    }
}
