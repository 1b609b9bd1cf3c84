//! What a request is answered. Kept with idempotency keys, so the fields are an interface.

use super::Refusal;
use crate::allowance::Allowance;
use crate::catalog::{TierSlug, WindowKind};
use crate::hold::{HoldAnswer, HoldRecord};
use ledger::{Balance, NotReserved};
use serde::{Deserialize, Serialize};

/// What an account can still use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Left {
    pub limit: i64,
    pub used: i64,
    pub window: WindowKind,
    /// Milliseconds; `None` for a window that never ends.
    pub resets_at: Option<i64>,
    pub available: i64,
    pub held: i64,
}

impl Left {
    pub fn of(allowance: &Allowance, balance: &Balance) -> Self {
        Self {
            limit: allowance.terms.limit,
            used: allowance.used,
            window: allowance.window.kind,
            resets_at: allowance.window.end.map(|end| end.0),
            available: balance.available.get(),
            held: balance.held.get(),
        }
    }
}

/// A request that was admitted and paid at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consumed {
    /// True when the allowance paid; else tokens did.
    pub from_allowance: bool,
    /// Taken from the balance.
    pub tokens: i64,
    #[serde(flatten)]
    pub left: Left,
    /// This is the answer to an earlier request under the same key.
    #[serde(skip)]
    pub replayed: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    Consumed(Consumed),
    Hold(HoldAnswer),
}

/// Neither allowance nor tokens suffice: what there is, and of which tier.
#[derive(Debug, PartialEq, Eq)]
pub struct Out {
    pub refusal: Refusal,
    pub allowance: Allowance,
    pub balance: Balance,
    pub tier: TierSlug,
}

/// Why nothing was done, and nothing changed.
#[derive(Debug, PartialEq, Eq)]
pub enum Refused {
    /// No such hold, or not one that this caller may end.
    NotFound,
    /// The idempotency key was used for another request.
    KeyReused,
    Out(Box<Out>),
    NotHeld(Box<HoldRecord>),
    /// What the books say of this hold is not so.
    Books(Box<HoldRecord>, NotReserved),
}
