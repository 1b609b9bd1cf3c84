//! Tiers and packages, as the catalog has them.

use super::ai_limits::AiLimitsView;
use domain::catalog::{SubscriptionTier, TokenPackage};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

#[derive(Debug, Serialize, ToSchema)]
pub struct TierView {
    pub slug: String,
    pub name: String,
    pub description: String,
    /// `open` or `invitation`.
    pub availability: &'static str,
    /// 0: no trial.
    pub trial_days: i64,
    /// In the order of the catalog.
    pub prices: Vec<TierPriceView>,
    /// Null: unlimited.
    pub limits: BTreeMap<String, Option<i64>>,
    pub ai_requests: AiRequestsView,
    pub ai_limits: AiLimitsView,
    /// Every feature of the catalog, in the same order for every tier.
    pub features: Vec<FeatureView>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct TierPriceView {
    /// `monthly`, `quarterly` or `annual`.
    pub billing_period: &'static str,
    /// Minor units per period.
    pub amount: i64,
    /// Minor units a month, rounded down.
    pub per_month: i64,
    pub currency: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct AiRequestsView {
    pub limit: i64,
    pub window: &'static str,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct FeatureView {
    pub key: String,
    pub name: String,
    pub included: bool,
    pub note: Option<String>,
}

impl From<&SubscriptionTier> for TierView {
    fn from(tier: &SubscriptionTier) -> Self {
        Self {
            slug: tier.slug.to_string(),
            name: tier.name.clone(),
            description: tier.description.clone(),
            availability: tier.availability.as_str(),
            trial_days: tier.trial_days,
            prices: tier
                .prices
                .iter()
                .map(|price| TierPriceView {
                    billing_period: price.billing_period.as_str(),
                    amount: price.price.amount,
                    per_month: price.per_month(),
                    currency: price.price.currency.to_string(),
                })
                .collect(),
            limits: tier.limits.clone(),
            ai_requests: AiRequestsView {
                limit: tier.ai_requests.limit,
                window: tier.ai_requests.window.as_str(),
            },
            ai_limits: tier.into(),
            features: tier
                .features
                .iter()
                .map(|feature| FeatureView {
                    key: feature.key.clone(),
                    name: feature.name.clone(),
                    included: feature.included,
                    note: feature.note.clone(),
                })
                .collect(),
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub struct PackageView {
    pub slug: String,
    pub name: String,
    pub tokens: i64,
    /// About how many AI interactions that is.
    pub interactions: i64,
    /// Minor units of the default currency; tax included.
    pub amount: i64,
    pub currency: String,
    pub prices: Vec<MoneyView>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct MoneyView {
    /// Minor units.
    pub amount: i64,
    pub currency: String,
}

impl PackageView {
    /// `None` for a package without a price, which the catalog refuses.
    pub(crate) fn of(package: &TokenPackage) -> Option<Self> {
        let default = package.prices.first()?;
        Some(Self {
            slug: package.slug.clone(),
            name: package.name.clone(),
            tokens: package.tokens.get(),
            interactions: package.interactions,
            amount: default.amount,
            currency: default.currency.to_string(),
            prices: package
                .prices
                .iter()
                .map(|price| MoneyView { amount: price.amount, currency: price.currency.to_string() })
                .collect(),
        })
    }
}
