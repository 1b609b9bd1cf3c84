//! What an account may do now, for hosts and pages.

use crate::{Billing, Result};
use domain::allowance::Allowance;
use domain::catalog::SubscriptionTier;
use domain::ids::AccountId;
use domain::time::Timestamp;

#[derive(Debug)]
pub struct Entitlements {
    pub tier: SubscriptionTier,
    pub ai_requests: Allowance,
    /// Until then this answer holds unless something happens; `None` when only an event can change it.
    pub valid_until: Option<Timestamp>,
}

impl Billing {
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
