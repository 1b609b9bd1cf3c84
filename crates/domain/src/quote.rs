//! A preview of a subscription: what is due today, what then, what one gains and loses.

use crate::catalog::BillingPeriod;
use crate::ids::QuoteId;
use crate::money::Currency;
use crate::time::{MINUTE, Timestamp};

/// How long a quote can be acted upon, in milliseconds.
pub const VALID_FOR: i64 = 15 * MINUTE;

/// What kind of step it previews. `as_str` is the API's word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A first subscription, paid at once.
    New,
    /// A first subscription that starts with a trial.
    Trial,
}

impl Kind {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Trial => "trial",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quote {
    pub id: QuoteId,
    pub expires_at: Timestamp,
    pub kind: Kind,
    pub effective_at: Timestamp,
    pub currency: Currency,
    pub lines: Vec<QuoteLine>,
    /// Minor units that are charged at once.
    pub due_today: i64,
    pub then: Then,
    /// Names of features.
    pub gains: Vec<String>,
    pub losses: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuoteLine {
    pub description: String,
    /// Minor units; negative for a credit.
    pub amount: i64,
}

/// The next payment after today's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Then {
    pub amount: i64,
    pub billing_period: BillingPeriod,
    pub from: Timestamp,
}
