//! A wish for another plan, written down before Stripe is asked.

use super::{By, Plan};
use crate::ids::{AccountId, PlanChangeId, QuoteId, StripeSubscriptionId};
use crate::time::Timestamp;

/// Where the wish stands. `as_str` is the word in `plan_changes.state`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Stripe is being asked; or the process that asked has died.
    Calling,
    /// Nobody knows what Stripe did. Only a retry under the same key, or the settling worker, may go on.
    Unclear,
    /// The worker is finding out what became of it: nobody else may touch it.
    Settling,
    /// The member has to confirm the payment; until then the present plan goes on.
    Confirming,
    /// It took effect, or is scheduled.
    Done,
    /// Nothing came of it: the present plan goes on.
    Failed,
}

impl State {
    pub const ALL: [Self; 6] =
        [Self::Calling, Self::Unclear, Self::Settling, Self::Confirming, Self::Done, Self::Failed];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Calling => "calling",
            Self::Unclear => "unclear",
            Self::Settling => "settling",
            Self::Confirming => "confirming",
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanChange {
    pub id: PlanChangeId,
    pub account: AccountId,
    pub subscription: StripeSubscriptionId,
    /// Under which request of the member it was made: scope and Idempotency-Key.
    pub request_key: String,
    pub state: State,
    pub to: Plan,
    /// What was shown, and is charged; `None` until it is known.
    pub quote: Option<QuoteId>,
    /// Minor units.
    pub due_today: i64,
    /// How it is carried out, serialized, so that a retry sends the same bytes; `None` until it is known.
    pub request: Option<String>,
    pub by: By,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}
