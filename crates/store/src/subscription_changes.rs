//! The audit log of what happened to subscriptions. Append-only.

use crate::args;
use crate::db::{Query, Result, Tx};
use domain::ids::{AccountId, StripeEventId, SubscriptionChangeId, UserSubscriptionId};
use domain::money::Money;
use domain::subscription::{By, Change, Plan, Status};
use domain::time::Timestamp;

/// What a subscription is for and costs, on one side of a change.
#[derive(Debug, Clone, Copy)]
pub struct Side<'a> {
    pub plan: &'a Plan,
    pub status: Status,
    /// Per period, before discounts and tax.
    pub amount: Money,
}

/// One entry to be written.
#[derive(Debug)]
pub struct NewChange<'a> {
    pub id: SubscriptionChangeId,
    pub account: &'a AccountId,
    pub subscription: &'a UserSubscriptionId,
    pub change: Change,
    pub from: Option<Side<'a>>,
    pub to: Side<'a>,
    pub by: &'a By,
    /// The event that told of it, where no call of ours could have made it.
    pub event: Option<&'a StripeEventId>,
    /// Minor units that it has cost at once, negative for what was given back; `None`: not known.
    pub charged: Option<i64>,
    pub at: Timestamp,
}

pub async fn append(tx: &mut Tx, change: NewChange<'_>) -> Result<()> {
    let NewChange { from, to, .. } = change;
    tx.run_one(
        "INSERT INTO subscription_changes (id, account_id, user_subscription_id, kind, from_tier, to_tier,
             from_status, to_status, from_period, to_period, from_amount, to_amount, currency, cause, actor,
             stripe_event_id, charged, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)",
        args![
            &change.id,
            change.account,
            change.subscription,
            change.change.as_str(),
            from.map(|from| &from.plan.tier),
            &to.plan.tier,
            from.map(|from| from.status),
            to.status,
            from.map(|from| from.plan.billing_period),
            to.plan.billing_period,
            from.map(|from| from.amount.amount),
            to.amount.amount,
            to.amount.currency,
            change.by.cause,
            change.by.actor.clone(),
            change.event,
            change.charged,
            change.at
        ],
    )
    .await
}

crate::row! {
    #[derive(Debug, Clone)]
    pub struct SubscriptionChange {
        id: SubscriptionChangeId,
        user_subscription_id: UserSubscriptionId,
        kind: String,
        from_tier: Option<String>,
        to_tier: String,
        from_status: Option<String>,
        to_status: String,
        from_period: Option<String>,
        to_period: Option<String>,
        from_amount: Option<i64>,
        to_amount: Option<i64>,
        currency: Option<String>,
        /// `member`, `admin`, `stripe` or `reconcile`; entries of earlier versions have an event's id.
        cause: String,
        actor: Option<String>,
        stripe_event_id: Option<String>,
        charged: Option<i64>,
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
        "SELECT id, user_subscription_id, kind, from_tier, to_tier, from_status, to_status, from_period,
             to_period, from_amount, to_amount, currency, cause, actor, stripe_event_id, charged, created_at
         FROM subscription_changes
         WHERE account_id = $1 AND ($2 IS NULL OR id < $2)
         ORDER BY id DESC LIMIT $3",
        args![account, cursor.map(str::to_owned), limit],
    )
    .await
}
