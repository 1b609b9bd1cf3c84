//! The Stripe customer of an account, made when it is first needed.

use crate::{Billing, Error, Result};
use domain::ids::{AccountId, StripeCustomerId};
use domain::time::DAY;
use stripe::requests::{Created, NewCustomer};
use stripe::types::Customer;

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
            email: owner.email.as_deref(),
            name: (!owner.name.is_empty()).then_some(owner.name.as_str()),
            former: owner.former_customers,
        };
        let made = match self.stripe.create_customer(&new).await {
            // The e-mail or the name changed since a first try whose answer was lost.
            Err(stripe::Error::IdempotencyMismatch { .. }) => self.find_customer(account).await?,
            other => other?,
        };
        let mut tx = self.db.begin().await?;
        let ours = store::accounts::set_customer(&mut tx, account, &made.id).await?;
        tx.commit().await?;
        if ours {
            return Ok(made.id);
        }
        store::accounts::customer(&mut self.db.reader(), account).await?.ok_or(Error::NotFound)
    }

    /// Runs a use case once more when the account's customer turns out to be deleted at Stripe, with another.
    pub(crate) async fn with_customer<T, F>(
        &self,
        account: &AccountId,
        call: impl Fn() -> F + Send,
    ) -> Result<T>
    where
        F: Future<Output = Result<T>> + Send,
    {
        match call().await {
            Err(Error::CustomerGone) => {
                self.replace_customer(account).await?;
                call().await
            }
            other => other,
        }
    }

    async fn replace_customer(&self, account: &AccountId) -> Result<()> {
        let Some(gone) = store::accounts::customer(&mut self.db.reader(), account).await? else {
            return Ok(());
        };
        self.refuse_other_account(&gone).await?;
        // Its subscriptions ended with it: mirrored now, while it is still known whose they were.
        self.sync_now(&gone).await?;
        let mut tx = self.db.begin().await?;
        store::accounts::lock(&mut tx, account).await?;
        if store::subscriptions::live_of_customer(&mut tx, &gone).await?.is_empty() {
            store::accounts::forget_customer(&mut tx, account, &gone).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// A deleted customer still answers. One that Stripe does not know at all belongs to another account of
    /// Stripe's: with real money nobody is forgotten because of a wrong key.
    async fn refuse_other_account(&self, gone: &StripeCustomerId) -> Result<()> {
        match self.stripe.retrieve_customer(gone).await {
            Err(stripe::Error::NotFound { .. }) if self.options.live => Err(Error::Internal(format!(
                "Stripe does not know {gone}: is STRIPE_SECRET_KEY of the right account?"
            ))),
            Ok(_) | Err(stripe::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Among the customers of the last days, by our metadata.
    async fn find_customer(&self, account: &AccountId) -> Result<Customer> {
        let created = Created::since(self.now().minus(2 * DAY));
        let mut after = None;
        loop {
            let page = self.stripe.list_customers(created, after.as_deref()).await?;
            let found = page.items.into_iter().find(|it| it.account_id.as_deref() == Some(account.as_str()));
            match (found, page.next) {
                (Some(customer), _) => return Ok(customer),
                (None, Some(next)) => after = Some(next),
                (None, None) => {
                    return Err(Error::Internal(format!("the customer of {account} is not at Stripe")));
                }
            }
        }
    }
}
