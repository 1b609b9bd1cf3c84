//! `catalog.toml` as it is written: its tables and fields, before they are checked.

use super::{Availability, BillingPeriod, WindowKind};
use crate::hold::Over;
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) currency: String,
    pub(super) primary_period: BillingPeriod,
    #[serde(default)]
    pub(super) limits: Vec<String>,
    pub(super) grace: Grace,
    pub(super) trial: Trial,
    pub(super) refunds: Refunds,
    #[serde(default)]
    pub(super) tax: Tax,
    #[serde(default)]
    pub(super) consent: Consent,
    #[serde(default)]
    pub(super) alerts: AlertRules,
    #[serde(default)]
    pub(super) holds: Holds,
    #[serde(default)]
    pub(super) pause: Pause,
    #[serde(default)]
    pub(super) models: Vec<Model>,
    pub(super) tiers: Vec<Tier>,
    pub(super) features: Vec<FeatureRow>,
    pub(super) packages: Vec<Package>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Grace {
    pub(super) days: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Trial {
    pub(super) once_per_card: Once,
}

#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Once {
    Bool(bool),
    Word(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Refunds {
    pub(super) subscription_days: i64,
    #[serde(default)]
    pub(super) unused_part: bool,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Pause {
    pub(super) longest_days: i64,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct Holds {
    pub(super) over: Over,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct Tax {
    pub(super) automatic: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Consent {
    pub(super) required: bool,
    pub(super) terms_version: String,
}

impl Default for Consent {
    fn default() -> Self {
        Self { required: false, terms_version: "1".to_owned() }
    }
}

/// What it leaves out, a catalog from before there were alerts among them, is as we would set it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct AlertRules {
    pub(super) balance_low: i64,
    pub(super) allowance_percent: Vec<i64>,
    pub(super) by_mail: bool,
    pub(super) mailed_from: i64,
}

impl Default for AlertRules {
    fn default() -> Self {
        Self { balance_low: 10_000, allowance_percent: vec![50, 75, 100], by_mail: true, mailed_from: 10 }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Tier {
    pub(super) slug: String,
    pub(super) name: String,
    pub(super) description: String,
    pub(super) availability: Availability,
    #[serde(default)]
    pub(super) trial_days: i64,
    pub(super) ai_requests: Requests,
    #[serde(default)]
    pub(super) limits: BTreeMap<String, i64>,
    #[serde(default)]
    pub(super) ai_limits: AiLimits,
    #[serde(default)]
    pub(super) prices: Vec<Price>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AiLimits {
    pub(super) requests_per_minute: Option<u32>,
    pub(super) concurrent: Option<u32>,
    pub(super) models: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Model {
    pub(super) name: String,
    pub(super) kind: ModelKind,
    pub(super) upstream: Option<String>,
    #[serde(rename = "upstream_model")]
    pub(super) upstream_name: Option<String>,
    pub(super) input: Option<i64>,
    pub(super) cached_input: Option<i64>,
    pub(super) output: Option<i64>,
    pub(super) image: Option<i64>,
    pub(super) default_output: Option<i64>,
    pub(super) max_output: Option<i64>,
    pub(super) limit_field: Option<LimitField>,
    #[serde(default)]
    pub(super) image_prices: Vec<ImagePrice>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum ModelKind {
    Chat,
    Embedding,
    Image,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum LimitField {
    MaxCompletionTokens,
    MaxTokens,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ImagePrice {
    pub(super) size: Option<String>,
    pub(super) quality: Option<String>,
    pub(super) tokens: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Requests {
    pub(super) limit: i64,
    pub(super) window: WindowKind,
    pub(super) largest_request: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Price {
    pub(super) billing_period: BillingPeriod,
    pub(super) amount: i64,
    pub(super) currency: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FeatureRow {
    pub(super) key: String,
    pub(super) name: String,
    pub(super) tiers: Vec<String>,
    #[serde(default)]
    pub(super) notes: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Package {
    pub(super) slug: String,
    pub(super) name: String,
    pub(super) tokens: i64,
    pub(super) interactions: i64,
    pub(super) prices: Vec<PackagePrice>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PackagePrice {
    pub(super) amount: i64,
    pub(super) currency: Option<String>,
}
