//! How much of an allowance was used, and statistics per day.

use crate::args;
use crate::db::{Query, Result, Tx};
use domain::allowance::Window;
use domain::ids::AccountId;
use domain::usage::Label;

/// Units used in the window. To decide on it, hold the account's lock.
pub async fn used(q: &mut impl Query, account: &AccountId, window: &Window) -> Result<i64> {
    let found = q
        .opt::<(i64,)>(
            "SELECT used FROM usage_windows
             WHERE account_id = $1 AND kind = $2 AND scope = $3 AND starts_at = $4",
            args![account, window.kind.as_str(), window.scope(), window.start],
        )
        .await?;
    Ok(found.map_or(0, |(used,)| used))
}

/// Counts one unit. The caller holds the account's lock.
pub async fn use_one(tx: &mut Tx, account: &AccountId, window: &Window) -> Result<()> {
    tx.run_one(
        "INSERT INTO usage_windows (account_id, kind, scope, starts_at, used) VALUES ($1, $2, $3, $4, 1)
         ON CONFLICT (account_id, kind, scope, starts_at) DO UPDATE SET used = usage_windows.used + 1",
        args![account, window.kind.as_str(), window.scope(), window.start],
    )
    .await
}

/// Gives one unit back to the window that it was taken from. The caller holds the account's lock.
pub async fn give_one_back(tx: &mut Tx, account: &AccountId, window: &Window) -> Result<()> {
    tx.run_one(
        "UPDATE usage_windows SET used = used - 1
         WHERE account_id = $1 AND kind = $2 AND scope = $3 AND starts_at = $4",
        args![account, window.kind.as_str(), window.scope(), window.start],
    )
    .await
}

/// Adds one admitted request to the statistics of `date` (UTC, `2026-11-22`).
pub async fn count(tx: &mut Tx, account: &AccountId, date: &str, label: &Label, tokens: i64) -> Result<()> {
    tx.run_one(
        "INSERT INTO usage_days (account_id, date, feature, model, ai_requests, tokens)
         VALUES ($1, $2, $3, $4, 1, $5)
         ON CONFLICT (account_id, date, feature, model) DO UPDATE SET
             ai_requests = usage_days.ai_requests + 1, tokens = usage_days.tokens + excluded.tokens",
        args![account, date, label.feature.as_str(), label.model.as_deref().unwrap_or(""), tokens],
    )
    .await
}

crate::row! {
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct UsageDay {
        date: String,
        ai_requests: i64,
        tokens: i64,
    }
}

/// All features together, per day from `since` (inclusive), oldest first; days without use are left out.
pub async fn days(q: &mut impl Query, account: &AccountId, since: &str) -> Result<Vec<UsageDay>> {
    q.all(
        "SELECT date, CAST(SUM(ai_requests) AS BIGINT) AS ai_requests, CAST(SUM(tokens) AS BIGINT) AS tokens
         FROM usage_days WHERE account_id = $1 AND date >= $2 GROUP BY date ORDER BY date",
        args![account, since],
    )
    .await
}
