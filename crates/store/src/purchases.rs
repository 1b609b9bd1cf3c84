//! Purchases of token packages.

use crate::args;
use crate::db::{FromRow, Query, Result, Row, Tx, built};
use domain::ids::{AccountId, StripeCustomerId, StripePaymentIntentId};
use domain::money::Money;
use domain::purchase::TokenPurchase;
use domain::time::Timestamp;

const COLUMNS: &str =
    "id, account_id, package_slug, package_name, tokens, amount, currency, status, call_state,
    request_key, request, attempt, stripe_payment_intent_id, refunded_amount, tokens_taken_back, created_at,
    updated_at";

struct Stored(TokenPurchase);

impl FromRow for Stored {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self(TokenPurchase {
            id: row.get("id")?,
            account: row.get("account_id")?,
            package_slug: row.get("package_slug")?,
            package_name: row.get("package_name")?,
            tokens: row.get("tokens")?,
            price: Money { amount: row.get("amount")?, currency: row.get("currency")? },
            status: row.get("status")?,
            call: row.get("call_state")?,
            request_key: row.get("request_key")?,
            request: row.get("request")?,
            attempt: row.get("attempt")?,
            payment_intent: row.get("stripe_payment_intent_id")?,
            refunded_amount: row.get("refunded_amount")?,
            tokens_taken_back: row.get("tokens_taken_back")?,
            created_at: row.get("created_at")?,
            updated_at: row.get("updated_at")?,
        }))
    }
}

async fn first(q: &mut impl Query, filter: &str, args: Vec<crate::db::Val>) -> Result<Option<TokenPurchase>> {
    let sql = built(format!("SELECT {COLUMNS} FROM token_purchases WHERE {filter}"));
    Ok(q.opt::<Stored>(sql, args).await?.map(|stored| stored.0))
}

pub async fn find(q: &mut impl Query, id: &str) -> Result<Option<TokenPurchase>> {
    first(q, "id = $1", args![id]).await
}

/// As [`find`], only if it belongs to the account.
pub async fn of_account(q: &mut impl Query, account: &AccountId, id: &str) -> Result<Option<TokenPurchase>> {
    first(q, "account_id = $1 AND id = $2", args![account, id]).await
}

/// Of the account, newest first, from after the one of this id.
pub async fn list(
    q: &mut impl Query,
    account: &AccountId,
    after: Option<&str>,
    limit: i64,
) -> Result<Vec<TokenPurchase>> {
    let sql = built(format!(
        "SELECT {COLUMNS} FROM token_purchases WHERE account_id = $1 AND (CAST($2 AS TEXT) IS NULL OR id < $2)
         ORDER BY id DESC LIMIT $3"
    ));
    let rows = q.all::<Stored>(sql, args![account, after.map(str::to_owned), limit]).await?;
    Ok(rows.into_iter().map(|stored| stored.0).collect())
}

/// The one that was made under this request of the member.
pub async fn by_request(
    q: &mut impl Query,
    account: &AccountId,
    request_key: &str,
) -> Result<Option<TokenPurchase>> {
    first(q, "account_id = $1 AND request_key = $2", args![account, request_key]).await
}

pub async fn by_payment_intent(
    q: &mut impl Query,
    intent: &StripePaymentIntentId,
) -> Result<Option<TokenPurchase>> {
    first(q, "stripe_payment_intent_id = $1", args![intent]).await
}

/// Payments of this customer's purchases that were neither paid nor given up, the newest ten.
pub async fn undecided(
    q: &mut impl Query,
    customer: &StripeCustomerId,
) -> Result<Vec<StripePaymentIntentId>> {
    let sql = "SELECT p.stripe_payment_intent_id FROM token_purchases p
         JOIN accounts a ON a.id = p.account_id
         WHERE a.stripe_customer_id = $1 AND p.status = 'pending' AND p.call_state = 'settled'
             AND p.stripe_payment_intent_id IS NOT NULL
         ORDER BY p.created_at DESC LIMIT 10";
    Ok(q.all::<(StripePaymentIntentId,)>(sql, args![customer]).await?.into_iter().map(|(id,)| id).collect())
}

/// An earlier purchase of the same package whose outcome is not known yet: a second one must wait.
pub async fn in_flight(
    q: &mut impl Query,
    account: &AccountId,
    package_slug: &str,
) -> Result<Option<TokenPurchase>> {
    first(
        q,
        "account_id = $1 AND package_slug = $2 AND call_state <> 'settled'",
        args![account, package_slug],
    )
    .await
}

/// Those whose outcome has been unknown since `before`, oldest first.
pub async fn stuck(q: &mut impl Query, before: Timestamp, limit: i64) -> Result<Vec<TokenPurchase>> {
    let sql = built(format!(
        "SELECT {COLUMNS} FROM token_purchases
         WHERE call_state <> 'settled' AND updated_at < $1 ORDER BY updated_at LIMIT $2"
    ));
    Ok(q.all::<Stored>(sql, args![before, limit]).await?.into_iter().map(|stored| stored.0).collect())
}

/// Calls that nobody has cleared up since `before`; a try to undo one is none. Oldest first.
pub async fn not_undone(q: &mut impl Query, before: Timestamp, limit: i64) -> Result<Vec<TokenPurchase>> {
    let sql = built(format!(
        "SELECT {COLUMNS} FROM token_purchases
         WHERE call_state <> 'settled' AND (updated_at < $1 OR call_state = 'voiding' AND created_at < $1)
         ORDER BY created_at LIMIT $2"
    ));
    Ok(q.all::<Stored>(sql, args![before, limit]).await?.into_iter().map(|stored| stored.0).collect())
}

/// Those that nobody has tried to pay since `before`, oldest first.
pub async fn unpaid(q: &mut impl Query, before: Timestamp, limit: i64) -> Result<Vec<TokenPurchase>> {
    let sql = built(format!(
        "SELECT {COLUMNS} FROM token_purchases
         WHERE status IN ('pending', 'failed') AND call_state = 'settled' AND updated_at < $1
             AND stripe_payment_intent_id IS NOT NULL
         ORDER BY updated_at LIMIT $2"
    ));
    Ok(q.all::<Stored>(sql, args![before, limit]).await?.into_iter().map(|stored| stored.0).collect())
}

/// What reconciliation looks at: everything since a moment, and what is not decided however old it is.
pub async fn since(q: &mut impl Query, since: Timestamp) -> Result<Vec<TokenPurchase>> {
    let sql = built(format!(
        "SELECT {COLUMNS} FROM token_purchases
         WHERE created_at >= $1 OR status IN ('pending', 'failed') OR call_state <> 'settled'
         ORDER BY created_at"
    ));
    Ok(q.all::<Stored>(sql, args![since]).await?.into_iter().map(|stored| stored.0).collect())
}

pub async fn insert(tx: &mut Tx, purchase: &TokenPurchase) -> Result<()> {
    tx.run_one(
        "INSERT INTO token_purchases (id, account_id, package_slug, package_name, tokens, amount, currency,
             status, call_state, request_key, request, attempt, stripe_payment_intent_id, refunded_amount,
             tokens_taken_back, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)",
        args![
            &purchase.id,
            &purchase.account,
            &purchase.package_slug,
            &purchase.package_name,
            purchase.tokens,
            purchase.price.amount,
            purchase.price.currency,
            purchase.status,
            purchase.call,
            &purchase.request_key,
            purchase.request.clone(),
            purchase.attempt,
            purchase.payment_intent.as_ref(),
            purchase.refunded_amount,
            purchase.tokens_taken_back,
            purchase.created_at,
            purchase.updated_at
        ],
    )
    .await
}

/// Writes what may change of a purchase, if nobody has touched it since it was read as `seen`. Answers it as it
/// is then; `None` when another was faster.
pub async fn advance(
    tx: &mut Tx,
    seen: &TokenPurchase,
    to: TokenPurchase,
    now: Timestamp,
) -> Result<Option<TokenPurchase>> {
    // Strictly later than before, so that every write can be told from the one before it.
    let updated_at = now.max(seen.updated_at.plus(1));
    let changed = tx
        .run(
            "UPDATE token_purchases SET status = $4, call_state = $5, request = $6, attempt = $7,
                 stripe_payment_intent_id = $8, refunded_amount = $9, tokens_taken_back = $10, updated_at = $11
             WHERE id = $1 AND call_state = $2 AND updated_at = $3",
            args![
                &seen.id,
                seen.call,
                seen.updated_at,
                to.status,
                to.call,
                to.request.clone(),
                to.attempt,
                to.payment_intent.as_ref(),
                to.refunded_amount,
                to.tokens_taken_back,
                updated_at
            ],
        )
        .await?;
    Ok((changed == 1).then_some(TokenPurchase { updated_at, ..to }))
}

/// Forgets an attempt that reached nobody, so that its key may try again. False when it was touched since.
pub async fn delete(tx: &mut Tx, seen: &TokenPurchase) -> Result<bool> {
    let sql = "DELETE FROM token_purchases WHERE id = $1 AND call_state = $2 AND updated_at = $3";
    Ok(tx.run(sql, args![&seen.id, seen.call, seen.updated_at]).await? == 1)
}
