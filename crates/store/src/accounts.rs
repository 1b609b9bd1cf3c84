//! Accounts: who owns a subscription and a balance. One per user now.

use crate::args;
use crate::db::{Query, Result, Tx};
use domain::ids::{AccountId, StripeCustomerId};

/// Locks the account's row until the transaction ends: whatever depends on its balance or subscription
/// queues up here. False when there is no such account.
pub async fn lock(tx: &mut Tx, id: &AccountId) -> Result<bool> {
    let sql = tx.locked("SELECT id FROM accounts WHERE id = $1");
    Ok(tx.opt::<(AccountId,)>(sql, args![id]).await?.is_some())
}

pub async fn find_by_customer(q: &mut impl Query, customer: &StripeCustomerId) -> Result<Option<AccountId>> {
    let sql = "SELECT id FROM accounts WHERE stripe_customer_id = $1";
    Ok(q.opt::<(AccountId,)>(sql, args![customer]).await?.map(|row| row.0))
}

pub async fn customer(q: &mut impl Query, id: &AccountId) -> Result<Option<StripeCustomerId>> {
    let sql = "SELECT stripe_customer_id FROM accounts WHERE id = $1";
    Ok(q.opt::<(Option<StripeCustomerId>,)>(sql, args![id]).await?.and_then(|row| row.0))
}

/// Remembers the account's customer at Stripe. False when it has one already, which stays.
pub async fn set_customer(tx: &mut Tx, id: &AccountId, customer: &StripeCustomerId) -> Result<bool> {
    let changed = tx
        .run(
            "UPDATE accounts SET stripe_customer_id = $2 WHERE id = $1 AND stripe_customer_id IS NULL",
            args![id, customer],
        )
        .await?;
    Ok(changed == 1)
}

/// Lets the account take the tier that is by invitation only. False when it was invited already.
pub async fn invite(tx: &mut Tx, id: &AccountId) -> Result<bool> {
    Ok(tx.run("UPDATE accounts SET invited = true WHERE id = $1 AND NOT invited", args![id]).await? == 1)
}
