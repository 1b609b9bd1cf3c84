//! The Stripe customer of an account, made when it is first needed.

use crate::{Billing, Error, Result};
use domain::ids::{AccountId, StripeCustomerId};
use stripe::requests::NewCustomer;

impl Billing {
    /// One customer for each account: the idempotency key is the account, so two tabs get the same one.
    pub(crate) async fn ensure_customer(&self, account: &AccountId) -> Result<StripeCustomerId> {
        let mut reader = self.db.reader();
        if let Some(customer) = store::accounts::customer(&mut reader, account).await? {
            return Ok(customer);
        }
        let owner = store::accounts::owner(&mut reader, account).await?.ok_or(Error::NotFound)?;
        let new = NewCustomer {
            account,
            email: owner.email.as_deref().unwrap_or_default(),
            name: (!owner.name.is_empty()).then_some(owner.name.as_str()),
        };
        let made = self.stripe.create_customer(&new).await?;
        let mut tx = self.db.begin().await?;
        let ours = store::accounts::set_customer(&mut tx, account, &made.id).await?;
        tx.commit().await?;
        if ours {
            return Ok(made.id);
        }
        store::accounts::customer(&mut self.db.reader(), account).await?.ok_or(Error::NotFound)
    }
}
