//! Token balances and their history.

use crate::args;
use crate::db::{FromRow, Query, Result, Row, Rows, Tx, Type, Writes};
use domain::ids::{AccountId, TokenPurchaseId, TokenTransactionId};
use domain::time::Timestamp;
use domain::usage::Spent;
use ledger::{Balance, Posting};

struct Stored(Balance);

impl FromRow for Stored {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self(Balance {
            available: row.get("available")?,
            held: row.get("held")?,
            debt: row.get("debt")?,
            spent: row.get("spent")?,
            purchased: row.get("purchased")?,
        }))
    }
}

/// The account's balance; all zero while it has no row. To decide on it, hold the account's lock.
pub async fn balance(q: &mut impl Query, account: &AccountId) -> Result<Balance> {
    let sql = "SELECT available, held, debt, spent, purchased FROM user_token_balances WHERE account_id = $1";
    Ok(q.opt::<Stored>(sql, args![account]).await?.map(|stored| stored.0).unwrap_or_default())
}

/// Of the table `b` in a join.
pub(crate) const COLUMNS_OF_B: &str = "b.available, b.held, b.debt, b.spent, b.purchased";

/// What such a join has found; all zero where it has found nothing.
pub(crate) fn joined(row: &Row<'_>) -> Result<Balance> {
    match row.get::<Option<i64>>("available")? {
        Some(_) => Ok(Stored::from_row(row)?.0),
        None => Ok(Balance::default()),
    }
}

/// Writes the balance. The caller holds the account's lock.
pub async fn save_balance(tx: &mut Tx, account: &AccountId, balance: &Balance, now: Timestamp) -> Result<()> {
    tx.run_one(
        "INSERT INTO user_token_balances (account_id, available, held, debt, spent, purchased, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (account_id) DO UPDATE SET available = excluded.available, held = excluded.held,
             debt = excluded.debt, spent = excluded.spent, purchased = excluded.purchased,
             updated_at = excluded.updated_at",
        args![account, balance.available, balance.held, balance.debt, balance.spent, balance.purchased, now],
    )
    .await
}

const BALANCE_ROW: [(&str, Type); 6] = [
    ("account", Type::Text),
    ("available", Type::Int),
    ("held", Type::Int),
    ("debt", Type::Int),
    ("spent", Type::Int),
    ("purchased", Type::Int),
];

/// As [`save_balance`], each account once. They are there: what has no balance spends none.
pub fn save_balances(writes: &mut Writes, balances: &[(&AccountId, Balance)], now: Timestamp) -> Result<()> {
    let rows = balances.iter().map(|(account, balance)| {
        [
            account.as_str().into(),
            balance.available.get().into(),
            balance.held.get().into(),
            balance.debt.get().into(),
            balance.spent.get().into(),
            balance.purchased.get().into(),
        ]
    });
    let sql = "UPDATE user_token_balances SET available = source.available, held = source.held,
             debt = source.debt, spent = source.spent, purchased = source.purchased, updated_at = $1
         $from WHERE user_token_balances.account_id = source.account";
    writes.add_with(sql, &args![now], &Rows::new(&BALANCE_ROW, rows))
}

const SPENT_ROW: [(&str, Type); 6] = [
    ("id", Type::Text),
    ("account", Type::Text),
    ("kind", Type::Text),
    ("tokens", Type::Int),
    ("balance_after", Type::Int),
    ("description", Type::Text),
];

/// Appends what AI requests were paid with.
pub fn append_spent(writes: &mut Writes, spent: &[(&AccountId, &Spent)], now: Timestamp) -> Result<()> {
    let rows = spent.iter().map(|(account, spent)| {
        [
            spent.id.as_str().into(),
            account.as_str().into(),
            spent.posting.kind.as_str().into(),
            spent.posting.delta.into(),
            spent.posting.balance_after.into(),
            spent.feature.as_str().into(),
        ]
    });
    let sql = "INSERT INTO token_transactions
             (id, account_id, kind, tokens, balance_after, description, created_at)
         $values(source.id, source.account, source.kind, source.tokens, source.balance_after, source.description, $1)";
    writes.add_with(sql, &args![now], &Rows::new(&SPENT_ROW, rows))
}

/// A line of history to be written.
#[derive(Debug)]
pub struct NewTransaction<'a> {
    pub id: TokenTransactionId,
    pub account: &'a AccountId,
    pub posting: Posting,
    pub description: &'a str,
    /// The same source moves tokens once (trap 6).
    pub source: Option<&'a str>,
    pub purchase: Option<&'a TokenPurchaseId>,
    pub at: Timestamp,
}

/// Appends a movement; false when its source has moved tokens already, and then nothing was written
/// (trap 7: the insert decides, the balance follows).
pub async fn append(tx: &mut Tx, new: NewTransaction<'_>) -> Result<bool> {
    let changed = tx
        .run(
            "INSERT INTO token_transactions (id, account_id, kind, tokens, balance_after, description, source,
                 purchase_id, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
             ON CONFLICT (kind, source) WHERE source IS NOT NULL DO NOTHING",
            args![
                &new.id,
                new.account,
                new.posting.kind.as_str(),
                new.posting.delta,
                new.posting.balance_after,
                new.description,
                new.source.map(str::to_owned),
                new.purchase,
                new.at
            ],
        )
        .await?;
    Ok(changed == 1)
}

/// How often this purchase has moved tokens.
pub async fn movements_of(q: &mut impl Query, purchase: &TokenPurchaseId) -> Result<i64> {
    let sql = "SELECT COUNT(*) FROM token_transactions WHERE purchase_id = $1";
    Ok(q.one::<(i64,)>(sql, args![purchase]).await?.0)
}

crate::row! {
    #[derive(Debug, Clone)]
    pub struct TokenTransaction {
        id: TokenTransactionId,
        kind: String,
        tokens: i64,
        balance_after: i64,
        description: String,
        created_at: Timestamp,
    }
}

/// Newest first, at most `limit`, those before the id `cursor`.
pub async fn history(
    q: &mut impl Query,
    account: &AccountId,
    cursor: Option<&str>,
    limit: i64,
) -> Result<Vec<TokenTransaction>> {
    match cursor {
        None => {
            q.all(
                "SELECT id, kind, tokens, balance_after, description, created_at FROM token_transactions
                 WHERE account_id = $1 ORDER BY id DESC LIMIT $2",
                args![account, limit],
            )
            .await
        }
        Some(cursor) => {
            q.all(
                "SELECT id, kind, tokens, balance_after, description, created_at FROM token_transactions
                 WHERE account_id = $1 AND id < $3 ORDER BY id DESC LIMIT $2",
                args![account, limit, cursor],
            )
            .await
        }
    }
}
