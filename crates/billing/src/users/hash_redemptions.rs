//! Addresses that had a trial, as an earlier version kept them, are replaced by their keys.

use super::email::email_key;
use crate::{Billing, Result};

impl Billing {
    /// At the start; answers how many there were.
    pub async fn hash_old_redemptions(&self) -> Result<usize> {
        let plain = store::trial_redemptions::plain_addresses(&mut self.db.reader()).await?;
        let mut tx = self.db.begin().await?;
        for address in &plain {
            store::trial_redemptions::replace_address(&mut tx, address, &email_key(address)).await?;
        }
        tx.commit().await?;
        Ok(plain.len())
    }
}
