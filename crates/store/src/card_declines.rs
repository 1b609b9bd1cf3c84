//! Cards that were refused, for as long as a limit counts them.

use crate::args;
use crate::db::{Query, Result, Tx};
use domain::ids::AccountId;
use domain::time::Timestamp;

/// Of one account, newest first.
pub async fn since(q: &mut impl Query, account: &AccountId, since: Timestamp) -> Result<Vec<Timestamp>> {
    let sql = "SELECT declined_at FROM card_declines WHERE account_id = $1 AND declined_at > $2
         ORDER BY declined_at DESC";
    Ok(q.all::<(Timestamp,)>(sql, args![account, since]).await?.into_iter().map(|(at,)| at).collect())
}

pub async fn insert(
    tx: &mut Tx,
    id: &str,
    account: &AccountId,
    attempt: &str,
    decline_code: &str,
    now: Timestamp,
) -> Result<()> {
    tx.run_one(
        "INSERT INTO card_declines (id, account_id, attempt, decline_code, declined_at)
         VALUES ($1, $2, $3, $4, $5)",
        args![id, account, attempt, decline_code, now],
    )
    .await
}

pub async fn delete_before(tx: &mut Tx, before: Timestamp) -> Result<u64> {
    tx.run("DELETE FROM card_declines WHERE declined_at < $1", args![before]).await
}
