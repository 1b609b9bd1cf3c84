//! What is asked of an account's allowance and tokens.

use super::Label;
use crate::hold::Usage;
use crate::ids::{HoldId, ServiceKeyId};
use ledger::Tokens;
use uuid::Uuid;

#[derive(Debug, Clone)]
pub enum Request {
    /// Admit and pay at once.
    Consume {
        /// What it costs if tokens pay; at least 1.
        cost: Tokens,
        label: Label,
    },
    /// Admit, and pay when the cost is known.
    Authorize {
        /// The estimate; at least 1.
        cost: Tokens,
        /// Milliseconds of business time; at least 1.
        expires_in: i64,
        label: Label,
        owner: Option<ServiceKeyId>,
    },
    Capture {
        ends: Ends,
        usage: Usage,
    },
    Void(Ends),
    /// Its time is over.
    Expire(HoldId),
}

/// Which hold somebody wants to end.
#[derive(Debug, Clone)]
pub struct Ends {
    pub hold: HoldId,
    /// Who ends it: who has made it, or another key of the same host once the one that has made it is revoked.
    pub owner: Option<ServiceKeyId>,
}

/// An Idempotency-Key, under whom it counts, and what it was sent with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keyed {
    /// The caller and the route.
    pub scope: String,
    pub key: String,
    /// Of the canonical request: the same key with another one is a mistake.
    pub request_hash: String,
}

impl Keyed {
    pub fn is_same_key(&self, other: &Self) -> bool {
        self.key == other.key && self.scope == other.scope
    }
}

#[derive(Debug, Clone)]
pub struct Asked {
    pub request: Request,
    pub key: Option<Keyed>,
    /// Of the hold or of the token transaction that it makes; never used before, and later ones sort behind it.
    pub id: Uuid,
}

impl Request {
    /// The hold that it is about.
    pub const fn hold(&self) -> Option<&HoldId> {
        match self {
            Self::Consume { .. } | Self::Authorize { .. } => None,
            Self::Capture { ends, .. } | Self::Void(ends) => Some(&ends.hold),
            Self::Expire(hold) => Some(hold),
        }
    }

    /// Who wants to end a hold.
    pub const fn ends(&self) -> Option<&Ends> {
        match self {
            Self::Capture { ends, .. } | Self::Void(ends) => Some(ends),
            Self::Consume { .. } | Self::Authorize { .. } | Self::Expire(_) => None,
        }
    }
}
