//! Who has had a trial.

use crate::args;
use crate::db::{Query, Result, Tx};
use domain::ids::{AccountId, SubscribeIntentId};
use domain::time::Timestamp;
use domain::trial::Redemption;

pub async fn is_redeemed(q: &mut impl Query, redemption: &Redemption) -> Result<bool> {
    let sql = "SELECT created_at FROM trial_redemptions WHERE kind = $1 AND value = $2";
    Ok(q.opt::<(Timestamp,)>(sql, args![redemption.kind(), redemption.value()]).await?.is_some())
}

/// Takes it for this account; false when it is another attempt's. `intent` is what made it, if a call of ours
/// did.
pub async fn take(
    tx: &mut Tx,
    redemption: &Redemption,
    account: &AccountId,
    intent: Option<&SubscribeIntentId>,
    now: Timestamp,
) -> Result<bool> {
    let (kind, value) = (redemption.kind(), redemption.value());
    let changed = tx
        .run(
            "INSERT INTO trial_redemptions (kind, value, account_id, subscribe_intent_id, created_at)
             VALUES ($1, $2, $3, $4, $5) ON CONFLICT (kind, value) DO NOTHING",
            args![kind, value, account, intent, now],
        )
        .await?;
    Ok(changed == 1)
}

/// Addresses that an earlier version kept as they are.
pub async fn plain_addresses(q: &mut impl Query) -> Result<Vec<String>> {
    let sql = "SELECT value FROM trial_redemptions WHERE kind = 'email' AND value LIKE '%@%'";
    Ok(q.all::<(String,)>(sql, args![]).await?.into_iter().map(|(value,)| value).collect())
}

/// Keeps `key` instead of the address itself.
pub async fn replace_address(tx: &mut Tx, address: &str, key: &str) -> Result<()> {
    let sql = "UPDATE trial_redemptions SET value = $2 WHERE kind = 'email' AND value = $1";
    tx.run(sql, args![address, key]).await?;
    Ok(())
}

/// Gives back what an attempt took that came to nothing.
pub async fn release(tx: &mut Tx, intent: &SubscribeIntentId) -> Result<u64> {
    tx.run("DELETE FROM trial_redemptions WHERE subscribe_intent_id = $1", args![intent]).await
}
