//! Lets a user take the tier that is by invitation only.

use super::{Result, User};
use crate::Billing;
use store::accounts;

impl Billing {
    /// Inviting twice is no error.
    pub async fn invite(&self, address: &str) -> Result<User> {
        let user = self.the_user_with(address).await?;
        let mut tx = self.db.begin().await?;
        if accounts::invite(&mut tx, &user.account_id).await? {
            self.log_from_command_line(&mut tx, "account.invite", user.account_id.as_str()).await?;
        }
        tx.commit().await?;
        Ok(user)
    }
}
