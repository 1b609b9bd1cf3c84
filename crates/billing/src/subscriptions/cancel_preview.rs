//! What canceling at once would give back: nothing is canceled, nothing is given back.

use crate::{Billing, Error, Result};
use domain::ids::AccountId;
use domain::money::Money;

impl Billing {
    /// `None` where the rules give nothing back. Errors: [`Error::NoSubscription`]; [`Error::StripeUnavailable`].
    pub async fn preview_cancellation(&self, account: &AccountId) -> Result<Option<Money>> {
        let live =
            store::subscriptions::live(&mut self.db.reader(), account).await?.ok_or(Error::NoSubscription)?;
        let amount = match self.preview_refund(&live).await {
            Ok(amount) => amount,
            Err(Error::Invalid { .. }) => 0,
            Err(error) => return Err(error),
        };
        Ok((amount > 0).then_some(Money { amount, ..live.seen.amount }))
    }
}
