//! Holds: AI requests that are admitted before their cost is known, and settled afterwards.

mod authorize;
mod capture;
mod expire;
mod void;

pub use authorize::Authorize;
pub use capture::CaptureHold;
pub use void::VoidHold;

use crate::usage::Left;
use crate::{Billing, Error, Result};
use domain::hold::{CannotEnd, Hold, Source, State};
use domain::ids::{AccountId, HoldId, ServiceKeyId};
use domain::time::Timestamp;
use ledger::Balance;
use serde::{Deserialize, Serialize};
use store::{Query, Tx};

/// How long a hold lasts when nobody says how long, in milliseconds.
pub const DEFAULT_EXPIRY: i64 = 5 * domain::time::MINUTE;

/// A hold as callers see it. Kept with keys, so its fields are an interface.
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
    fn of(hold: &Hold, now: Timestamp) -> Self {
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

/// Which hold somebody wants to end.
#[derive(Debug, Clone)]
pub struct Named {
    pub account: AccountId,
    /// Who ends it: who has made it, or another key of the same host once the one that has made it is revoked.
    pub owner: Option<ServiceKeyId>,
    pub hold: HoldId,
}

impl Billing {
    /// Under the account's lock, which is taken here. Errors: [`Error::NotFound`], also for another's.
    async fn lock_hold(&self, tx: &mut Tx, named: &Named) -> Result<Hold> {
        if !store::accounts::lock(tx, &named.account).await? {
            return Err(Error::NotFound);
        }
        let hold = store::holds::find(tx, &named.account, &named.hold).await?.ok_or(Error::NotFound)?;
        if hold.owner == named.owner {
            return Ok(hold);
        }
        // A change of keys must not leave requests unpaid that ran meanwhile.
        match (&hold.owner, &named.owner) {
            (Some(made), Some(ends)) if store::service_keys::replaces(tx, ends, made).await? => Ok(hold),
            _ => Err(Error::NotFound),
        }
    }

    /// What is reserved, or the unit of the allowance, goes back to where it came from. The caller has ended the hold, by
    /// which the balance went from `before` to `after`. True when something is told: a debt that was paid with it leaves
    /// less.
    async fn return_held(
        &self,
        tx: &mut Tx,
        ended: &Hold,
        before: &Balance,
        after: &Balance,
    ) -> Result<bool> {
        store::holds::end(tx, &State::Held, ended).await?;
        match &ended.source {
            Source::Allowance { window, .. } => {
                store::usage::give_one_back(tx, &ended.account, window).await?;
                Ok(false)
            }
            Source::Tokens => {
                store::tokens::save_balance(tx, &ended.account, after, self.now()).await?;
                self.tell_of_balance(tx, &ended.account, before, after, ended.id.as_str()).await
            }
        }
    }

    async fn hold_answer(&self, q: &mut impl Query, hold: &Hold, balance: &Balance) -> Result<HoldAnswer> {
        let now = self.now();
        let given = self.allowance(q, &hold.account, now).await?;
        let left = Left::of(&given.allowance, balance);
        Ok(HoldAnswer { hold: HoldRecord::of(hold, now), left, replayed: false })
    }

    fn cannot_end(&self, hold: &Hold, cannot: CannotEnd) -> Error {
        match cannot {
            CannotEnd::NotHeld => Error::HoldNotHeld { hold: Box::new(HoldRecord::of(hold, self.now())) },
            CannotEnd::Books(wrong) => Error::Internal(format!("{}: {wrong}", hold.id)),
        }
    }
}

fn count(hold: &Hold) {
    let source = if hold.source == Source::Tokens { "tokens" } else { "allowance" };
    metrics::counter!("holds_total", "status" => hold.state.as_str(), "source" => source).increment(1);
}
