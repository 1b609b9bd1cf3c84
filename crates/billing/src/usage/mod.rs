//! AI requests: who pays for them, and how many there were.

mod consume;
mod report;

pub use consume::{Consume, Consumed, Keyed};
pub use domain::usage::DEFAULT_COST;
pub use report::{UsageReport, UsageTotals};

use crate::{Billing, Result};
use domain::allowance::{Allowance, BillingWindow, Window};
use domain::entitlement::entitlement;
use domain::ids::AccountId;
use domain::subscription::UserSubscription;
use domain::time::Timestamp;
use store::Query;

impl Billing {
    /// What the account's tier gives now, and what of it was used. To decide on it, hold the account's lock.
    pub(crate) async fn allowance(
        &self,
        q: &mut impl Query,
        account: &AccountId,
        now: Timestamp,
    ) -> Result<Allowance> {
        let subscription = store::subscriptions::live(q, account).await?;
        let tier = entitlement(subscription.as_ref(), &self.catalog, now).tier;
        let terms = self.catalog.tier_or_free(&tier).ai_requests;
        let window = Window::at(terms.window, now, subscription.as_ref().map(billing_window).as_ref());
        let used = store::usage::used(q, account, &window).await?;
        Ok(Allowance { terms, window, used })
    }
}

fn billing_window(subscription: &UserSubscription) -> BillingWindow {
    let seen = &subscription.seen;
    BillingWindow { subscription: seen.id.clone(), start: seen.period_start, end: seen.period_end }
}
