//! The mail by whose link an address is verified: on registering, and again for whom it did not reach.

use super::{LOCAL_ISSUER, Result, User};
use crate::Billing;
use crate::outbox::templates;
use domain::time::DAY;
use store::Tx;
use store::sessions::{self, Kind};

/// How long a link works, in milliseconds.
const LINK_LIFETIME: i64 = 3 * DAY;

impl Billing {
    pub(super) async fn ask_to_verify(&self, tx: &mut Tx, user: &User, address: &str) -> Result<()> {
        let token = self.make_token(tx, Kind::VerifyEmail, "atv_", user, LINK_LIFETIME).await?;
        let mail = templates::verify_email(&self.options.public_url, &token);
        self.post(tx, Some(&user.account_id), address, mail, None).await?;
        Ok(())
    }

    /// A new link ends the older ones. Nothing is sent to who is verified, or whose host verifies them.
    pub async fn send_verification_mail(&self, user: &User) -> Result<()> {
        let Some(address) = user.email.as_deref() else { return Ok(()) };
        if user.email_verified || user.issuer != LOCAL_ISSUER {
            return Ok(());
        }
        let mut tx = self.db.begin().await?;
        sessions::end_all(&mut tx, Kind::VerifyEmail, &user.id, self.wall()).await?;
        self.ask_to_verify(&mut tx, user, address).await?;
        tx.commit().await?;
        self.outbox_wake();
        Ok(())
    }
}
