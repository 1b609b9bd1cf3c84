//! How an account stands at this moment, in one statement, for whoever knows its subscription already.

use crate::args;
use crate::db::{Query, Result};
use domain::allowance::Window;
use domain::ids::AccountId;

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
