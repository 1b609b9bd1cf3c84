//! The kill switch: new subscriptions and purchases can be stopped at run time, everything else goes on.

use crate::{Billing, Error, Result};

impl Billing {
    /// Whether new subscriptions and purchases are off (`settings.sales_paused`).
    pub async fn sales_paused(&self) -> Result<bool> {
        let value = store::settings::get(&mut self.db.reader(), "sales_paused").await?;
        Ok(value.as_deref() == Some("true"))
    }

    pub(crate) async fn refuse_paused_sales(&self) -> Result<()> {
        if self.sales_paused().await? { Err(Error::SalesPaused) } else { Ok(()) }
    }
}
