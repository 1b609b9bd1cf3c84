//! A hold as callers see it. Kept with idempotency keys, so its fields are an interface.

use super::{Hold, Source, State};
use crate::ids::HoldId;
use crate::time::Timestamp;
use crate::usage::Left;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HoldRecord {
    pub id: HoldId,
    /// `held`, `captured`, `voided` or `expired`.
    pub status: String,
    /// The estimate.
    pub tokens: i64,
    /// True when the allowance pays; else tokens do.
    pub from_allowance: bool,
    /// Milliseconds.
    pub expires_at: i64,
    /// Of a captured one: what the request has used, and what of it was taken from the balance.
    pub used: Option<i64>,
    pub paid: Option<i64>,
    /// Of a captured one: nobody has said what was used.
    pub estimated: bool,
    /// Of a captured one: it had expired before.
    #[serde(default)]
    pub late: bool,
}

impl HoldRecord {
    pub fn of(hold: &Hold, now: Timestamp) -> Self {
        let state = hold.state_at(now);
        let (used, paid, estimated) = match state {
            State::Captured { used, paid, estimated, .. } => (Some(used.get()), Some(paid.get()), estimated),
            State::Held | State::Voided { .. } | State::Expired { .. } => (None, None, false),
        };
        Self {
            id: hold.id.clone(),
            status: state.as_str().to_owned(),
            tokens: hold.tokens.get(),
            from_allowance: hold.source != Source::Tokens,
            expires_at: hold.expires_at.0,
            used,
            paid,
            estimated,
            late: hold.was_late(),
        }
    }
}

/// A hold, and what its account can still use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HoldAnswer {
    pub hold: HoldRecord,
    pub left: Left,
    /// This is the answer to an earlier request under the same key.
    #[serde(skip)]
    pub replayed: bool,
}
