//! Takes a tier back that was given without a subscription.

use crate::admin_actions::{Action, Actor};
use crate::{Billing, Error, Result};
use domain::ids::AccountId;
use domain::notice::{News, Notice, TierNotice};

impl Billing {
    /// False when there was none to end: then nothing is logged.
    pub async fn end_tier_assignment(
        &self,
        account: &AccountId,
        actor: &Actor,
        reason: &str,
    ) -> Result<bool> {
        let mut tx = self.db.begin().await?;
        if !store::accounts::lock(&mut tx, account).await? {
            return Err(Error::NotFound);
        }
        let Some(given) = store::tier_assignments::current(&mut tx, account).await? else {
            return Ok(false);
        };
        store::tier_assignments::end(&mut tx, account, self.now()).await?;
        let name = "account.end_tier_assignment";
        self.log_action(&mut tx, Action { actor, name, target: account.as_str(), reason }).await?;
        if given.holds_at(self.now()) {
            let notice = Notice::Tier(TierNotice::AssignmentEnded { tier: given.tier });
            self.tell(&mut tx, account, &News { key: format!("{}:ended", given.id), notice }).await?;
        }
        self.tell_entitlement(&mut tx, account).await?;
        tx.commit().await?;
        self.outbox_wake();
        Ok(true)
    }
}
