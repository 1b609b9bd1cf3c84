//! What a killed process has left in its hands.

use crate::{Billing, Result};
use store::db::Dialect;

impl Billing {
    /// At the start: an embedded database has one process, so whatever lease there is belongs to a dead one.
    /// On PostgreSQL other instances may be at work, and a dead one's leases run out.
    pub async fn take_up_leases(&self) -> Result<()> {
        if self.db.dialect() == Dialect::Sqlite {
            let mut tx = self.db.begin().await?;
            store::customer_syncs::end_leases(&mut tx).await?;
            store::idempotency_keys::end_leases(&mut tx).await?;
            tx.commit().await?;
        }
        Ok(())
    }
}
