//! A tier that a person with power gave to an account, without a subscription.

use crate::catalog::TierSlug;
use crate::ids::{AccountId, TierAssignmentId};
use crate::time::Timestamp;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TierAssignment {
    pub id: TierAssignmentId,
    pub account: AccountId,
    pub tier: TierSlug,
    pub starts_at: Timestamp,
    /// `None`: until somebody ends it.
    pub ends_at: Option<Timestamp>,
    pub reason: String,
    /// A user's id, or `cli`.
    pub actor: String,
}

impl TierAssignment {
    pub fn holds_at(&self, now: Timestamp) -> bool {
        self.starts_at <= now && self.ends_at.is_none_or(|end| now < end)
    }
}
