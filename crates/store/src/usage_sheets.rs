//! What a batch of AI requests has to know of its accounts and of its keys, in one statement.

use crate::args;
use crate::db::{FromRow, Query, Result, Row, Type, built, json};
use crate::idempotency_keys::Kept;
use crate::standings::{self, Facts};
use crate::tokens;
use domain::allowance::Window;
use domain::ids::AccountId;
use domain::time::Timestamp;
use ledger::Balance;
use serde::Serialize;

/// An account that is asked about.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    pub account: &'a AccountId,
    /// Whose use is wanted, as far as one can guess it.
    pub window: Option<&'a Window>,
}

/// How an account stands.
#[derive(Debug)]
pub struct Standing {
    pub account: AccountId,
    pub facts: Facts,
    /// Its owner was deleted.
    pub is_gone: bool,
    pub balance: Balance,
    /// Units of the window that was asked about.
    pub used: i64,
    /// Units of allowances that holds have and that may still come back, of all windows.
    pub open_units: i64,
}

#[derive(Serialize)]
struct WantedRow<'a> {
    account: &'a AccountId,
    kind: Option<&'static str>,
    scope: Option<&'a str>,
    starts_at: Option<i64>,
}

const WANTED_ROW: [(&str, Type); 4] =
    [("account", Type::Text), ("kind", Type::Text), ("scope", Type::Text), ("starts_at", Type::Int)];

#[derive(Serialize)]
struct KeyRow<'a> {
    scope: &'a str,
    key: &'a str,
}

const KEY_ROW: [(&str, Type); 2] = [("scope", Type::Text), ("key", Type::Text)];

/// One of both: what is asked about keys comes with the accounts, so that it is one statement.
enum Line {
    Account(Box<Standing>),
    Key(Kept),
}

impl FromRow for Line {
    fn from_row(row: &Row) -> Result<Self> {
        let Some(account) = row.get("account")? else { return Kept::from_row(row).map(Self::Key) };
        Ok(Self::Account(Box::new(Standing {
            account,
            facts: Facts::from_row(row)?,
            is_gone: row.get("is_gone")?,
            balance: tokens::joined(row)?,
            used: row.get("used")?,
            open_units: row.get("open_units")?,
        })))
    }
}

/// Accounts that are not there are left out, and so are keys (scope and key) under which nothing is kept at `now`. To decide
/// on it, hold the accounts' locks: whoever else writes under one of these keys waits for one of them.
pub async fn read(
    q: &mut impl Query,
    wanted: &[Wanted<'_>],
    keys: &[(&str, &str)],
    now: Timestamp,
) -> Result<(Vec<Standing>, Vec<Kept>)> {
    let accounts: Vec<_> = wanted
        .iter()
        .map(|Wanted { account, window }| WantedRow {
            account,
            kind: window.map(|window| window.kind.as_str()),
            scope: window.map(Window::scope),
            starts_at: window.map(|window| window.start.0),
        })
        .collect();
    let keys: Vec<_> = keys.iter().map(|&(scope, key)| KeyRow { scope, key }).collect();
    let sql = format!(
        "SELECT a.id AS account, {facts}, u.deleted_at IS NOT NULL AS is_gone, {balance},
             COALESCE(w.used, 0) AS used,
             (SELECT COUNT(*) FROM token_holds h
              WHERE h.account_id = a.id AND h.status = 'held' AND h.source = 'allowance') AS open_units,
             NULL AS scope, NULL AS idempotency_key, NULL AS request_hash, NULL AS body
         FROM {accounts} JOIN accounts a ON a.id = source.account JOIN users u ON u.id = a.owner_user_id
         {facts_joined}
         LEFT JOIN user_token_balances b ON b.account_id = a.id
         LEFT JOIN usage_windows w ON w.account_id = a.id AND w.kind = source.kind AND w.scope = source.scope
             AND w.starts_at = source.starts_at
         UNION ALL
         SELECT NULL, {no_facts}, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
             k.scope, k.idempotency_key, k.request_hash, k.body
         FROM {keys} JOIN idempotency_keys k ON k.scope = source.scope AND k.idempotency_key = source.key
         WHERE k.expires_at > $3",
        facts = standings::facts_columns(),
        no_facts = vec!["NULL"; standings::facts_columns().split(',').count()].join(", "),
        facts_joined = standings::FACTS_JOINED,
        balance = tokens::COLUMNS_OF_B,
        accounts = q.rows(&WANTED_ROW),
        keys = q.rows_of(2, &KEY_ROW),
    );
    let lines = q.all(built(sql), args![json(&accounts)?, json(&keys)?, now]).await?;
    let (mut standings, mut kept) = (Vec::new(), Vec::new());
    for line in lines {
        match line {
            Line::Account(standing) => standings.push(*standing),
            Line::Key(key) => kept.push(key),
        }
    }
    Ok((standings, kept))
}
