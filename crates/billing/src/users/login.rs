//! Lets a user of our own login in.

use super::sign_in::SESSION_LIFETIME;
use super::{Error, Result, SignedIn, email, password};
use crate::Billing;
use store::users;

impl Billing {
    /// An unknown address takes as long as a wrong password and is answered in the same words.
    pub async fn login(&self, address: &str, password: String) -> Result<SignedIn> {
        let found = users::find_local_by_email(&mut self.db.reader(), &email::normalized(address)).await?;
        let hash = found.as_ref().and_then(|user| user.password_hash.clone());
        if !password::matches(password, hash.clone()).await? {
            return Err(Error::WrongCredentials);
        }
        let user = found.ok_or(Error::WrongCredentials)?;
        let mut tx = self.db.begin().await?;
        // A new one may have been set meanwhile, which ends the sessions of whoever knew this one.
        if users::lock_password(&mut tx, &user.id).await? != hash {
            return Err(Error::WrongCredentials);
        }
        let signed_in = self.start_session(&mut tx, user, SESSION_LIFETIME).await?;
        tx.commit().await?;
        Ok(signed_in)
    }
}
