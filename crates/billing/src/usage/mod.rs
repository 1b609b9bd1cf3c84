//! AI requests: who pays for them, and how many there were.

mod alerts;
mod consume;
mod report;

pub use consume::{Consume, Consumed, Keyed};
pub use domain::usage::DEFAULT_COST;
pub use report::{UsageReport, UsageTotals};

use crate::entitlements::Standing;
use crate::{Billing, Result};
use domain::allowance::{Allowance, BillingWindow, Window};
use domain::catalog::TierSlug;
use domain::ids::AccountId;
use domain::subscription::UserSubscription;
use domain::time::Timestamp;
use store::Query;

/// An allowance, and the tier that gives it.
#[derive(Debug)]
pub(crate) struct Given {
    pub tier: TierSlug,
    /// Until when the tier itself is known to last.
    pub tier_until: Option<Timestamp>,
    pub allowance: Allowance,
}

impl Billing {
    /// What the account's tier gives now, and what of it was used. To decide on it, hold the account's lock.
    pub(crate) async fn allowance(
        &self,
        q: &mut impl Query,
        account: &AccountId,
        now: Timestamp,
    ) -> Result<Given> {
        let Standing { subscription, entitled, .. } = self.standing(q, account, now).await?;
        let terms = self.catalog.tier_or_free(&entitled.tier).ai_requests;
        // A period counts only while it gives the tier: an unpaid subscription is no new allowance, and one
        // whose renewal is overdue has no present period.
        let period =
            subscription.filter(|live| live.plan.tier == entitled.tier && now < live.seen.period_end);
        let window = Window::at(terms.window, now, period.as_ref().map(billing_window).as_ref());
        let used = store::usage::used(q, account, &window).await?;
        let allowance = Allowance { terms, window, used };
        Ok(Given { tier: entitled.tier, tier_until: entitled.valid_until, allowance })
    }
}

fn billing_window(subscription: &UserSubscription) -> BillingWindow {
    let seen = &subscription.seen;
    BillingWindow { subscription: seen.id.clone(), start: seen.period_start, end: seen.period_end }
}
