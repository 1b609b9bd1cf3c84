//! What canceling at once would give back: nothing is canceled, nothing is given back.

use super::CancelAt;
use super::refund::Refundable;
use crate::{Billing, Error, Result};
use domain::ids::AccountId;
use domain::money::Money;

impl Billing {
    /// `None` where the rules give nothing back. Errors: [`Error::NoSubscription`]; [`Error::StripeUnavailable`].
    pub async fn preview_cancellation(&self, account: &AccountId) -> Result<Option<Money>> {
        let live =
            store::subscriptions::live(&mut self.db.reader(), account).await?.ok_or(Error::NoSubscription)?;
        let amount = match self.refund_for_leaving(&live, CancelAt::Now).await {
            Ok(Refundable::Everything) => self.not_given_back(&live.seen.id).await?,
            Ok(Refundable::Part(amount)) => amount.min(self.not_given_back(&live.seen.id).await?),
            Err(Error::Invalid { .. }) => 0,
            Err(error) => return Err(error),
        };
        Ok((amount > 0).then_some(Money { amount, ..live.seen.amount }))
    }
}
