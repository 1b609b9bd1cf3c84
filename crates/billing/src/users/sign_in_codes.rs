//! How a host's member comes to our pages: the host's backend asks for a code, the member brings it, once.

use super::{Error, LOCAL_ISSUER, Result, SignedIn, User};
use crate::{Billing, secrets};
use domain::ids::ServiceKeyId;
use domain::time::{HOUR, MINUTE, Timestamp};
use store::{sessions, sign_in_codes, users};

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
    /// `key` vouches for the user, who is the host's. [`Error::NotAllowed`]: people of our own login, and admins, come by
    /// their own password or token.
    pub async fn issue_sign_in_code(&self, user: &User, key: &ServiceKeyId) -> Result<SignInCode> {
        if user.issuer == LOCAL_ISSUER || user.is_admin() {
            return Err(Error::NotAllowed);
        }
        let code = secrets::new_token("atc_")?;
        let (now, hash) = (self.wall(), secrets::hash(&code));
        let expires_at = now.plus(CODE_LIFETIME);
        let mut tx = self.db.begin().await?;
        sign_in_codes::insert(&mut tx, &hash, &user.id, key, now, expires_at).await?;
        tx.commit().await?;
        Ok(SignInCode { code, expires_at })
    }

    /// A code works once. [`Error::CodeNotValid`]: it is used, too old, or none of ours.
    pub async fn enter(&self, code: &str) -> Result<SignedIn> {
        let mut tx = self.db.begin().await?;
        let found = sign_in_codes::use_up(&mut tx, &secrets::hash(code), self.wall()).await?;
        let (id, key) = found.ok_or(Error::CodeNotValid)?;
        let user = users::find(&mut tx, &id).await?;
        let user = user.filter(|user| user.deleted_at.is_none()).ok_or(Error::CodeNotValid)?;
        let signed_in = self.start_session(&mut tx, user, ENTERED_LIFETIME).await?;
        sessions::vouch(&mut tx, &secrets::hash(&signed_in.token), &key).await?;
        tx.commit().await?;
        Ok(signed_in)
    }
}
