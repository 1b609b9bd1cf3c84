//! Which key somebody came with.

use super::ServiceKey;
use crate::{Billing, Result, secrets};
use domain::time::MINUTE;

impl Billing {
    /// `None` when there is no such key, or it was revoked. Its last use is noted, at most once a minute.
    pub async fn authenticate_service_key(&self, secret: &str) -> Result<Option<ServiceKey>> {
        let found = store::service_keys::find_live(&mut self.db.reader(), &secrets::hash(secret)).await?;
        let now = self.wall();
        if let Some(key) = &found
            && key.last_used_at.is_none_or(|last| last.plus(MINUTE) < now)
        {
            let mut tx = self.db.begin().await?;
            store::service_keys::touch(&mut tx, &key.id, now).await?;
            tx.commit().await?;
        }
        Ok(found)
    }
}
