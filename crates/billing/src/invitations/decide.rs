//! An application is accepted or declined.

use super::Invitation;
use crate::admin_actions::{Action, Actor};
use crate::{Billing, Error, Result};
use domain::ids::InvitationId;
use domain::notice::{News, Notice, TierNotice};
use store::invitations;

impl Billing {
    /// Doing it twice is no error. One that was declined is not accepted: invite the account.
    pub async fn accept_application(
        &self,
        id: &InvitationId,
        actor: &Actor,
        reason: &str,
    ) -> Result<Invitation> {
        let found = self.application(id).await?;
        match found.state.as_str() {
            "applied" => {
                self.invite(&found.account_id, actor, reason).await?;
                self.application(id).await
            }
            "declined" => Err(decided(&found)),
            _ => Ok(found),
        }
    }

    pub async fn decline_application(
        &self,
        id: &InvitationId,
        actor: &Actor,
        reason: &str,
    ) -> Result<Invitation> {
        let tier = self.tier_by_invitation()?;
        let mut tx = self.db.begin().await?;
        if invitations::decide(&mut tx, id, "declined", self.now()).await? {
            let found = invitations::find(&mut tx, id).await?.ok_or(Error::NotFound)?;
            let name = "invitation.decline";
            self.log_action(&mut tx, Action { actor, name, target: id.as_str(), reason }).await?;
            let notice = Notice::Tier(TierNotice::Declined { tier });
            let news = News { key: format!("{id}:declined"), notice };
            self.tell(&mut tx, &found.account_id, &news).await?;
            tx.commit().await?;
            self.outbox_wake();
            return Ok(found);
        }
        drop(tx);
        let found = self.application(id).await?;
        if found.state == "declined" { Ok(found) } else { Err(decided(&found)) }
    }

    async fn application(&self, id: &InvitationId) -> Result<Invitation> {
        invitations::find(&mut self.db.reader(), id).await?.ok_or(Error::NotFound)
    }
}

fn decided(found: &Invitation) -> Error {
    Error::Invalid { field: "id", reason: format!("this application is {} already", found.state) }
}
