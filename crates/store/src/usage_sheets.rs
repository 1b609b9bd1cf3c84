//! What a batch of AI requests has to know of all its accounts, in one statement.

use crate::args;
use crate::db::{FromRow, Query, Result, Row, Rows, Type};
use crate::standings::{self, Facts};
use crate::tokens;
use domain::allowance::Window;
use domain::ids::AccountId;
use ledger::Balance;
use std::sync::LazyLock;

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

const WANTED_ROW: [(&str, Type); 4] =
    [("account", Type::Text), ("kind", Type::Text), ("scope", Type::Text), ("starts_at", Type::Int)];

impl FromRow for Standing {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            account: row.get("account")?,
            facts: Facts::from_row(row)?,
            is_gone: row.get("is_gone")?,
            balance: tokens::joined(row)?,
            used: row.get("used")?,
            open_units: row.get("open_units")?,
        })
    }
}

/// Accounts that are not there are left out. To decide on it, hold the accounts' locks.
pub async fn read(q: &mut impl Query, wanted: &[Wanted<'_>]) -> Result<Vec<Standing>> {
    let accounts = wanted.iter().map(|Wanted { account, window }| {
        [
            account.as_str().into(),
            window.map(|window| window.kind.as_str()).into(),
            window.map(Window::scope).into(),
            window.map(|window| window.start.0).into(),
        ]
    });
    q.all_with(&READ, args![], &Rows::new(&WANTED_ROW, accounts)).await
}

// A window is joined by `source` alone: by `a.id`, PostgreSQL may read every window that the account ever had, and choose
// afterwards.
static READ: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT a.id AS account, {facts}, u.deleted_at IS NOT NULL AS is_gone, {balance},
             COALESCE(w.used, 0) AS used,
             (SELECT COUNT(*) FROM token_holds h
              WHERE h.account_id = a.id AND h.status = 'held' AND h.source = 'allowance') AS open_units
         FROM $rows JOIN accounts a ON a.id = source.account JOIN users u ON u.id = a.owner_user_id
         {facts_joined}
         LEFT JOIN user_token_balances b ON b.account_id = a.id
         LEFT JOIN usage_windows w ON w.account_id = source.account AND w.kind = source.kind AND w.scope = source.scope
             AND w.starts_at = source.starts_at",
        facts = standings::facts_columns(),
        facts_joined = standings::FACTS_JOINED,
        balance = tokens::COLUMNS_OF_B,
    )
});
