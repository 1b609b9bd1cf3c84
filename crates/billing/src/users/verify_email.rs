//! Believes that an address is its user's, because they have read our mail.

use super::{Error, Result, User};
use crate::{Billing, secrets};
use store::sessions::{self, Kind};
use store::users;

impl Billing {
    /// A link works once.
    pub async fn verify_email(&self, token: &str) -> Result<User> {
        let mut tx = self.db.begin().await?;
        let id = sessions::use_up(&mut tx, Kind::VerifyEmail, &secrets::hash(token), self.wall()).await?;
        let id = id.ok_or(Error::LinkNotValid)?;
        users::set_email_verified(&mut tx, &id).await?;
        let user = users::find(&mut tx, &id).await?.ok_or(Error::LinkNotValid)?;
        tx.commit().await?;
        Ok(user)
    }
}
