//! AI requests: who pays for them, and how many there were. They are written together: many requests, one transaction.

mod alerts;
mod batch;
mod consume;
mod present;
mod queue;
mod read;
mod report;
mod write;

pub use consume::Consume;
pub use domain::usage::{Consumed, DEFAULT_COST, Keyed, Left};
pub use queue::{LARGEST_BATCH, Queue};
pub use report::{UsageReport, UsageTotals};

use crate::entitlements::Standing;
use crate::{Billing, Error, Result};
use domain::allowance::Allowance;
use domain::catalog::TierSlug;
use domain::ids::AccountId;
use domain::time::Timestamp;
use present::{Present, present};
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
    /// What the account's tier gives now, and what of it was used: to be shown, not to be decided on.
    pub(crate) async fn allowance(
        &self,
        q: &mut impl Query,
        account: &AccountId,
        now: Timestamp,
    ) -> Result<Given> {
        let Standing { subscription, entitled, .. } = self.standing(q, account, now).await?;
        let Present { tier, tier_until, terms, window } =
            present(subscription.as_ref(), entitled, &self.catalog, now);
        let used = store::usage::used(q, account, &window).await?;
        Ok(Given { tier, tier_until, allowance: Allowance { terms, window, used } })
    }
}

/// A request was answered as another kind is.
pub(crate) fn unexpected() -> Error {
    Error::Internal("a request was answered with what was not asked".to_owned())
}
