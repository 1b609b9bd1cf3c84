//! Subscriptions that are to end at once with their money given back, until both are done.

use crate::args;
use crate::db::{Query, Result, Tx, built};
use domain::ids::{AccountId, StripeSubscriptionId};
use domain::subscription::{By, Cause};
use domain::time::Timestamp;

crate::row! {
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Promise {
        stripe_subscription_id: StripeSubscriptionId,
        account_id: AccountId,
        /// Minor units; `None` is everything that was paid.
        amount: Option<i64>,
        cause: Cause,
        actor: Option<String>,
    }
}

const COLUMNS: &str = "stripe_subscription_id, account_id, amount, cause, actor";

impl Promise {
    pub fn by(&self) -> By {
        By { cause: self.cause, actor: self.actor.clone() }
    }
}

/// Writes the promise; one that is there already stays.
pub async fn insert(
    tx: &mut Tx,
    promise: &Promise,
    now: Timestamp,
    next_attempt_at: Timestamp,
) -> Result<()> {
    tx.run(
        "INSERT INTO promised_refunds (stripe_subscription_id, account_id, amount, cause, actor, created_at,
             next_attempt_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (stripe_subscription_id) DO NOTHING",
        args![
            &promise.stripe_subscription_id,
            &promise.account_id,
            promise.amount,
            promise.cause,
            promise.actor.clone(),
            now,
            next_attempt_at
        ],
    )
    .await?;
    Ok(())
}

/// The account's promise that is not done yet.
pub async fn open_of(q: &mut impl Query, account: &AccountId) -> Result<Option<Promise>> {
    let sql =
        built(format!("SELECT {COLUMNS} FROM promised_refunds WHERE account_id = $1 AND done_at IS NULL"));
    q.opt(sql, args![account]).await
}

/// The promise of this subscription, done or not.
pub async fn of(q: &mut impl Query, subscription: &StripeSubscriptionId) -> Result<Option<Promise>> {
    let sql = built(format!("SELECT {COLUMNS} FROM promised_refunds WHERE stripe_subscription_id = $1"));
    q.opt(sql, args![subscription]).await
}

/// Whether a member of this account has had the money of a subscription back before.
pub async fn given_before(q: &mut impl Query, account: &AccountId) -> Result<bool> {
    let sql = "SELECT stripe_subscription_id FROM promised_refunds
         WHERE account_id = $1 AND cause = 'member' AND refunded > 0 LIMIT 1";
    Ok(q.opt::<(StripeSubscriptionId,)>(sql, args![account]).await?.is_some())
}

/// Promises that are due, oldest first.
pub async fn due(q: &mut impl Query, now: Timestamp, limit: i64) -> Result<Vec<Promise>> {
    let sql = built(format!(
        "SELECT {COLUMNS} FROM promised_refunds
         WHERE done_at IS NULL AND next_attempt_at <= $1 ORDER BY next_attempt_at LIMIT $2"
    ));
    q.all(sql, args![now, limit]).await
}

crate::row! {
    /// A promise that was made long ago and is not kept.
    #[derive(Debug, Clone)]
    pub struct Overdue {
        stripe_subscription_id: StripeSubscriptionId,
        account_id: AccountId,
        created_at: Timestamp,
    }
}

/// Made before `before`, and not done.
pub async fn overdue(q: &mut impl Query, before: Timestamp) -> Result<Vec<Overdue>> {
    let sql = "SELECT stripe_subscription_id, account_id, created_at FROM promised_refunds
         WHERE done_at IS NULL AND created_at < $1 ORDER BY created_at";
    q.all(sql, args![before]).await
}

/// Makes every promise that is not kept due now.
pub async fn hurry(tx: &mut Tx, now: Timestamp) -> Result<()> {
    let sql =
        "UPDATE promised_refunds SET next_attempt_at = $1 WHERE done_at IS NULL AND next_attempt_at > $1";
    tx.run(sql, args![now]).await?;
    Ok(())
}

pub async fn postpone(tx: &mut Tx, subscription: &StripeSubscriptionId, until: Timestamp) -> Result<()> {
    let sql = "UPDATE promised_refunds SET next_attempt_at = $2 WHERE stripe_subscription_id = $1";
    tx.run(sql, args![subscription, until]).await?;
    Ok(())
}

/// Notes what has gone back, before the subscription is ended.
pub async fn refunded(tx: &mut Tx, subscription: &StripeSubscriptionId, amount: i64) -> Result<()> {
    let sql = "UPDATE promised_refunds SET refunded = $2 WHERE stripe_subscription_id = $1";
    tx.run(sql, args![subscription, amount]).await?;
    Ok(())
}

/// What has gone back for the end of this subscription; `None` where nothing was promised, or not yet given.
pub async fn refunded_of(q: &mut impl Query, subscription: &StripeSubscriptionId) -> Result<Option<i64>> {
    let sql = "SELECT refunded FROM promised_refunds WHERE stripe_subscription_id = $1";
    Ok(q.opt::<(Option<i64>,)>(sql, args![subscription]).await?.and_then(|row| row.0))
}

pub async fn done(tx: &mut Tx, subscription: &StripeSubscriptionId, now: Timestamp) -> Result<()> {
    let sql = "UPDATE promised_refunds SET done_at = $2 WHERE stripe_subscription_id = $1";
    tx.run(sql, args![subscription, now]).await?;
    Ok(())
}
