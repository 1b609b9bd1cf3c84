//! Which key somebody came with.

use super::ServiceKey;
use super::known::{Ask, Look};
use crate::{Billing, Result, secrets};
use domain::ids::ServiceKeyId;
use std::sync::Arc;
use store::db::{LONGEST_ANSWER, within};

impl Billing {
    /// `None` when there is no such key, or it was revoked before somebody came with it: by another process, up to a second
    /// before. Its last use is noted, at most once a minute. [`Error::Overloaded`](crate::Error::Overloaded) when too many keys
    /// are asked for.
    pub async fn authenticate_service_key(&self, secret: &str) -> Result<Option<Arc<ServiceKey>>> {
        let hash = secrets::hash(secret);
        let mut answer = match self.known_keys.get(&hash, self.wall(), |ask| self.ask_for_key(ask))? {
            Look::Known(key) => return Ok(Some(key)),
            Look::Asked(answer) => answer,
        };
        let interrupted = |_| Arc::new(store::Error::Interrupted);
        let found = answer.wait_for(Option::is_some).await.map_err(interrupted)?.clone();
        Ok(found.transpose()?.flatten())
    }

    /// In a task of its own: who came first may leave, and the others wait on.
    fn ask_for_key(&self, ask: Ask) {
        let billing = self.clone();
        tokio::spawn(async move {
            let mut reader = billing.db.reader();
            let found = within(LONGEST_ANSWER, store::service_keys::find_live(&mut reader, ask.hash())).await;
            if let Err(error) = &found {
                tracing::warn!(%error, "a service key was not looked up");
            }
            let found = found.map(|key| key.map(Arc::new)).map_err(Arc::new);
            if ask.answer(found.clone())
                && let Ok(Some(key)) = found
            {
                billing.note_use(&key.id).await;
            }
        });
    }

    /// Nobody waits for it, and a key is good without it.
    async fn note_use(&self, key: &ServiceKeyId) {
        let noted = async {
            let mut tx = self.db.begin().await?;
            store::service_keys::touch(&mut tx, key, self.wall()).await?;
            tx.commit().await
        };
        if let Err(error) = noted.await {
            tracing::warn!(%error, key = key.as_str(), "the last use of a service key was not noted");
        }
    }
}
