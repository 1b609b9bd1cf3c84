//! What belongs to an account beside its customer at Stripe, which `customers` keeps.

use crate::args;
use crate::db::{Query as _, Result, Tx};
use domain::ids::AccountId;

/// Lets the account take the tier that is by invitation only. False when it was invited already.
pub async fn invite(tx: &mut Tx, id: &AccountId) -> Result<bool> {
    Ok(tx.run("UPDATE accounts SET invited = true WHERE id = $1 AND NOT invited", args![id]).await? == 1)
}

/// Locks the account's row until the transaction ends: whatever depends on its balance or subscription
/// queues up here. False when there is no such account.
pub async fn lock(tx: &mut Tx, id: &AccountId) -> Result<bool> {
    let sql = tx.locked("SELECT id FROM accounts WHERE id = $1");
    Ok(tx.opt::<(AccountId,)>(sql, args![id]).await?.is_some())
}
