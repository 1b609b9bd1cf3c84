//! Sets a new password by a mailed link.

use super::{Error, Result, password};
use crate::{Billing, secrets};
use store::sessions::{self, Kind};
use store::users;

impl Billing {
    /// A link works once. Every session ends: whoever knew the old password is out. Reading the mail also
    /// verified the address.
    pub async fn reset_password(&self, token: &str, new_password: String) -> Result<()> {
        password::checked(&new_password)?;
        let hash = password::hash(new_password).await?;
        let mut tx = self.db.begin().await?;
        let id = sessions::use_up(&mut tx, Kind::ResetPassword, &secrets::hash(token), self.wall()).await?;
        let id = id.ok_or(Error::LinkNotValid)?;
        users::set_password(&mut tx, &id, &hash).await?;
        users::set_email_verified(&mut tx, &id).await?;
        sessions::end_all(&mut tx, Kind::Session, &id, self.wall()).await?;
        tx.commit().await?;
        Ok(())
    }
}
