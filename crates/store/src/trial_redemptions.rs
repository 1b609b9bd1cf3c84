//! Who has had a trial.

use crate::args;
use crate::db::{Query, Result, Tx};
use domain::ids::{AccountId, StripeSubscriptionId};
use domain::time::Timestamp;
use domain::trial::Redemption;

pub async fn is_redeemed(q: &mut impl Query, redemption: &Redemption) -> Result<bool> {
    let sql = "SELECT created_at FROM trial_redemptions WHERE kind = $1 AND value = $2";
    Ok(q.opt::<(Timestamp,)>(sql, args![redemption.kind(), redemption.value()]).await?.is_some())
}

/// Remembers it; the first one stays.
pub async fn insert(
    tx: &mut Tx,
    redemption: &Redemption,
    account: &AccountId,
    subscription: &StripeSubscriptionId,
    now: Timestamp,
) -> Result<()> {
    tx.run(
        "INSERT INTO trial_redemptions (kind, value, account_id, stripe_subscription_id, created_at)
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT (kind, value) DO NOTHING",
        args![redemption.kind(), redemption.value(), account, subscription, now],
    )
    .await?;
    Ok(())
}
