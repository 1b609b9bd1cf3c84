//! Wishes to subscribe, written before Stripe is asked.

use crate::args;
use crate::db::{FromRow, Query, Result, Row, Tx, built};
use domain::ids::{AccountId, StripeCustomerId, StripeSubscriptionId};
use domain::subscription::SubscribeIntent;
use domain::time::Timestamp;

const COLUMNS: &str = "id, account_id, request_key, state, tier_slug, billing_period, stripe_price_id, trial,
    stripe_setup_intent_id, stripe_subscription_id, card_fingerprint, request,
    promotion_code, promotion_first_time, created_at, updated_at";

struct Stored(SubscribeIntent);

impl FromRow for Stored {
    fn from_row(row: &Row<'_>) -> Result<Self> {
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
            promotion_code: row.get("promotion_code")?,
            promotion_first_time: row.get::<Option<bool>>("promotion_first_time")?.unwrap_or(false),
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
    first(
        q,
        "account_id = $1 AND state IN ('calling', 'unclear', 'voiding', 'awaiting_setup')",
        args![account],
    )
    .await
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

/// What a call has made cannot be mirrored, because Stripe does not have it or it is none of ours: it is not
/// waited for any longer.
pub async fn give_up(tx: &mut Tx, subscription: &StripeSubscriptionId) -> Result<()> {
    let sql = "UPDATE subscribe_intents SET state = 'voided'
         WHERE stripe_subscription_id = $1 AND state IN ('done', 'failed')";
    tx.run(sql, args![subscription]).await?;
    Ok(())
}

/// Whether a subscription that a call of this account has made is still missing in the mirror.
pub async fn has_unmirrored(q: &mut impl Query, account: &AccountId) -> Result<bool> {
    let sql = "SELECT i.id FROM subscribe_intents i
         LEFT JOIN user_subscriptions s ON s.stripe_subscription_id = i.stripe_subscription_id
         WHERE i.account_id = $1 AND i.state IN ('done', 'failed')
             AND i.stripe_subscription_id IS NOT NULL AND s.id IS NULL LIMIT 1";
    Ok(q.opt::<(String,)>(sql, args![account]).await?.is_some())
}

/// Those whose outcome has been unknown since `before`, oldest first.
pub async fn stuck(q: &mut impl Query, before: Timestamp, limit: i64) -> Result<Vec<SubscribeIntent>> {
    let sql = built(format!(
        "SELECT {COLUMNS} FROM subscribe_intents
         WHERE state IN ('calling', 'unclear', 'voiding') AND updated_at < $1 ORDER BY updated_at LIMIT $2"
    ));
    Ok(q.all::<Stored>(sql, args![before, limit]).await?.into_iter().map(|stored| stored.0).collect())
}

/// Calls that nobody has cleared up since `before`; a try to undo one is none. Oldest first.
pub async fn not_undone(q: &mut impl Query, before: Timestamp, limit: i64) -> Result<Vec<SubscribeIntent>> {
    let sql = built(format!(
        "SELECT {COLUMNS} FROM subscribe_intents
         WHERE state IN ('calling', 'unclear', 'voiding')
             AND (updated_at < $1 OR state = 'voiding' AND created_at < $1)
         ORDER BY created_at LIMIT $2"
    ));
    Ok(q.all::<Stored>(sql, args![before, limit]).await?.into_iter().map(|stored| stored.0).collect())
}

pub async fn insert(tx: &mut Tx, intent: &SubscribeIntent) -> Result<()> {
    tx.run_one(
        "INSERT INTO subscribe_intents (id, account_id, request_key, state, tier_slug, billing_period,
             stripe_price_id, trial, stripe_setup_intent_id, stripe_subscription_id, card_fingerprint, request,
             promotion_code, promotion_first_time, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
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
            intent.promotion_code.clone(),
            first_time(intent),
            intent.created_at,
            intent.updated_at
        ],
    )
    .await
}

/// NULL without a code.
fn first_time(intent: &SubscribeIntent) -> Option<bool> {
    intent.promotion_code.as_ref().map(|_| intent.promotion_first_time)
}

/// Writes where the intent stands now, if nobody has touched it since it was read as `seen`. Answers it as it
/// is then; `None` when another call or the voiding worker was faster.
pub async fn advance(
    tx: &mut Tx,
    seen: &SubscribeIntent,
    to: SubscribeIntent,
    now: Timestamp,
) -> Result<Option<SubscribeIntent>> {
    // Strictly later than before, so that every write can be told from the one before it.
    let updated_at = now.max(seen.updated_at.plus(1));
    let changed = tx
        .run(
            "UPDATE subscribe_intents SET state = $4, request_key = $5, stripe_setup_intent_id = $6,
                 stripe_subscription_id = $7, card_fingerprint = $8, request = $9, updated_at = $10,
                 promotion_first_time = $11
             WHERE id = $1 AND state = $2 AND updated_at = $3",
            args![
                &seen.id,
                seen.state,
                seen.updated_at,
                to.state,
                &to.request_key,
                to.setup_intent.as_ref(),
                to.subscription.as_ref(),
                to.card_fingerprint.clone(),
                to.request.clone(),
                updated_at,
                first_time(&to)
            ],
        )
        .await?;
    Ok((changed == 1).then_some(SubscribeIntent { updated_at, ..to }))
}

/// Forgets an attempt that made nothing, so that its key may try again. False when it was touched since.
pub async fn delete(tx: &mut Tx, seen: &SubscribeIntent) -> Result<bool> {
    let sql = "DELETE FROM subscribe_intents WHERE id = $1 AND state = $2 AND updated_at = $3";
    Ok(tx.run(sql, args![&seen.id, seen.state, seen.updated_at]).await? == 1)
}
