//! Our own calls that change a subscription, noted before Stripe is asked.

use crate::args;
use crate::db::{Query, Result, Tx};
use domain::ids::{AccountId, StripeSubscriptionId, SubscriptionCallId};
use domain::subscription::{By, Call, Cause};
use domain::time::Timestamp;

/// `subscription` is `None` while it is being made.
pub async fn insert(
    tx: &mut Tx,
    id: &SubscriptionCallId,
    account: &AccountId,
    subscription: Option<&StripeSubscriptionId>,
    call: Call,
    by: &By,
    at: Timestamp,
) -> Result<()> {
    tx.run_one(
        "INSERT INTO subscription_calls (id, account_id, stripe_subscription_id, kind, cause, actor, started_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        args![id, account, subscription, call, by.cause, by.actor.clone(), at],
    )
    .await
}

/// Stripe has answered: the next sync that begins sees what came of it.
pub async fn answered(tx: &mut Tx, id: &SubscriptionCallId, at: Timestamp) -> Result<()> {
    let sql = "UPDATE subscription_calls SET answered_at = $2 WHERE id = $1 AND answered_at IS NULL";
    tx.run(sql, args![id, at]).await?;
    Ok(())
}

crate::row! {
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct OpenCall {
        id: SubscriptionCallId,
        stripe_subscription_id: Option<StripeSubscriptionId>,
        kind: Call,
        cause: Cause,
        actor: Option<String>,
        answered_at: Option<Timestamp>,
    }
}

/// The account's calls whose effect may not have been seen yet, newest first. One that was never answered counts
/// if it began after `since`.
pub async fn open(q: &mut impl Query, account: &AccountId, since: Timestamp) -> Result<Vec<OpenCall>> {
    let sql = "SELECT id, stripe_subscription_id, kind, cause, actor, answered_at FROM subscription_calls
         WHERE account_id = $1 AND closed_at IS NULL AND (answered_at IS NOT NULL OR started_at > $2)
         ORDER BY id DESC";
    q.all(sql, args![account, since]).await
}

pub async fn close(tx: &mut Tx, id: &SubscriptionCallId, at: Timestamp) -> Result<()> {
    let sql = "UPDATE subscription_calls SET closed_at = $2 WHERE id = $1 AND closed_at IS NULL";
    tx.run(sql, args![id, at]).await?;
    Ok(())
}

/// Drops those that began before, whatever became of them: the audit log has what they changed.
pub async fn forget(tx: &mut Tx, before: Timestamp) -> Result<u64> {
    tx.run("DELETE FROM subscription_calls WHERE started_at < $1", args![before]).await
}
