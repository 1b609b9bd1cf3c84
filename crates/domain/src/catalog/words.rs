//! The catalog's own words: slugs, billing periods, windows.

use serde::{Deserialize, Serialize};

/// A tier's name in URLs, the API and the database, such as `community-pro`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TierSlug(String);

impl TierSlug {
    /// The tier of everybody who has no other. Every catalog has it.
    pub fn free() -> Self {
        Self("free".to_owned())
    }

    pub fn from_stored(slug: impl Into<String>) -> Self {
        Self(slug.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn is_free(&self) -> bool {
        self.0 == "free"
    }
}

impl std::fmt::Display for TierSlug {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// How often a subscription is billed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BillingPeriod {
    Monthly,
    Quarterly,
    Annual,
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a billing period; monthly, quarterly and annual are")]
pub struct UnknownBillingPeriod(String);

impl BillingPeriod {
    pub const ALL: [Self; 3] = [Self::Monthly, Self::Quarterly, Self::Annual];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Monthly => "monthly",
            Self::Quarterly => "quarterly",
            Self::Annual => "annual",
        }
    }

    pub const fn months(self) -> i64 {
        match self {
            Self::Monthly => 1,
            Self::Quarterly => 3,
            Self::Annual => 12,
        }
    }

    /// Stripe's `recurring[interval]` and `recurring[interval_count]`: quarterly is three months.
    pub const fn stripe_interval(self) -> (&'static str, i64) {
        match self {
            Self::Monthly => ("month", 1),
            Self::Quarterly => ("month", 3),
            Self::Annual => ("year", 1),
        }
    }
}

impl std::str::FromStr for BillingPeriod {
    type Err = UnknownBillingPeriod;

    fn from_str(word: &str) -> Result<Self, UnknownBillingPeriod> {
        Self::ALL
            .into_iter()
            .find(|period| period.as_str() == word)
            .ok_or_else(|| UnknownBillingPeriod(word.to_owned()))
    }
}

/// Who can take a tier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Availability {
    Open,
    Invitation,
}

impl Availability {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Invitation => "invitation",
        }
    }
}

/// Over which time an allowance is counted; in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WindowKind {
    Day,
    Month,
    /// From one renewal of the subscription to the next; a calendar month for who has no subscription.
    BillingPeriod,
    Lifetime,
}

impl WindowKind {
    pub const ALL: [Self; 4] = [Self::Day, Self::Month, Self::BillingPeriod, Self::Lifetime];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Month => "month",
            Self::BillingPeriod => "billing_period",
            Self::Lifetime => "lifetime",
        }
    }
}
