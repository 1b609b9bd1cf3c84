//! Sends a link by which a new password can be set.

use super::{Result, email};
use crate::Billing;
use crate::outbox::templates;
use domain::time::HOUR;
use store::sessions::{self, Kind};
use store::users;

/// How long a reset link works, in milliseconds.
const LINK_LIFETIME: i64 = HOUR;

impl Billing {
    /// The caller learns nothing about whether the address is known. A new link ends the older ones.
    pub async fn request_password_reset(&self, address: &str) -> Result<()> {
        let mut tx = self.db.begin().await?;
        let user = users::find_local_by_email(&mut tx, &email::normalized(address)).await?;
        let Some((user, address)) = user.and_then(|user| user.email.clone().map(|email| (user, email)))
        else {
            return Ok(());
        };
        sessions::end_all(&mut tx, Kind::ResetPassword, &user.id, self.wall()).await?;
        let token = self.make_token(&mut tx, Kind::ResetPassword, "atr_", &user, LINK_LIFETIME).await?;
        let mail = templates::reset_password(&self.options.public_url, &token);
        self.post(&mut tx, Some(&user.account_id), &address, mail, None).await?;
        tx.commit().await?;
        self.outbox_wake();
        Ok(())
    }
}
