//! Which account is which Stripe customer; and the lock under which an account's money moves.

use crate::args;
use crate::db::{Query, Result, Tx};
use domain::ids::{AccountId, StripeCustomerId};

/// Holds the account's row until the transaction ends: whatever decides about its balance, allowance or
/// subscription does it under this lock. False when there is no such account.
pub async fn lock_account(tx: &mut Tx, account: &AccountId) -> Result<bool> {
    let sql = tx.locked("SELECT id FROM accounts WHERE id = $1");
    Ok(tx.opt::<(String,)>(sql, args![account]).await?.is_some())
}

/// As [`lock_account`], for the account of a Stripe customer; `None` when it is not one of ours.
pub async fn lock_account_of(tx: &mut Tx, customer: &StripeCustomerId) -> Result<Option<AccountId>> {
    let sql = tx.locked("SELECT id FROM accounts WHERE stripe_customer_id = $1");
    Ok(tx.opt::<(AccountId,)>(sql, args![customer]).await?.map(|(id,)| id))
}

pub async fn account_of(q: &mut impl Query, customer: &StripeCustomerId) -> Result<Option<AccountId>> {
    let sql = "SELECT id FROM accounts WHERE stripe_customer_id = $1";
    Ok(q.opt::<(AccountId,)>(sql, args![customer]).await?.map(|(id,)| id))
}

pub async fn of_account(q: &mut impl Query, account: &AccountId) -> Result<Option<StripeCustomerId>> {
    let sql = "SELECT stripe_customer_id FROM accounts WHERE id = $1";
    Ok(q.opt::<(Option<StripeCustomerId>,)>(sql, args![account]).await?.and_then(|(id,)| id))
}

/// Remembers the account's customer. One that is there already stays: the first wins.
pub async fn set(tx: &mut Tx, account: &AccountId, customer: &StripeCustomerId) -> Result<bool> {
    let sql = "UPDATE accounts SET stripe_customer_id = $2 WHERE id = $1 AND stripe_customer_id IS NULL";
    Ok(tx.run(sql, args![account, customer]).await? == 1)
}

crate::row! {
    /// What Stripe and our mails need to know of an account's owner.
    #[derive(Debug, Clone)]
    pub struct Owner {
        user_id: domain::ids::UserId,
        email: Option<String>,
        email_verified: bool,
        name: String,
        invited: bool,
    }
}

pub async fn owner(q: &mut impl Query, account: &AccountId) -> Result<Option<Owner>> {
    q.opt(
        "SELECT u.id AS user_id, u.email, u.email_verified, u.name, a.invited
         FROM accounts a JOIN users u ON u.id = a.owner_user_id
         WHERE a.id = $1 AND u.deleted_at IS NULL",
        args![account],
    )
    .await
}
