//! Usage for a spreadsheet: what was used on each of the last thirty days, for what and by which model.

use super::report::first_day;
use crate::{Billing, Result};
use domain::ids::AccountId;
use store::usage_days::LabelledDay;

impl Billing {
    /// Oldest first; days without use are left out.
    pub async fn usage_by_day(&self, account: &AccountId) -> Result<Vec<LabelledDay>> {
        let since = first_day(self.now()).date();
        Ok(store::usage_days::by_day(&mut self.db.reader(), account, &since).await?)
    }
}
