//! Whose session a token is.

use super::{Result, User};
use crate::{Billing, secrets};
use store::{sessions, users};

impl Billing {
    /// `None` when there is no such session, it is over, or its user was deleted.
    pub async fn authenticate(&self, token: &str) -> Result<Option<User>> {
        let mut reader = self.db.reader();
        let Some(id) = sessions::find_live(&mut reader, &secrets::hash(token), self.wall()).await? else {
            return Ok(None);
        };
        Ok(users::find(&mut reader, &id).await?.filter(|user| user.deleted_at.is_none()))
    }
}
