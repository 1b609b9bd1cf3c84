//! An allowance: how many AI requests a tier gives per window, and what is left.

use super::time;
use billing::usage::Left;
use domain::allowance::Allowance;
use domain::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Debug, Serialize, ToSchema)]
pub struct AllowanceView {
    /// Requests per window.
    pub limit: i64,
    pub used: i64,
    pub remaining: i64,
    /// `day`, `month`, `billing_period` or `lifetime`; in UTC.
    #[schema(example = "day")]
    pub window: String,
    /// RFC 3339; null for a window that never ends.
    pub resets_at: Option<String>,
}

impl From<&Allowance> for AllowanceView {
    fn from(allowance: &Allowance) -> Self {
        Self {
            limit: allowance.terms.limit,
            used: allowance.used,
            remaining: allowance.remaining(),
            window: allowance.window.kind.as_str().to_owned(),
            resets_at: allowance.window.end.map(time),
        }
    }
}

impl From<&Left> for AllowanceView {
    fn from(left: &Left) -> Self {
        Self {
            limit: left.limit,
            used: left.used,
            remaining: (left.limit - left.used).max(0),
            window: left.window.as_str().to_owned(),
            resets_at: left.resets_at.map(|at| time(Timestamp(at))),
        }
    }
}

/// What an account has to spend beside its allowance.
#[derive(Debug, Serialize, ToSchema)]
pub struct SpendableView {
    pub available: i64,
    /// Reserved by holds.
    pub held: i64,
}

impl From<&ledger::Balance> for SpendableView {
    fn from(balance: &ledger::Balance) -> Self {
        Self { available: balance.available.get(), held: balance.held.get() }
    }
}

impl From<&Left> for SpendableView {
    fn from(left: &Left) -> Self {
        Self { available: left.available, held: left.held }
    }
}

/// The word for who pays.
pub(crate) const fn source(from_allowance: bool) -> &'static str {
    if from_allowance { "allowance" } else { "tokens" }
}
