//! A member applies for the tier that is by invitation only.

use super::Standing;
use crate::{Billing, Error, Result};
use domain::ids::AccountId;
use domain::notice::{News, Notice, TierNotice};
use store::invitations;

#[derive(Debug)]
pub struct Applied {
    pub standing: Standing,
    /// False when the application was open already, or the account is invited.
    pub new: bool,
}

impl Billing {
    /// One application at a time: asking twice answers the first. After a decline one may apply again.
    pub async fn apply_for_invitation(&self, account: &AccountId, message: &str) -> Result<Applied> {
        let tier = self.tier_by_invitation()?;
        let mut tx = self.db.begin().await?;
        if !store::accounts::lock(&mut tx, account).await? {
            return Err(Error::NotFound);
        }
        let owner = store::accounts::owner(&mut tx, account).await?.ok_or(Error::NotFound)?;
        let id = self.new_invitation_id()?;
        let new = !owner.invited && invitations::apply(&mut tx, &id, account, message, self.now()).await?;
        if new {
            let notice = Notice::Tier(TierNotice::Applied { tier });
            self.tell(&mut tx, account, &News { key: format!("{id}:applied"), notice }).await?;
        }
        let invitation = invitations::latest(&mut tx, account).await?;
        tx.commit().await?;
        self.outbox_wake();
        Ok(Applied { standing: Standing { invitation, invited: owner.invited }, new })
    }
}
