//! The tier that the host application was last told of, per account.

use crate::args;
use crate::db::{Query, Result, Tx};
use domain::catalog::TierSlug;
use domain::ids::AccountId;
use domain::time::Timestamp;

crate::row! {
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Told {
        tier_slug: TierSlug,
        /// When it changes next by time alone, as far as was known then.
        check_at: Option<Timestamp>,
        /// How often it has changed.
        changes: i64,
    }
}

/// `None` for an account that has never had anything but the free tier. To change it, hold the account's lock.
pub async fn find(q: &mut impl Query, account: &AccountId) -> Result<Option<Told>> {
    let sql = "SELECT tier_slug, check_at, changes FROM told_entitlements WHERE account_id = $1";
    q.opt(sql, args![account]).await
}

pub async fn save(tx: &mut Tx, account: &AccountId, told: &Told) -> Result<()> {
    tx.run_one(
        "INSERT INTO told_entitlements (account_id, tier_slug, check_at, changes) VALUES ($1, $2, $3, $4)
         ON CONFLICT (account_id) DO UPDATE SET tier_slug = excluded.tier_slug, check_at = excluded.check_at,
             changes = excluded.changes",
        args![account, &told.tier_slug, told.check_at, told.changes],
    )
    .await
}

/// Accounts whose tier may have changed by time alone.
pub async fn due(q: &mut impl Query, now: Timestamp, limit: i64) -> Result<Vec<AccountId>> {
    let sql = "SELECT account_id FROM told_entitlements WHERE check_at <= $1 ORDER BY check_at LIMIT $2";
    Ok(q.all::<(AccountId,)>(sql, args![now, limit]).await?.into_iter().map(|(id,)| id).collect())
}

/// When the next one is due, by business time.
pub async fn next_due(q: &mut impl Query) -> Result<Option<Timestamp>> {
    let sql = "SELECT MIN(check_at) FROM told_entitlements WHERE check_at IS NOT NULL";
    Ok(q.one::<(Option<Timestamp>,)>(sql, args![]).await?.0)
}
