//! AI requests: who pays for them, and how many there were. They are written together: many requests, one transaction.

mod alerts;
mod batch;
mod consume;
mod export;
mod gathering;
mod present;
mod queue;
mod read;
mod report;
mod waiting;
mod windows;
mod write;
mod writer;

pub use consume::Consume;
pub use domain::usage::{Consumed, DEFAULT_COST, Keyed, Left};
pub(crate) use present::{Present, present};
pub use queue::{LARGEST_BATCH, Queue, USUAL_BATCH};
pub use report::{UsageReport, UsageTotals, UsedFor};
pub use store::usage_days::LabelledDay;

use crate::entitlements::Standing;
use crate::{Billing, Error, Result};
use domain::allowance::Allowance;
use domain::ids::AccountId;
use domain::time::Timestamp;
use store::Query;

impl Billing {
    /// What the account's tier gives now, and what of it was used: to be shown, not to be decided on.
    pub(crate) async fn allowance(
        &self,
        q: &mut impl Query,
        account: &AccountId,
        now: Timestamp,
    ) -> Result<Allowance> {
        let Standing { subscription, entitled, .. } = self.standing(q, account, now).await?;
        let Present { terms, window, .. } = present(subscription.as_ref(), entitled, &self.catalog, now);
        let used = store::usage::used(q, account, &window).await?;
        Ok(Allowance { terms, window, used })
    }
}

/// A request was answered as another kind is.
pub(crate) fn unexpected() -> Error {
    Error::Internal("a request was answered with what was not asked".to_owned())
}
