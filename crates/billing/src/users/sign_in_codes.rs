//! How a host's member comes to our pages: the host's backend asks for a code, the member brings it, once.

use super::{Error, Result, SignedIn, User};
use crate::{Billing, secrets};
use domain::ids::UserId;
use domain::time::{HOUR, MINUTE, Timestamp};
use store::sign_in_codes;
use store::users;

/// How long a code waits for its member, in milliseconds of wall time: a redirect takes seconds.
const CODE_LIFETIME: i64 = 2 * MINUTE;
/// How long such a sign-in lasts, in milliseconds of wall time. The host cannot end it, so it is short.
const ENTERED_LIFETIME: i64 = 12 * HOUR;

/// The only time that anybody but the member sees it.
#[derive(Debug)]
pub struct SignInCode {
    pub code: String,
    /// Of the wall clock.
    pub expires_at: Timestamp,
}

impl Billing {
    pub async fn issue_sign_in_code(&self, user: &UserId) -> Result<SignInCode> {
        let code = secrets::new_token("atc_")?;
        let (now, hash) = (self.wall(), secrets::hash(&code));
        let expires_at = now.plus(CODE_LIFETIME);
        let mut tx = self.db.begin().await?;
        sign_in_codes::insert(&mut tx, &hash, user, now, expires_at).await?;
        tx.commit().await?;
        Ok(SignInCode { code, expires_at })
    }

    /// A code works once. [`Error::LinkNotValid`]: it is used, too old, or none of ours.
    pub async fn enter(&self, code: &str) -> Result<SignedIn> {
        let mut tx = self.db.begin().await?;
        let id = sign_in_codes::use_up(&mut tx, &secrets::hash(code), self.wall()).await?;
        let user = users::find(&mut tx, &id.ok_or(Error::LinkNotValid)?).await?;
        let user: User = user.filter(|user| user.deleted_at.is_none()).ok_or(Error::LinkNotValid)?;
        let signed_in = self.start_session(&mut tx, user, ENTERED_LIFETIME).await?;
        tx.commit().await?;
        Ok(signed_in)
    }
}
