//! Ends a key, at once and for ever.

use crate::{Billing, Error, Result};
use domain::ids::ServiceKeyId;

impl Billing {
    /// [`Error::NotFound`] when there is no such key, or it was revoked before.
    pub async fn revoke_service_key(&self, id: &str) -> Result<()> {
        let mut tx = self.db.begin().await?;
        let id = ServiceKeyId::from_stored(id);
        if !store::service_keys::revoke(&mut tx, &id, self.wall()).await? {
            return Err(Error::NotFound);
        }
        tx.commit().await?;
        Ok(())
    }
}
