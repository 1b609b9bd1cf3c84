//! Wishes for another plan, written before Stripe is asked.

use crate::args;
use crate::db::{FromRow, Query, Result, Row, Tx, built};
use domain::ids::AccountId;
use domain::subscription::{By, Plan, PlanChange};
use domain::time::Timestamp;

const COLUMNS: &str =
    "id, account_id, stripe_subscription_id, request_key, state, tier_slug, billing_period, quote_id,
    due_today, request, cause, actor, created_at, updated_at";

struct Stored(PlanChange);

impl FromRow for Stored {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self(PlanChange {
            id: row.get("id")?,
            account: row.get("account_id")?,
            subscription: row.get("stripe_subscription_id")?,
            request_key: row.get("request_key")?,
            state: row.get("state")?,
            to: Plan { tier: row.get("tier_slug")?, billing_period: row.get("billing_period")? },
            quote: row.get("quote_id")?,
            due_today: row.get("due_today")?,
            request: row.get("request")?,
            by: By { cause: row.get("cause")?, actor: row.get("actor")? },
            created_at: row.get("created_at")?,
            updated_at: row.get("updated_at")?,
        }))
    }
}

async fn first(q: &mut impl Query, filter: &str, args: Vec<crate::db::Val>) -> Result<Option<PlanChange>> {
    let sql = built(format!("SELECT {COLUMNS} FROM plan_changes WHERE {filter}"));
    Ok(q.opt::<Stored>(sql, args).await?.map(|stored| stored.0))
}

/// The one that was made under this request of the member.
pub async fn by_request(
    q: &mut impl Query,
    account: &AccountId,
    request_key: &str,
) -> Result<Option<PlanChange>> {
    first(q, "account_id = $1 AND request_key = $2", args![account, request_key]).await
}

/// The one that keeps others out. There is at most one.
pub async fn open(q: &mut impl Query, account: &AccountId) -> Result<Option<PlanChange>> {
    first(q, "account_id = $1 AND state IN ('calling', 'unclear', 'settling')", args![account]).await
}

/// Those of the account that wait for the member to confirm a payment, oldest first.
pub async fn confirming(q: &mut impl Query, account: &AccountId) -> Result<Vec<PlanChange>> {
    let sql = built(format!(
        "SELECT {COLUMNS} FROM plan_changes WHERE account_id = $1 AND state = 'confirming' ORDER BY created_at, id"
    ));
    Ok(q.all::<Stored>(sql, args![account]).await?.into_iter().map(|stored| stored.0).collect())
}

/// Those whose outcome has been unknown since `before`, and those that have waited for a payment since
/// `waiting`, oldest first.
pub async fn stuck(
    q: &mut impl Query,
    before: Timestamp,
    waiting: Timestamp,
    limit: i64,
) -> Result<Vec<PlanChange>> {
    let sql = built(format!(
        "SELECT {COLUMNS} FROM plan_changes
         WHERE (state IN ('calling', 'unclear', 'settling') AND updated_at < $1)
            OR (state = 'confirming' AND updated_at < $2)
         ORDER BY updated_at LIMIT $3"
    ));
    Ok(q.all::<Stored>(sql, args![before, waiting, limit])
        .await?
        .into_iter()
        .map(|stored| stored.0)
        .collect())
}

pub async fn insert(tx: &mut Tx, change: &PlanChange) -> Result<()> {
    tx.run_one(
        "INSERT INTO plan_changes (id, account_id, stripe_subscription_id, request_key, state, tier_slug,
             billing_period, quote_id, due_today, request, cause, actor, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        args![
            &change.id,
            &change.account,
            &change.subscription,
            &change.request_key,
            change.state,
            &change.to.tier,
            change.to.billing_period,
            change.quote.as_ref(),
            change.due_today,
            change.request.clone(),
            change.by.cause,
            change.by.actor.clone(),
            change.created_at,
            change.updated_at
        ],
    )
    .await
}

/// Writes where it stands now, if nobody has touched it since it was read as `seen`. Answers it as it is then;
/// `None` when another call or the settling worker was faster.
pub async fn advance(
    tx: &mut Tx,
    seen: &PlanChange,
    to: PlanChange,
    now: Timestamp,
) -> Result<Option<PlanChange>> {
    // Strictly later than before, so that every write can be told from the one before it.
    let updated_at = now.max(seen.updated_at.plus(1));
    let changed = tx
        .run(
            "UPDATE plan_changes SET state = $4, request_key = $5, tier_slug = $6, billing_period = $7,
                 quote_id = $8, due_today = $9, request = $10, updated_at = $11
             WHERE id = $1 AND state = $2 AND updated_at = $3",
            args![
                &seen.id,
                seen.state,
                seen.updated_at,
                to.state,
                &to.request_key,
                &to.to.tier,
                to.to.billing_period,
                to.quote.as_ref(),
                to.due_today,
                to.request.clone(),
                updated_at
            ],
        )
        .await?;
    Ok((changed == 1).then_some(PlanChange { updated_at, ..to }))
}

/// Forgets one that changed nothing, so that its key may try again. False when it was touched since.
pub async fn delete(tx: &mut Tx, seen: &PlanChange) -> Result<bool> {
    let sql = "DELETE FROM plan_changes WHERE id = $1 AND state = $2 AND updated_at = $3";
    Ok(tx.run(sql, args![&seen.id, seen.state, seen.updated_at]).await? == 1)
}
