//! Which key somebody came with.

use super::ServiceKey;
use crate::{Billing, Result, secrets};
use domain::time::MINUTE;
use std::sync::Arc;

impl Billing {
    /// `None` when there is no such key, or it was revoked: by another process, up to a second ago. Its last use is noted,
    /// at most once a minute.
    pub async fn authenticate_service_key(&self, secret: &str) -> Result<Option<Arc<ServiceKey>>> {
        let (hash, now) = (secrets::hash(secret), self.wall());
        if let Some(known) = self.known_keys.get(&hash, now) {
            return Ok(Some(known));
        }
        let Some(key) = store::service_keys::find_live(&mut self.db.reader(), &hash).await? else {
            self.known_keys.forget(&hash);
            return Ok(None);
        };
        if key.last_used_at.is_none_or(|last| last.plus(MINUTE) < now) {
            let mut tx = self.db.begin().await?;
            store::service_keys::touch(&mut tx, &key.id, now).await?;
            tx.commit().await?;
        }
        let key = Arc::new(key);
        self.known_keys.remember(hash, key.clone(), now);
        Ok(Some(key))
    }
}
