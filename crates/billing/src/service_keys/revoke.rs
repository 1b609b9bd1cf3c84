//! Ends a key, at once and for ever.

use crate::{Billing, Error, Result};
use domain::ids::ServiceKeyId;

impl Billing {
    /// With it ends who has come in by its word. [`Error::NotFound`] when there is no such key, or it was revoked before.
    pub async fn revoke_service_key(&self, id: &str) -> Result<()> {
        let mut tx = self.db.begin().await?;
        let id = ServiceKeyId::from_stored(id);
        if !store::service_keys::revoke(&mut tx, &id, self.wall()).await? {
            return Err(Error::NotFound);
        }
        store::sign_in_codes::end_all_of_key(&mut tx, &id, self.wall()).await?;
        store::sessions::end_all_of_key(&mut tx, &id, self.wall()).await?;
        tx.commit().await?;
        self.known_keys.forget_all();
        Ok(())
    }
}
