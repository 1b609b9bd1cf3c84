//! Whether an account's tier includes a feature.

use crate::{Billing, Error, Result};
use domain::catalog::{Feature, TierSlug};
use domain::ids::AccountId;
use domain::time::Timestamp;

#[derive(Debug)]
pub struct FeatureCheck {
    pub feature: Feature,
    pub tier: TierSlug,
    /// Until then the tier is known to last; `None` when only an event can change it.
    pub valid_until: Option<Timestamp>,
}

impl Billing {
    /// Errors: [`Error::FeatureNotInTier`]; [`Error::NotFound`] for a feature that the catalog does not have.
    pub async fn check_feature(&self, account: &AccountId, key: &str) -> Result<FeatureCheck> {
        let (tier, valid_until) = self.tier_now(account).await?;
        let feature = tier.features.iter().find(|feature| feature.key == key).ok_or(Error::NotFound)?;
        if feature.included {
            return Ok(FeatureCheck { feature: feature.clone(), tier: tier.slug, valid_until });
        }
        let upgrade = self.catalog.on_sale().find(|tier| tier.includes(key));
        Err(Error::FeatureNotInTier {
            feature: feature.clone(),
            upgrade_to: upgrade.map(|tier| tier.slug.clone()),
        })
    }
}
