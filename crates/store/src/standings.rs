//! How an account stands: what its access follows from, which is remembered, and what is looked up each time.

use crate::args;
use crate::db::{FromRow, Query, Result, Row, built};
use crate::{subscriptions, tier_assignments};
use domain::allowance::Window;
use domain::assignment::TierAssignment;
use domain::ids::AccountId;
use domain::subscription::UserSubscription;
use std::sync::Arc;

crate::row! {
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct StandingNow {
        /// As of [`Facts`].
        version: i64,
        /// Units of the allowance.
        used: i64,
        /// Tokens.
        available: i64,
        held: i64,
    }
}

/// What was used in `window`, what the balance is, and which version they belong to. `None` without such an account.
pub async fn now(q: &mut impl Query, account: &AccountId, window: &Window) -> Result<Option<StandingNow>> {
    q.opt(
        "SELECT a.standing_version AS version, COALESCE(w.used, 0) AS used,
             COALESCE(b.available, 0) AS available, COALESCE(b.held, 0) AS held
         FROM accounts a
         LEFT JOIN usage_windows w ON w.account_id = a.id AND w.kind = $2 AND w.scope = $3 AND w.starts_at = $4
         LEFT JOIN user_token_balances b ON b.account_id = a.id
         WHERE a.id = $1",
        args![account, window.kind.as_str(), window.scope(), window.start],
    )
    .await
}

/// What an account's access follows from. Cloned at the cost of two counts.
#[derive(Debug, Clone)]
pub struct Facts {
    /// Grows with every change to any of them; triggers see to it.
    pub version: i64,
    // Apart: many are kept in memory, and most have neither.
    /// The live one.
    pub subscription: Option<Arc<UserSubscription>>,
    /// Its time may be over.
    pub assigned: Option<Arc<TierAssignment>>,
}

impl FromRow for Facts {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            version: row.get("version")?,
            subscription: subscriptions::joined(row)?.map(Arc::new),
            assigned: tier_assignments::joined(row)?.map(Arc::new),
        })
    }
}

/// Of an account `a` with [`FACTS_JOINED`].
pub(crate) fn facts_columns() -> String {
    let (subscription, assigned) = (subscriptions::columns_of("s"), tier_assignments::COLUMNS_OF_T);
    format!("a.standing_version AS version, {subscription}, {assigned}")
}

pub(crate) const FACTS_JOINED: &str = "LEFT JOIN user_subscriptions s ON s.account_id = a.id AND s.is_primary
             AND s.status NOT IN ('canceled', 'incomplete_expired')
         LEFT JOIN tier_assignments t ON t.account_id = a.id AND t.ended_at IS NULL";

/// In one statement, so that they belong together. `None` without such an account.
pub async fn facts(q: &mut impl Query, account: &AccountId) -> Result<Option<Facts>> {
    let sql = format!("SELECT {} FROM accounts a {FACTS_JOINED} WHERE a.id = $1", facts_columns());
    q.opt(built(sql), args![account]).await
}
