//! Lets an account take the tier that is by invitation only.

use super::Standing;
use crate::admin_actions::{Action, Actor};
use crate::{Billing, Error, Result};
use domain::ids::AccountId;
use domain::notice::{News, Notice, TierNotice};
use store::invitations;

impl Billing {
    /// An open application of the account is accepted by it. Inviting twice is no error, and is told once.
    pub async fn invite(&self, account: &AccountId, actor: &Actor, reason: &str) -> Result<Standing> {
        let tier = self.tier_by_invitation()?;
        let now = self.now();
        let mut tx = self.db.begin().await?;
        if !store::accounts::lock(&mut tx, account).await?
            || store::accounts::owner(&mut tx, account).await?.is_none()
        {
            return Err(Error::NotFound);
        }
        if store::accounts::invite(&mut tx, account).await? {
            if !invitations::decide_open(&mut tx, account, "accepted", now).await? {
                invitations::invite(&mut tx, &self.new_invitation_id()?, account, now).await?;
            }
            let name = "account.invite";
            let action = Action { actor, name, target: account.as_str(), reason };
            let id = self.log_action(&mut tx, action).await?;
            let notice = Notice::Tier(TierNotice::Invited { tier });
            self.tell(&mut tx, account, &News { key: format!("{id}:invited"), notice }).await?;
        }
        let invitation = invitations::latest(&mut tx, account).await?;
        tx.commit().await?;
        self.outbox_wake();
        Ok(Standing { invitation, invited: true })
    }
}
