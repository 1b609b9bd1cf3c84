//! The user whom everybody knows the password of. Sandbox mode only: live mode refuses to start with it.

use super::{Error, LOCAL_ISSUER, Result, email, password};
use crate::Billing;
use domain::ids::{AccountId, UserId};
use store::users::{self, NewUser};

pub const DEMO_EMAIL: &str = "demo@allthrive.example";
pub const DEMO_PASSWORD: &str = "demo-password";

impl Billing {
    /// Makes the demo user, unless it is there.
    pub async fn ensure_demo_user(&self) -> Result<()> {
        if self.has_demo_user().await? {
            return Ok(());
        }
        let hash = password::hash(DEMO_PASSWORD.to_owned()).await?;
        let id = UserId::new(self.new_uuid()?);
        let mut tx = self.db.begin().await?;
        let new = NewUser {
            id: &id,
            account_id: &AccountId::new(self.new_uuid()?),
            issuer: LOCAL_ISSUER,
            subject: id.as_str(),
            email: Some(DEMO_EMAIL),
            email_normalized: Some(&email::normalized(DEMO_EMAIL)),
            email_verified: true,
            name: "Demo Member",
            password_hash: Some(&hash),
        };
        users::insert(&mut tx, &new, self.wall()).await?;
        tx.commit().await.map_err(Error::from)
    }

    pub async fn has_demo_user(&self) -> Result<bool> {
        Ok(users::find_local_by_email(&mut self.db.reader(), DEMO_EMAIL).await?.is_some())
    }
}
