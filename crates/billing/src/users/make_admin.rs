//! Gives a user the admin's role, from the command line.

use super::{Error, Result, User, email};
use crate::Billing;
use crate::admin_actions::{Action, Actor};
use store::users;

impl Billing {
    pub async fn make_admin(&self, address: &str) -> Result<User> {
        let user = self.the_user_with(address).await?;
        let mut tx = self.db.begin().await?;
        users::set_role(&mut tx, &user.id, "admin").await?;
        let actor = &Actor::command_line();
        let action = Action { actor, name: "user.make_admin", target: user.id.as_str(), reason: "" };
        self.log_action(&mut tx, action).await?;
        tx.commit().await?;
        Ok(user)
    }

    /// The one live user with this address, whoever vouches for them.
    pub async fn the_user_with(&self, address: &str) -> Result<User> {
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
}
