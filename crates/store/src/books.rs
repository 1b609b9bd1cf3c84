//! The ledger as a whole, for checking it against itself and against what was paid.

use crate::args;
use crate::db::{FromRow, Query, Result, Row};
use domain::reconciliation::{Book, Grant, PurchaseBook};

impl FromRow for Book {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            account: row.get("account_id")?,
            net: row.get("net")?,
            sum: row.get("total")?,
            held: row.get("held")?,
            reserved: row.get("reserved")?,
        })
    }
}

/// Balances, the sums of their transactions, and what open holds reserve of them: only of accounts where they do not
/// agree.
pub async fn unbalanced(q: &mut impl Query) -> Result<Vec<Book>> {
    q.all(
        "SELECT account_id, net, total, held, reserved FROM (
             SELECT a.id AS account_id, COALESCE(b.available + b.held - b.debt, 0) AS net,
                 COALESCE(t.total, 0) AS total, COALESCE(b.held, 0) AS held,
                 COALESCE(h.reserved, 0) AS reserved
             FROM accounts a
             LEFT JOIN user_token_balances b ON b.account_id = a.id
             LEFT JOIN (SELECT account_id, CAST(SUM(tokens) AS BIGINT) AS total FROM token_transactions
                 GROUP BY account_id) t ON t.account_id = a.id
             LEFT JOIN (SELECT account_id, CAST(SUM(tokens) AS BIGINT) AS reserved FROM token_holds
                 WHERE status = 'held' AND source = 'tokens' GROUP BY account_id) h ON h.account_id = a.id
             ) AS books
         WHERE net <> total OR held <> reserved ORDER BY account_id",
        args![],
    )
    .await
}

impl FromRow for PurchaseBook {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            account: row.get("account_id")?,
            purchase: row.get("purchase_id")?,
            status: row.get("status")?,
            payment: row.get("payment")?,
            due: row.get("due")?,
            due_back: row.get("due_back")?,
            grants: row.get("grants")?,
            granted: row.get("granted")?,
            taken: row.get("taken")?,
            source: row.get("source")?,
        })
    }
}

/// Purchases, and what the ledger says of each: only those where it does not say the same. Grants that name no
/// purchase are among them.
pub async fn of_purchases(q: &mut impl Query) -> Result<Vec<PurchaseBook>> {
    q.all(
        "WITH moved AS (
             SELECT account_id, purchase_id,
                 CAST(SUM(CASE WHEN kind = 'purchase' THEN 1 ELSE 0 END) AS BIGINT) AS grants,
                 CAST(SUM(CASE WHEN kind = 'purchase' THEN tokens ELSE 0 END) AS BIGINT) AS granted,
                 CAST(SUM(CASE WHEN kind IN ('refund', 'reversal') THEN -tokens ELSE 0 END) AS BIGINT) AS taken,
                 MAX(CASE WHEN kind = 'purchase' THEN source END) AS source
             FROM token_transactions WHERE purchase_id IS NOT NULL OR kind = 'purchase'
             GROUP BY account_id, purchase_id)
         SELECT p.account_id, p.id AS purchase_id, p.status, p.stripe_payment_intent_id AS payment,
             p.tokens AS due, p.tokens_taken_back AS due_back, COALESCE(m.grants, 0) AS grants,
             COALESCE(m.granted, 0) AS granted, COALESCE(m.taken, 0) AS taken, m.source
         FROM token_purchases p LEFT JOIN moved m ON m.purchase_id = p.id
         WHERE CASE WHEN p.status IN ('completed', 'refunded', 'partially_refunded', 'disputed')
             THEN m.grants IS NULL OR m.grants <> 1 OR m.granted <> p.tokens OR m.source IS NULL
                 OR m.source <> p.stripe_payment_intent_id OR m.taken <> p.tokens_taken_back
                 OR m.account_id <> p.account_id
             ELSE m.purchase_id IS NOT NULL END
         UNION ALL
         SELECT m.account_id, NULL, NULL, NULL, 0, 0, m.grants, m.granted, m.taken, m.source
         FROM moved m WHERE m.purchase_id IS NULL",
        args![],
    )
    .await
}

impl FromRow for Grant {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            account: row.get("account_id")?,
            tokens: row.get("tokens")?,
            named: row.get("named")?,
        })
    }
}

/// Tokens that came without a payment and without an administrator's action that is on record: the source of
/// such a grant is the action's id, alone or before a colon.
pub async fn unnamed_grants(q: &mut impl Query) -> Result<Vec<Grant>> {
    q.all(
        "SELECT t.id, t.account_id, t.tokens, false AS named FROM token_transactions t
         WHERE t.kind IN ('grant', 'adjustment') AND NOT EXISTS (SELECT 1 FROM admin_actions a
             WHERE t.source = a.id OR t.source LIKE a.id || ':%')
         ORDER BY t.id",
        args![],
    )
    .await
}
