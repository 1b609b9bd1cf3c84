//! A hold: an AI request that was admitted before its cost was known.

use super::allowance::{AllowanceView, SpendableView, source};
use super::time;
use billing::holds::{HoldAnswer, HoldRecord};
use domain::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Debug, Serialize, ToSchema)]
pub struct HoldView {
    #[schema(example = "hold_...")]
    id: String,
    /// `held`, `captured`, `voided` or `expired`.
    #[schema(example = "held")]
    status: String,
    /// The estimate.
    tokens: i64,
    /// `allowance` or `tokens`: who pays.
    source: &'static str,
    /// From then on it is not held any more.
    expires_at: String,
    /// Of a captured one: the tokens that the request has used.
    used: Option<i64>,
    /// Of a captured one: the tokens that were taken from the balance.
    paid: Option<i64>,
    /// Nobody has said what was used, so the estimate counts.
    estimated: bool,
    /// It had expired when it was captured, so what was used was taken from what there was by then.
    late: bool,
}

impl From<&HoldRecord> for HoldView {
    fn from(hold: &HoldRecord) -> Self {
        Self {
            id: hold.id.to_string(),
            status: hold.status.clone(),
            tokens: hold.tokens,
            source: source(hold.from_allowance),
            expires_at: time(Timestamp(hold.expires_at)),
            used: hold.used,
            paid: hold.paid,
            estimated: hold.estimated,
            late: hold.late,
        }
    }
}

/// A hold, and what its account can still use.
#[derive(Debug, Serialize, ToSchema)]
pub struct HoldAnswerView {
    hold: HoldView,
    balance: SpendableView,
    allowance: AllowanceView,
}

impl From<&HoldAnswer> for HoldAnswerView {
    fn from(answer: &HoldAnswer) -> Self {
        Self { hold: (&answer.hold).into(), balance: (&answer.left).into(), allowance: (&answer.left).into() }
    }
}
