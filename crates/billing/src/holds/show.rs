//! A hold as it is now.

use super::{HoldAnswer, Named};
use crate::{Billing, Error, Result};

impl Billing {
    pub(crate) async fn show_hold(&self, named: &Named) -> Result<HoldAnswer> {
        let mut reader = self.db.reader();
        let found = store::holds::find(&mut reader, &named.account, &named.hold).await?;
        let hold = found.filter(|hold| hold.owner == named.owner).ok_or(Error::NotFound)?;
        let balance = store::tokens::balance(&mut reader, &named.account).await?;
        self.hold_answer(&mut reader, &hold, &balance).await
    }
}
