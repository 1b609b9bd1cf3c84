//! Wishes to subscribe, written before Stripe is asked.

use crate::args;
use crate::db::{FromRow, Query, Result, Row, Tx, built};
use domain::ids::{AccountId, StripeCustomerId, StripeSubscriptionId, SubscribeIntentId};
use domain::subscription::SubscribeIntent;
use domain::subscription::intent::State;
use domain::time::Timestamp;

const COLUMNS: &str = "id, account_id, request_key, state, tier_slug, billing_period, stripe_price_id, trial,
    stripe_setup_intent_id, stripe_subscription_id, card_fingerprint, request, created_at, updated_at";

struct Stored(SubscribeIntent);

impl FromRow for Stored {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self(SubscribeIntent {
            id: row.get("id")?,
            account: row.get("account_id")?,
            request_key: row.get("request_key")?,
            state: row.get("state")?,
            tier: row.get("tier_slug")?,
            billing_period: row.get("billing_period")?,
            price: row.get("stripe_price_id")?,
            trial: row.get("trial")?,
            setup_intent: row.get("stripe_setup_intent_id")?,
            subscription: row.get("stripe_subscription_id")?,
            card_fingerprint: row.get("card_fingerprint")?,
            request: row.get("request")?,
            created_at: row.get("created_at")?,
            updated_at: row.get("updated_at")?,
        }))
    }
}

async fn first(
    q: &mut impl Query,
    filter: &str,
    args: Vec<crate::db::Val>,
) -> Result<Option<SubscribeIntent>> {
    let sql = built(format!("SELECT {COLUMNS} FROM subscribe_intents WHERE {filter}"));
    Ok(q.opt::<Stored>(sql, args).await?.map(|stored| stored.0))
}

pub async fn find(q: &mut impl Query, id: &str) -> Result<Option<SubscribeIntent>> {
    first(q, "id = $1", args![id]).await
}

/// The one that was made under this request of the member.
pub async fn by_request(
    q: &mut impl Query,
    account: &AccountId,
    request_key: &str,
) -> Result<Option<SubscribeIntent>> {
    first(q, "account_id = $1 AND request_key = $2", args![account, request_key]).await
}

/// The one that is not finished. There is at most one.
pub async fn open(q: &mut impl Query, account: &AccountId) -> Result<Option<SubscribeIntent>> {
    first(q, "account_id = $1 AND state IN ('calling', 'unclear', 'awaiting_setup')", args![account]).await
}

/// Subscriptions that our calls have made for this customer and that the mirror does not have yet.
pub async fn unmirrored(
    q: &mut impl Query,
    customer: &StripeCustomerId,
) -> Result<Vec<StripeSubscriptionId>> {
    let sql = "SELECT i.stripe_subscription_id FROM subscribe_intents i
         JOIN accounts a ON a.id = i.account_id
         LEFT JOIN user_subscriptions s ON s.stripe_subscription_id = i.stripe_subscription_id
         WHERE a.stripe_customer_id = $1 AND i.state IN ('done', 'failed')
             AND i.stripe_subscription_id IS NOT NULL AND s.id IS NULL";
    Ok(q.all::<(StripeSubscriptionId,)>(sql, args![customer]).await?.into_iter().map(|(id,)| id).collect())
}

/// Those whose outcome has been unknown since `before`, oldest first.
pub async fn stuck(q: &mut impl Query, before: Timestamp, limit: i64) -> Result<Vec<SubscribeIntent>> {
    let sql = built(format!(
        "SELECT {COLUMNS} FROM subscribe_intents
         WHERE state IN ('calling', 'unclear') AND updated_at < $1 ORDER BY updated_at LIMIT $2"
    ));
    Ok(q.all::<Stored>(sql, args![before, limit]).await?.into_iter().map(|stored| stored.0).collect())
}

pub async fn insert(tx: &mut Tx, intent: &SubscribeIntent) -> Result<()> {
    tx.run_one(
        "INSERT INTO subscribe_intents (id, account_id, request_key, state, tier_slug, billing_period,
             stripe_price_id, trial, stripe_setup_intent_id, stripe_subscription_id, card_fingerprint, request,
             created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        args![
            &intent.id,
            &intent.account,
            &intent.request_key,
            intent.state,
            &intent.tier,
            intent.billing_period,
            &intent.price,
            intent.trial,
            intent.setup_intent.as_ref(),
            intent.subscription.as_ref(),
            intent.card_fingerprint.clone(),
            intent.request.clone(),
            intent.created_at,
            intent.updated_at
        ],
    )
    .await
}

/// Writes where the intent stands now, if it still stands at `from`; false when another call was faster.
pub async fn advance(tx: &mut Tx, intent: &SubscribeIntent, from: State, now: Timestamp) -> Result<bool> {
    let changed = tx
        .run(
            "UPDATE subscribe_intents SET state = $3, request_key = $4, stripe_setup_intent_id = $5,
                 stripe_subscription_id = $6, card_fingerprint = $7, request = $8, updated_at = $9
             WHERE id = $1 AND state = $2",
            args![
                &intent.id,
                from,
                intent.state,
                &intent.request_key,
                intent.setup_intent.as_ref(),
                intent.subscription.as_ref(),
                intent.card_fingerprint.clone(),
                intent.request.clone(),
                now
            ],
        )
        .await?;
    Ok(changed == 1)
}

/// Takes a stuck intent for voiding: bumps its time, so that no other worker takes it for a while. False
/// when another was faster.
pub async fn take_stuck(
    tx: &mut Tx,
    id: &SubscribeIntentId,
    seen: Timestamp,
    now: Timestamp,
) -> Result<bool> {
    let sql = "UPDATE subscribe_intents SET state = 'unclear', updated_at = $3
         WHERE id = $1 AND updated_at = $2 AND state IN ('calling', 'unclear')";
    Ok(tx.run(sql, args![id, seen, now]).await? == 1)
}

/// Forgets an attempt that reached nobody, so that its key may try again.
pub async fn delete(tx: &mut Tx, id: &SubscribeIntentId) -> Result<()> {
    tx.run_one("DELETE FROM subscribe_intents WHERE id = $1 AND state = 'calling'", args![id]).await
}
