//! How applications and invitations stand: a member's own, and everybody's.

use super::{Invitation, Listed};
use crate::tokens::{PAGE, Page};
use crate::{Billing, Error, Result};
use domain::ids::AccountId;

/// Of one account.
#[derive(Debug)]
pub struct Standing {
    /// The newest.
    pub invitation: Option<Invitation>,
    /// Whether the account may take the tier.
    pub invited: bool,
}

impl Billing {
    pub async fn invitation(&self, account: &AccountId) -> Result<Standing> {
        let mut reader = self.db.reader();
        let owner = store::accounts::owner(&mut reader, account).await?.ok_or(Error::NotFound)?;
        let invitation = store::invitations::latest(&mut reader, account).await?;
        Ok(Standing { invitation, invited: owner.invited })
    }

    /// Newest first; `state` (`applied`, `invited`, `accepted`, `declined`) filters.
    pub async fn invitations(&self, state: Option<&str>, cursor: Option<&str>) -> Result<Page<Listed>> {
        let rows = store::invitations::list(&mut self.db.reader(), state, cursor, PAGE + 1).await?;
        Ok(Page::cut(rows, |row| row.id.to_string()))
    }
}
