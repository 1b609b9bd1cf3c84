//! Which key somebody came with.

use super::ServiceKey;
use super::known::{Answer, Ask};
use crate::{Billing, Result, secrets};
use domain::time::MINUTE;
use futures_util::FutureExt as _;
use std::sync::Arc;

impl Billing {
    /// `None` when there is no such key, or it was revoked: by another process, up to a second ago. Its last use is noted,
    /// at most once a minute.
    pub async fn authenticate_service_key(&self, secret: &str) -> Result<Option<Arc<ServiceKey>>> {
        let (hash, now) = (secrets::hash(secret), self.wall());
        match self.known_keys.get(&hash, now, |ask| self.ask_for_key(ask)) {
            Ok(known) => Ok(Some(known)),
            Err(answer) => Ok(answer.await?),
        }
    }

    fn ask_for_key(&self, ask: Ask) -> Answer {
        let billing = self.clone();
        async move {
            let found = store::service_keys::find_live(&mut billing.db.reader(), ask.hash()).await;
            let found = found.map(|key| key.map(Arc::new)).map_err(Arc::new);
            ask.learn(&found);
            if let Ok(Some(key)) = &found {
                billing.note_use(key);
            }
            found
        }
        .boxed()
        .shared()
    }

    /// Nobody waits for it, and a key is good without it.
    fn note_use(&self, key: &ServiceKey) {
        let now = self.wall();
        if key.last_used_at.is_some_and(|last| now <= last.plus(MINUTE)) {
            return;
        }
        let (db, id) = (self.db.clone(), key.id.clone());
        tokio::spawn(async move {
            let noted = async {
                let mut tx = db.begin().await?;
                store::service_keys::touch(&mut tx, &id, now).await?;
                tx.commit().await
            };
            if let Err(error) = noted.await {
                tracing::warn!(%error, key = id.as_str(), "the last use of a service key was not noted");
            }
        });
    }
}
