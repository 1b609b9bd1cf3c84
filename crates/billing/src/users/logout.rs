//! Ends one session.

use super::Result;
use crate::{Billing, secrets};
use store::sessions::{self, Kind};

impl Billing {
    /// False when the session was over already.
    pub async fn logout(&self, token: &str) -> Result<bool> {
        let mut tx = self.db.begin().await?;
        let ended = sessions::use_up(&mut tx, Kind::Session, &secrets::hash(token), self.wall()).await?;
        tx.commit().await?;
        Ok(ended.is_some())
    }
}
