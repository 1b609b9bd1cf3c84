//! How an account stands at this moment, in one statement, for whoever knows its subscription already.

use crate::accounts::AccountSet;
use crate::args;
use crate::db::{FromRow, Query, Result, Row, built};
use crate::{subscriptions, tier_assignments, tokens};
use domain::allowance::Window;
use domain::assignment::TierAssignment;
use domain::ids::AccountId;
use domain::subscription::UserSubscription;
use ledger::Balance;

crate::row! {
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct StandingNow {
        /// As that of [`version`].
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

/// Grows with every change to the account's subscriptions and to the tiers that it was given; triggers see to it.
pub async fn version(q: &mut impl Query, account: &AccountId) -> Result<Option<i64>> {
    let sql = "SELECT standing_version FROM accounts WHERE id = $1";
    Ok(q.opt::<(i64,)>(sql, args![account]).await?.map(|(version,)| version))
}

/// What an account has.
#[derive(Debug)]
pub struct Standing {
    pub account: AccountId,
    /// Its owner was deleted.
    pub is_gone: bool,
    /// The live one.
    pub subscription: Option<UserSubscription>,
    /// Its time may be over.
    pub assigned: Option<TierAssignment>,
    pub balance: Balance,
    /// Units of allowances that holds have and that may still come back, of all windows.
    pub open_units: i64,
}

impl FromRow for Standing {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            account: row.get("owner_id")?,
            is_gone: row.get("is_gone")?,
            subscription: subscriptions::joined(row)?,
            assigned: tier_assignments::joined(row)?,
            balance: tokens::joined(row)?,
            open_units: row.get("open_units")?,
        })
    }
}

/// What each of the accounts has, in one statement. To decide on it, hold the accounts' locks.
pub async fn of(q: &mut impl Query, accounts: &AccountSet) -> Result<Vec<Standing>> {
    let sql = format!(
        "SELECT a.id AS owner_id, u.deleted_at IS NOT NULL AS is_gone, {subscription}, {assigned}, {balance},
             (SELECT COUNT(*) FROM token_holds h
              WHERE h.account_id = a.id AND h.status = 'held' AND h.source = 'allowance') AS open_units
         FROM accounts a JOIN users u ON u.id = a.owner_user_id
         LEFT JOIN user_subscriptions s ON s.account_id = a.id AND s.is_primary
             AND s.status NOT IN ('canceled', 'incomplete_expired')
         LEFT JOIN tier_assignments t ON t.account_id = a.id AND t.ended_at IS NULL
         LEFT JOIN user_token_balances b ON b.account_id = a.id
         WHERE a.id IN ({list})",
        subscription = subscriptions::columns_of("s"),
        assigned = tier_assignments::COLUMNS_OF_T,
        balance = tokens::COLUMNS_OF_B,
        list = q.list()
    );
    q.all(built(sql), args![accounts]).await
}
