//! Gives a user the admin's role, from the command line.

use super::{Error, Result, User, email};
use crate::Billing;
use domain::ids::AdminActionId;
use store::admin_actions::{self, AdminAction};
use store::users;

impl Billing {
    pub async fn make_admin(&self, address: &str) -> Result<User> {
        let user = self.the_user_with(address).await?;
        let mut tx = self.db.begin().await?;
        users::set_role(&mut tx, &user.id, "admin").await?;
        self.log_from_command_line(&mut tx, "user.make_admin", user.id.as_str()).await?;
        tx.commit().await?;
        Ok(user)
    }

    /// The one live user with this address, whoever vouches for them.
    pub(super) async fn the_user_with(&self, address: &str) -> Result<User> {
        let mut found = users::all_by_email(&mut self.db.reader(), &email::normalized(address)).await?;
        match (found.pop(), found.as_slice()) {
            (None, _) => Err(Error::NotFound),
            (Some(user), []) => Ok(user),
            (Some(last), others) => {
                let ids: Vec<_> = others.iter().chain([&last]).map(|user| user.id.as_str()).collect();
                Err(Error::Ambiguous(ids.join(", ")))
            }
        }
    }

    pub(super) async fn log_from_command_line(
        &self,
        tx: &mut store::Tx,
        action: &str,
        target: &str,
    ) -> Result<()> {
        let id = AdminActionId::new(self.new_uuid()?);
        let done = AdminAction { id: &id, actor: "cli", action, target, reason: "" };
        Ok(admin_actions::insert(tx, &done, self.wall()).await?)
    }
}
