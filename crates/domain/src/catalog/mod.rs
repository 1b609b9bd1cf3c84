//! What is sold, as data: tiers, prices, features, token packages, and the rules of grace and refund.

mod file;
mod models;
mod read;
mod words;

pub use read::InvalidCatalog;
pub use words::{Availability, BillingPeriod, TierSlug, UnknownBillingPeriod, WindowKind};

use crate::ai::{AiLimits, Model};
use crate::hold::Over;
use crate::money::{Currency, Money};
use ledger::Tokens;
use std::collections::BTreeMap;

/// A catalog that has been checked: see [`Catalog::from_toml`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Catalog {
    pub currency: Currency,
    /// The period that pages show first.
    pub primary_period: BillingPeriod,
    pub grace_days: i64,
    pub once_per_card: OncePerCard,
    /// 0: subscriptions are never refunded on request.
    pub refund_days: i64,
    /// Later than that: whether who leaves at once gets back the unused part.
    pub refund_unused_part: bool,
    /// In days; 0: subscriptions cannot be paused.
    pub longest_pause_days: i64,
    /// Stripe computes taxes on subscriptions. Prices of packages include them.
    pub automatic_tax: bool,
    pub consent: ConsentRule,
    pub alerts: Alerts,
    /// When an AI request has used more than its hold covers.
    pub over_hold: Over,
    /// In the catalog's order, and last the built-in ones.
    pub models: Vec<Model>,
    pub tiers: Vec<SubscriptionTier>,
    pub packages: Vec<TokenPackage>,
}

/// Whether a member has to agree before something is bought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsentRule {
    pub required: bool,
    /// Which terms stand behind the box.
    pub terms_version: String,
}

/// Whether one card number gets one trial.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OncePerCard {
    /// Only with live keys: at Stripe all test cards of one number share a fingerprint.
    Live,
    Always,
    Never,
}

/// When somebody is told that little is left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alerts {
    /// Below so many tokens; 0 never.
    pub balance_low: i64,
    /// At so many percent of an allowance's window, ascending.
    pub allowance_percent: Vec<i64>,
    /// By mail too; the host application is always told.
    pub by_mail: bool,
    /// Of an allowance with fewer requests the member is not told by mail: it would be a mail every day.
    pub mailed_from: i64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubscriptionTier {
    pub slug: TierSlug,
    pub name: String,
    pub description: String,
    pub availability: Availability,
    /// 0: no trial.
    pub trial_days: i64,
    pub prices: Vec<TierPrice>,
    pub ai_requests: AiRequests,
    pub ai_limits: AiLimits,
    /// Every limit of the catalog; `None` is unlimited.
    pub limits: BTreeMap<String, Option<i64>>,
    /// Every feature of the catalog, in its order.
    pub features: Vec<Feature>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TierPrice {
    pub billing_period: BillingPeriod,
    pub price: Money,
}

/// How many AI requests a tier covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AiRequests {
    /// Requests per window.
    pub limit: i64,
    pub window: WindowKind,
    /// The largest request that one unit covers, in tokens; a larger one is paid with tokens entirely.
    pub largest_request: Tokens,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feature {
    pub key: String,
    pub name: String,
    pub included: bool,
    pub note: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenPackage {
    pub slug: String,
    pub name: String,
    pub tokens: Tokens,
    /// About how many AI interactions that is, for people.
    pub interactions: i64,
    /// One per currency, the default one first. Tax is included.
    pub prices: Vec<Money>,
}

impl Catalog {
    /// Reads and checks a `catalog.toml`. The error names the entry and what is expected.
    pub fn from_toml(text: &str) -> Result<Self, InvalidCatalog> {
        read::catalog(text)
    }

    pub fn tier(&self, slug: &TierSlug) -> Option<&SubscriptionTier> {
        self.tiers.iter().find(|tier| tier.slug == *slug)
    }

    /// The tier of that name, or Free: a subscription to a tier that the catalog no longer has grants
    /// nothing more.
    pub fn tier_or_free(&self, slug: &TierSlug) -> &SubscriptionTier {
        self.tier(slug).or_else(|| self.tier(&TierSlug::free())).unwrap_or(&self.tiers[0])
    }

    /// Where the tier stands among the others: a larger one gives more. One that the catalog does not have gives
    /// nothing.
    pub fn rank(&self, slug: &TierSlug) -> Option<usize> {
        self.tiers.iter().position(|tier| tier.slug == *slug)
    }

    pub fn package(&self, slug: &str) -> Option<&TokenPackage> {
        self.packages.iter().find(|package| package.slug == slug)
    }

    /// The tiers that anybody can subscribe to, in the catalog's order: each gives more than the one before.
    pub fn on_sale(&self) -> impl Iterator<Item = &SubscriptionTier> {
        self.tiers.iter().filter(|tier| tier.availability == Availability::Open && !tier.prices.is_empty())
    }

    /// The first open tier that allows this model, for whose tier does not.
    pub fn upgrade_for(&self, model: &Model) -> Option<&SubscriptionTier> {
        let open = |tier: &&SubscriptionTier| tier.availability == Availability::Open;
        self.tiers.iter().filter(open).find(|tier| tier.ai_limits.allows(model))
    }

    /// The cheapest open tier with more AI requests than `tier`, for whoever has run out.
    pub fn upgrade_from(&self, tier: &SubscriptionTier) -> Option<&SubscriptionTier> {
        self.on_sale()
            .filter(|other| other.ai_requests.limit > tier.ai_requests.limit)
            .min_by_key(|other| other.ai_requests.limit)
    }
}

impl SubscriptionTier {
    pub fn price(&self, period: BillingPeriod, currency: Currency) -> Option<&TierPrice> {
        self.prices.iter().find(|p| p.billing_period == period && p.price.currency == currency)
    }

    /// Stripe's id of the product: ours, so that making it twice makes it once.
    pub fn product_id(&self) -> String {
        format!("at_{}", self.slug.as_str().replace('-', "_"))
    }

    pub fn includes(&self, feature: &str) -> bool {
        self.features.iter().any(|f| f.key == feature && f.included)
    }

    /// The names of the features that `self` has and `other` lacks.
    pub fn gains_over(&self, other: &Self) -> Vec<String> {
        self.features
            .iter()
            .filter(|feature| feature.included && !other.includes(&feature.key))
            .map(|feature| feature.name.clone())
            .collect()
    }
}

impl TierPrice {
    /// Minor units a month, rounded down.
    pub fn per_month(&self) -> i64 {
        self.price.amount / self.billing_period.months()
    }

    /// Under which Stripe knows the price, such as `community-pro_quarterly_usd`.
    pub fn lookup_key(&self, tier: &TierSlug) -> String {
        format!("{tier}_{}_{}", self.billing_period.as_str(), self.price.currency)
    }
}

impl TokenPackage {
    pub fn price(&self, currency: Currency) -> Option<Money> {
        self.prices.iter().copied().find(|price| price.currency == currency)
    }

    /// Under which Stripe knows the price, such as `tokens-starter_usd`.
    pub fn lookup_key(&self, price: Money) -> String {
        format!("tokens-{}_{}", self.slug, price.currency)
    }
}
