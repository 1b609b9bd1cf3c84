//! Accounts: who owns a subscription and a balance, and which Stripe customer that is. One per user now.

use crate::args;
use crate::db::{Dialect, Query, Result, Rows, Tx, Type};
use domain::ids::{AccountId, StripeCustomerId, UserId};
use domain::time::Timestamp;

/// Locks the account's row until the transaction ends: whatever depends on its balance or subscription
/// queues up here. False when there is no such account.
pub async fn lock(tx: &mut Tx, id: &AccountId) -> Result<bool> {
    let sql = tx.locked("SELECT id FROM accounts WHERE id = $1");
    Ok(tx.opt::<(AccountId,)>(sql, args![id]).await?.is_some())
}

/// Some accounts, as rows with an `account`.
pub(crate) fn rows<'a>(accounts: &[&'a AccountId]) -> Rows<'a, 1> {
    Rows::new(&[("account", Type::Text)], accounts.iter().map(|account| [account.as_str().into()]))
}

/// As [`lock`], for several, one after the other as they are given. Whoever locks several gives them sorted: then no two wait for
/// each other.
pub async fn lock_all(tx: &mut Tx, accounts: &[&AccountId]) -> Result<()> {
    if tx.dialect() == Dialect::Sqlite {
        // It has the lock already.
        return Ok(());
    }
    // One after the other as the rows come: PostgreSQL need not sort what it has found.
    let sql = "SELECT 1 FROM $rows, LATERAL (SELECT 1 FROM accounts WHERE id = source.account FOR UPDATE) AS locked";
    tx.run_with(sql, args![], &rows(accounts)).await.map(drop)
}

/// As [`lock`], for the account of a Stripe customer; `None` when it is none of ours.
pub async fn lock_by_customer(tx: &mut Tx, customer: &StripeCustomerId) -> Result<Option<AccountId>> {
    let Some(id) = find_by_customer(tx, customer).await? else { return Ok(None) };
    Ok(lock(tx, &id).await?.then_some(id))
}

/// Whose this customer is, or was before it was deleted at Stripe.
pub async fn find_by_customer(q: &mut impl Query, customer: &StripeCustomerId) -> Result<Option<AccountId>> {
    let sql = "SELECT id FROM accounts WHERE stripe_customer_id = $1
         UNION ALL SELECT account_id FROM former_customers WHERE stripe_customer_id = $1";
    Ok(q.opt::<(AccountId,)>(sql, args![customer]).await?.map(|row| row.0))
}

/// Every customer that an account has (true), or had before it was deleted at Stripe.
pub async fn customers(q: &mut impl Query) -> Result<Vec<(StripeCustomerId, AccountId, bool)>> {
    let sql = "SELECT stripe_customer_id, id, true FROM accounts WHERE stripe_customer_id IS NOT NULL
         UNION ALL SELECT stripe_customer_id, account_id, false FROM former_customers";
    q.all(sql, args![]).await
}

pub async fn customer(q: &mut impl Query, id: &AccountId) -> Result<Option<StripeCustomerId>> {
    let sql = "SELECT stripe_customer_id FROM accounts WHERE id = $1";
    Ok(q.opt::<(Option<StripeCustomerId>,)>(sql, args![id]).await?.and_then(|row| row.0))
}

/// Remembers the account's customer at Stripe. False when it has one already, which stays.
pub async fn set_customer(tx: &mut Tx, id: &AccountId, customer: &StripeCustomerId) -> Result<bool> {
    let sql = "UPDATE accounts SET stripe_customer_id = $2 WHERE id = $1 AND stripe_customer_id IS NULL";
    Ok(tx.run(sql, args![id, customer]).await? == 1)
}

/// The customer was deleted at Stripe: the account's next one is another. False while a call whose outcome is
/// not known may have charged it, or when it is not the account's any more.
pub async fn forget_customer(tx: &mut Tx, id: &AccountId, gone: &StripeCustomerId) -> Result<bool> {
    let forgotten = tx
        .run(
            "UPDATE accounts SET stripe_customer_id = NULL WHERE id = $1 AND stripe_customer_id = $2
                 AND NOT EXISTS (SELECT 1 FROM token_purchases
                     WHERE account_id = $1 AND call_state <> 'settled')
                 AND NOT EXISTS (SELECT 1 FROM subscribe_intents
                     WHERE account_id = $1 AND state IN ('unclear', 'voiding'))",
            args![id, gone],
        )
        .await?;
    if forgotten == 1 {
        let sql = "INSERT INTO former_customers (stripe_customer_id, account_id) VALUES ($1, $2)";
        tx.run_one(sql, args![gone, id]).await?;
    }
    Ok(forgotten == 1)
}

/// Lets the account take the tier that is by invitation only. False when it was invited already.
pub async fn invite(tx: &mut Tx, id: &AccountId) -> Result<bool> {
    Ok(tx.run("UPDATE accounts SET invited = true WHERE id = $1 AND NOT invited", args![id]).await? == 1)
}

crate::row! {
    /// What Stripe and our mails need to know of an account's owner.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Owner {
        user_id: UserId,
        email: Option<String>,
        email_verified: bool,
        name: String,
        /// Whether the account may take the tier that is by invitation only.
        invited: bool,
        /// How many customers of this account were deleted at Stripe.
        former_customers: i64,
    }
}

crate::row! {
    /// By whom a host application knows an account's owner, deleted or not.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Identity {
        issuer: String,
        subject: String,
    }
}

pub async fn identity(q: &mut impl Query, id: &AccountId) -> Result<Option<Identity>> {
    let sql =
        "SELECT u.issuer, u.subject FROM accounts a JOIN users u ON u.id = a.owner_user_id WHERE a.id = $1";
    q.opt(sql, args![id]).await
}

/// Whether a call that may charge the account is under way, or its outcome is not known yet.
pub async fn has_call_under_way(q: &mut impl Query, id: &AccountId) -> Result<bool> {
    let sql = "SELECT a.id FROM accounts a WHERE a.id = $1 AND (
             EXISTS (SELECT 1 FROM token_purchases WHERE account_id = $1 AND call_state <> 'settled')
             OR EXISTS (SELECT 1 FROM subscribe_intents
                 WHERE account_id = $1 AND state IN ('calling', 'unclear', 'voiding'))
             OR EXISTS (SELECT 1 FROM plan_changes
                 WHERE account_id = $1 AND state IN ('calling', 'unclear', 'settling')))";
    Ok(q.opt::<(AccountId,)>(sql, args![id]).await?.is_some())
}

/// Until `until` (wall time) nothing new is begun for the account.
pub async fn begin_leaving(tx: &mut Tx, id: &AccountId, until: Timestamp) -> Result<()> {
    tx.run_one("UPDATE accounts SET leaving_until = $2 WHERE id = $1", args![id, until]).await
}

/// The owner stays after all.
pub async fn stop_leaving(tx: &mut Tx, id: &AccountId) -> Result<()> {
    tx.run_one("UPDATE accounts SET leaving_until = NULL WHERE id = $1", args![id]).await
}

/// Whether the owner is being deleted now, or has been.
pub async fn is_leaving(q: &mut impl Query, id: &AccountId, now: Timestamp) -> Result<bool> {
    let sql = "SELECT a.id FROM accounts a JOIN users u ON u.id = a.owner_user_id
         WHERE a.id = $1 AND (a.leaving_until > $2 OR u.deleted_at IS NOT NULL)";
    Ok(q.opt::<(AccountId,)>(sql, args![id, now]).await?.is_some())
}

/// The living owner of the account.
pub async fn owner(q: &mut impl Query, id: &AccountId) -> Result<Option<Owner>> {
    q.opt(
        "SELECT u.id AS user_id, u.email, u.email_verified, u.name, a.invited,
             (SELECT COUNT(*) FROM former_customers f WHERE f.account_id = a.id) AS former_customers
         FROM accounts a JOIN users u ON u.id = a.owner_user_id
         WHERE a.id = $1 AND u.deleted_at IS NULL",
        args![id],
    )
    .await
}
