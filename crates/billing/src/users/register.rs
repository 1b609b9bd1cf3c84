//! Makes a user of our own login, with an account, a session, and a mail that asks to verify the address.

use super::sign_in::SESSION_LIFETIME;
use super::{Error, LOCAL_ISSUER, Result, SignedIn, email, password};
use crate::Billing;
use domain::ids::{AccountId, UserId};
use store::users::{self, NewUser};

/// In characters.
const MAX_NAME: usize = 200;

#[derive(Debug)]
pub struct Registration {
    pub email: String,
    pub password: String,
    pub name: String,
}

impl Billing {
    /// Whether an address is taken cannot be hidden from somebody who registers with it; the rate limit
    /// keeps that from being a directory.
    pub async fn register(&self, new: Registration) -> Result<SignedIn> {
        let address = email::checked(&new.email)?.to_owned();
        let name = new.name.trim();
        if name.chars().count() > MAX_NAME || name.chars().any(char::is_control) {
            return Err(Error::invalid("name", format!("must be one line of at most {MAX_NAME} characters")));
        }
        password::checked(&new.password)?;
        let hash = password::hash(new.password).await?;

        let id = UserId::new(self.new_uuid()?);
        let mut tx = self.db.begin().await?;
        let inserted = users::insert(
            &mut tx,
            &NewUser {
                id: &id,
                account_id: &AccountId::new(self.new_uuid()?),
                issuer: LOCAL_ISSUER,
                subject: id.as_str(),
                email: Some(&address),
                email_normalized: Some(&email::normalized(&address)),
                email_verified: false,
                name,
                password_hash: Some(&hash),
            },
            self.wall(),
        )
        .await?;
        if !inserted {
            return Err(Error::invalid("email", "is taken: sign in, or ask for a new password"));
        }
        let user = users::find(&mut tx, &id).await?.ok_or(Error::NotFound)?;
        self.ask_to_verify(&mut tx, &user, &address).await?;
        let signed_in = self.start_session(&mut tx, user, SESSION_LIFETIME).await?;
        tx.commit().await?;
        self.outbox_wake();
        Ok(signed_in)
    }
}
