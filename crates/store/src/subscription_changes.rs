//! The audit log of what happened to subscriptions. Append-only.

use crate::args;
use crate::db::{Query, Result, Tx};
use domain::catalog::TierSlug;
use domain::ids::{AccountId, SubscriptionChangeId, UserSubscriptionId};
use domain::subscription::{Change, Status};
use domain::time::Timestamp;

/// One entry to be written.
#[derive(Debug)]
pub struct NewChange<'a> {
    pub id: SubscriptionChangeId,
    pub account: &'a AccountId,
    pub subscription: &'a UserSubscriptionId,
    pub change: Change,
    pub from_tier: Option<&'a TierSlug>,
    pub to_tier: &'a TierSlug,
    pub from_status: Option<Status>,
    pub to_status: Status,
    /// An event's id, or the use case of the member's own call.
    pub cause: &'a str,
    pub at: Timestamp,
}

pub async fn append(tx: &mut Tx, change: NewChange<'_>) -> Result<()> {
    tx.run_one(
        "INSERT INTO subscription_changes (id, account_id, user_subscription_id, kind, from_tier, to_tier,
             from_status, to_status, cause, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        args![
            &change.id,
            change.account,
            change.subscription,
            change.change.as_str(),
            change.from_tier,
            change.to_tier,
            change.from_status,
            change.to_status,
            change.cause,
            change.at
        ],
    )
    .await
}

crate::row! {
    #[derive(Debug, Clone)]
    pub struct SubscriptionChange {
        id: SubscriptionChangeId,
        kind: String,
        from_tier: Option<String>,
        to_tier: String,
        from_status: Option<String>,
        to_status: String,
        cause: String,
        created_at: Timestamp,
    }
}

/// Newest first, at most `limit`, those before the id `cursor`.
pub async fn list(
    q: &mut impl Query,
    account: &AccountId,
    cursor: Option<&str>,
    limit: i64,
) -> Result<Vec<SubscriptionChange>> {
    q.all(
        "SELECT id, kind, from_tier, to_tier, from_status, to_status, cause, created_at
         FROM subscription_changes
         WHERE account_id = $1 AND ($2 IS NULL OR id < $2)
         ORDER BY id DESC LIMIT $3",
        args![account, cursor.map(str::to_owned), limit],
    )
    .await
}
