//! What an AI request has cost, in our own form.

use crate::views::allowance::{AllowanceView, SpendableView, source};
use billing::ai::Answered;
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PaidView {
    /// `allowance` or `tokens`: who paid.
    source: &'static str,
    /// Taken from the balance.
    tokens: i64,
    allowance: AllowanceView,
    balance: SpendableView,
}

impl From<&Answered> for PaidView {
    fn from(answered: &Answered) -> Self {
        Self {
            source: source(answered.from_allowance),
            tokens: answered.paid,
            allowance: (&answered.left).into(),
            balance: (&answered.left).into(),
        }
    }
}
