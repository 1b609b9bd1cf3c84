//! Subscriptions that are to end at once with their money given back, until both are done.

use crate::args;
use crate::db::{Query, Result, Tx};
use domain::ids::{AccountId, StripeSubscriptionId};
use domain::time::Timestamp;

/// Writes the promise; one that is there already stays.
pub async fn insert(
    tx: &mut Tx,
    subscription: &StripeSubscriptionId,
    account: &AccountId,
    now: Timestamp,
    next_attempt_at: Timestamp,
) -> Result<()> {
    tx.run(
        "INSERT INTO promised_refunds (stripe_subscription_id, account_id, created_at, next_attempt_at)
         VALUES ($1, $2, $3, $4) ON CONFLICT (stripe_subscription_id) DO NOTHING",
        args![subscription, account, now, next_attempt_at],
    )
    .await?;
    Ok(())
}

/// The account's promise that is not done yet.
pub async fn open_of(q: &mut impl Query, account: &AccountId) -> Result<Option<StripeSubscriptionId>> {
    let sql = "SELECT stripe_subscription_id FROM promised_refunds WHERE account_id = $1 AND done_at IS NULL";
    Ok(q.opt::<(StripeSubscriptionId,)>(sql, args![account]).await?.map(|row| row.0))
}

/// Promises that are due, oldest first.
pub async fn due(q: &mut impl Query, now: Timestamp, limit: i64) -> Result<Vec<StripeSubscriptionId>> {
    let sql = "SELECT stripe_subscription_id FROM promised_refunds
         WHERE done_at IS NULL AND next_attempt_at <= $1 ORDER BY next_attempt_at LIMIT $2";
    Ok(q.all::<(StripeSubscriptionId,)>(sql, args![now, limit]).await?.into_iter().map(|row| row.0).collect())
}

pub async fn postpone(tx: &mut Tx, subscription: &StripeSubscriptionId, until: Timestamp) -> Result<()> {
    let sql = "UPDATE promised_refunds SET next_attempt_at = $2 WHERE stripe_subscription_id = $1";
    tx.run(sql, args![subscription, until]).await?;
    Ok(())
}

pub async fn done(tx: &mut Tx, subscription: &StripeSubscriptionId, now: Timestamp) -> Result<()> {
    let sql = "UPDATE promised_refunds SET done_at = $2 WHERE stripe_subscription_id = $1";
    tx.run(sql, args![subscription, now]).await?;
    Ok(())
}
