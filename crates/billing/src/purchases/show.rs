//! One purchase of a member.

use crate::{Billing, Error, Result};
use domain::ids::AccountId;
use domain::purchase::TokenPurchase;

impl Billing {
    /// [`Error::NotFound`] for another account's purchase.
    pub async fn token_purchase(&self, account: &AccountId, id: &str) -> Result<TokenPurchase> {
        store::purchases::of_account(&mut self.db.reader(), account, id).await?.ok_or(Error::NotFound)
    }
}
