//! Whether an account's tier allows one more of what it limits, such as projects. How many there are, the host says.

use crate::{Billing, Error, Result};
use domain::catalog::TierSlug;
use domain::ids::AccountId;
use domain::time::Timestamp;

#[derive(Debug)]
pub struct LimitCheck {
    /// `None`: unlimited.
    pub limit: Option<i64>,
    pub tier: TierSlug,
    /// Until then the tier is known to last; `None` when only an event can change it.
    pub valid_until: Option<Timestamp>,
}

impl Billing {
    /// `used`: how many there are before the one more. Errors: [`Error::LimitReached`]; [`Error::NotFound`] for a limit
    /// that the catalog does not have.
    pub async fn check_limit(&self, account: &AccountId, key: &str, used: i64) -> Result<LimitCheck> {
        let (tier, valid_until) = self.tier_now(account).await?;
        let limit = *tier.limits.get(key).ok_or(Error::NotFound)?;
        let reached = |limit: Option<i64>| limit.filter(|limit| used >= *limit);
        let Some(limit) = reached(limit) else {
            return Ok(LimitCheck { limit, tier: tier.slug, valid_until });
        };
        let has_room = |limits: &Option<i64>| reached(*limits).is_none();
        let upgrade = self.catalog.on_sale().find(|tier| tier.limits.get(key).is_some_and(has_room));
        let upgrade_to = upgrade.map(|tier| tier.slug.clone());
        Err(Error::LimitReached { key: key.to_owned(), limit, used, upgrade_to })
    }
}
