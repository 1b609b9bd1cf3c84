//! How much of an allowance was used, and statistics per day.

use crate::args;
use crate::db::{Cell, Query, Result, Rows, Type, Writes};
use domain::allowance::Window;
use domain::catalog::WindowKind;
use domain::ids::AccountId;
use domain::time::Timestamp;
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

const WINDOW_ROW: [(&str, Type); 5] = [
    ("account", Type::Text),
    ("kind", Type::Text),
    ("scope", Type::Text),
    ("starts_at", Type::Int),
    ("units", Type::Int),
];

fn window_row<'a>(account: &'a AccountId, window: &'a Window, units: i64) -> [Cell<'a>; 5] {
    [
        account.as_str().into(),
        window.kind.as_str().into(),
        window.scope().into(),
        window.start.0.into(),
        units.into(),
    ]
}

crate::row! {
    /// Units of a window of an account.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Units {
        account_id: AccountId,
        kind: WindowKind,
        scope: String,
        starts_at: Timestamp,
        units: i64,
    }
}

impl Units {
    pub fn are_of(&self, window: &Window) -> bool {
        (self.kind, self.starts_at) == (window.kind, window.start) && self.scope == window.scope()
    }
}

/// Units used in each of the windows; those of which none was used are left out. To decide on it, hold the accounts' locks.
pub async fn used_in(q: &mut impl Query, windows: &[(&AccountId, &Window)]) -> Result<Vec<Units>> {
    let rows = windows.iter().map(|(account, window)| window_row(account, window, 0));
    let sql = "SELECT w.account_id, w.kind, w.scope, w.starts_at, w.used AS units
         FROM $rows JOIN usage_windows AS w ON w.account_id = source.account AND w.kind = source.kind
             AND w.scope = source.scope AND w.starts_at = source.starts_at";
    q.all_with(sql, args![], &Rows::new(&WINDOW_ROW, rows)).await
}

/// Writes how many units are used by now. Each window once. The caller holds the accounts' locks.
pub fn save(writes: &mut Writes, units: &[(&AccountId, &Window, i64)]) -> Result<()> {
    let rows = units.iter().map(|(account, window, units)| window_row(account, window, *units));
    let sql = "INSERT INTO usage_windows (account_id, kind, scope, starts_at, used)
         $values(source.account, source.kind, source.scope, source.starts_at, source.units)
         ON CONFLICT (account_id, kind, scope, starts_at) DO UPDATE SET used = excluded.used";
    writes.add_with(sql, &args![], &Rows::new(&WINDOW_ROW, rows))
}

const DAY_ROW: [(&str, Type); 5] = [
    ("account", Type::Text),
    ("feature", Type::Text),
    ("model", Type::Text),
    ("requests", Type::Int),
    ("tokens", Type::Int),
];

/// Adds admitted requests and their tokens to the statistics of `date` (UTC, `2026-11-22`). Each label of an account once.
pub fn count(writes: &mut Writes, date: &str, used: &[(&AccountId, &Label, i64, i64)]) -> Result<()> {
    let rows = used.iter().map(|&(account, label, requests, tokens)| {
        [
            account.as_str().into(),
            label.feature.as_str().into(),
            label.model.as_deref().unwrap_or_default().into(),
            requests.into(),
            tokens.into(),
        ]
    });
    let sql = "INSERT INTO usage_days (account_id, date, feature, model, ai_requests, tokens)
         $values(source.account, $1, source.feature, source.model, source.requests, source.tokens)
         ON CONFLICT (account_id, date, feature, model) DO UPDATE SET
             ai_requests = usage_days.ai_requests + excluded.ai_requests,
             tokens = usage_days.tokens + excluded.tokens";
    writes.add_with(sql, &args![date], &Rows::new(&DAY_ROW, rows))
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
