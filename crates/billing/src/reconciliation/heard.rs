//! Until when Stripe's events are known to have come: delivered while every step of the worker succeeded, or asked for. Remembered
//! by the database, for whoever goes on after a crash, and gone back in time with it when a backup is restored.

use crate::{Billing, Error, Result};
use domain::time::Timestamp;
use serde::{Deserialize, Serialize};

const SETTING: &str = "events_heard";

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Heard {
    /// When it was so, by the wall clock.
    pub wall: Timestamp,
    /// When the newest event that was known then was created, by Stripe's time.
    pub newest: Timestamp,
}

impl Billing {
    pub(super) async fn heard(&self) -> Result<Option<Heard>> {
        let text = store::settings::get(&mut self.db.reader(), SETTING).await?;
        let read = |text: String| {
            serde_json::from_str(&text).map_err(|error| Error::Internal(format!("{SETTING}: {error}")))
        };
        text.map(read).transpose()
    }

    /// By `wall` none was missing.
    pub(super) async fn note_heard(&self, wall: Timestamp) -> Result<()> {
        let Some(newest) = store::events::newest(&mut self.db.reader()).await? else { return Ok(()) };
        let heard = Heard { wall, newest: newest.created_at };
        let text = serde_json::to_string(&heard).map_err(|error| Error::Internal(error.to_string()))?;
        let mut tx = self.db.begin().await?;
        store::settings::set(&mut tx, SETTING, &text).await?;
        tx.commit().await?;
        Ok(())
    }
}
