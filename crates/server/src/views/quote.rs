//! A preview: what is due today, and what then.

use super::time;
use domain::quote::Quote;
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Debug, Serialize, ToSchema)]
pub struct QuoteView {
    pub quote_id: String,
    pub expires_at: String,
    /// `new`, `trial`, `upgrade`, `downgrade`, `longer_period`, `shorter_period` or `same`.
    pub kind: &'static str,
    pub effective_at: String,
    /// Whether it waits for `effective_at`, whatever its kind; else it is done at once.
    pub scheduled: bool,
    pub currency: String,
    pub lines: Vec<QuoteLineView>,
    /// Minor units that are charged at once.
    pub due_today: i64,
    pub then: ThenView,
    /// Names of features.
    pub gains: Vec<String>,
    pub losses: Vec<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct QuoteLineView {
    pub description: String,
    /// Minor units; negative for a credit.
    pub amount: i64,
}

/// The next payment after today's; before tax, where Stripe computes it.
#[derive(Debug, Serialize, ToSchema)]
pub struct ThenView {
    pub amount: i64,
    pub billing_period: &'static str,
    pub from: String,
}

impl From<&Quote> for QuoteView {
    fn from(quote: &Quote) -> Self {
        Self {
            quote_id: quote.id.to_string(),
            expires_at: time(quote.expires_at),
            kind: quote.kind.as_str(),
            effective_at: time(quote.effective_at),
            scheduled: quote.is_scheduled(),
            currency: quote.currency.to_string(),
            lines: quote
                .lines
                .iter()
                .map(|line| QuoteLineView { description: line.description.clone(), amount: line.amount })
                .collect(),
            due_today: quote.due_today,
            then: ThenView {
                amount: quote.then.amount,
                billing_period: quote.then.billing_period.as_str(),
                from: time(quote.then.from),
            },
            gains: quote.gains.clone(),
            losses: quote.losses.clone(),
        }
    }
}
