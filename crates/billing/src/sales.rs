//! The kill switch: new subscriptions and purchases can be stopped at run time, everything else goes on.

use crate::admin_actions::{Action, Actor};
use crate::{Billing, Error, Result};

const SETTING: &str = "sales_paused";

impl Billing {
    /// Whether new subscriptions and purchases are off. Read from the database each time, so that it takes effect
    /// on every instance at once.
    pub async fn sales_paused(&self) -> Result<bool> {
        let value = store::settings::get(&mut self.db.reader(), SETTING).await?;
        Ok(value.as_deref() == Some("true"))
    }

    /// Switches it, and logs who did it and why. False when it was so already: then nothing is logged.
    pub async fn pause_sales(&self, paused: bool, actor: &Actor, reason: &str) -> Result<bool> {
        let mut tx = self.db.begin().await?;
        let before = store::settings::get(&mut tx, SETTING).await?.as_deref() == Some("true");
        if before == paused {
            return Ok(false);
        }
        store::settings::set(&mut tx, SETTING, if paused { "true" } else { "false" }).await?;
        let name = if paused { "sales.pause" } else { "sales.resume" };
        self.log_action(&mut tx, Action { actor, name, target: SETTING, reason }).await?;
        tx.commit().await?;
        tracing::warn!(paused, actor = actor.as_str(), reason, "sales switched");
        Ok(true)
    }

    pub(crate) async fn refuse_paused_sales(&self) -> Result<()> {
        if self.sales_paused().await? { Err(Error::SalesPaused) } else { Ok(()) }
    }
}
