//! Sessions and single-use links, made inside the transaction of whoever needs them.

use super::{Result, User};
use crate::{Billing, secrets};
use domain::ids::SessionId;
use domain::time::DAY;
use store::Tx;
use store::sessions::{self, Kind};

/// By which a session's token is told from a JWT and a service key.
pub const SESSION_PREFIX: &str = "ats_";
/// How long a sign-in lasts, in milliseconds of wall time.
pub(super) const SESSION_LIFETIME: i64 = 30 * DAY;

/// Somebody who is in now. The token is shown this once.
#[derive(Debug)]
pub struct SignedIn {
    pub user: User,
    pub token: String,
    /// Milliseconds.
    pub lifetime: i64,
}

impl Billing {
    pub(super) async fn start_session(&self, tx: &mut Tx, user: User, lifetime: i64) -> Result<SignedIn> {
        let token = self.make_token(tx, Kind::Session, SESSION_PREFIX, &user, lifetime).await?;
        Ok(SignedIn { user, token, lifetime })
    }

    pub(super) async fn make_token(
        &self,
        tx: &mut Tx,
        kind: Kind,
        prefix: &str,
        user: &User,
        lifetime: i64,
    ) -> Result<String> {
        let token = secrets::new_token(prefix)?;
        let (id, now) = (SessionId::new(self.new_uuid()?), self.wall());
        sessions::insert(tx, &id, kind, &secrets::hash(&token), &user.id, now, now.plus(lifetime)).await?;
        Ok(token)
    }
}
