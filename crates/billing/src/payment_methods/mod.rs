//! A member's cards: listed, set up, made the default, removed. The numbers stay at Stripe.

mod attempts;
mod follow;
mod list;
mod remove;
mod set_default;
mod set_up;

pub use list::SavedCard;
pub use remove::RemoveCard;
pub use set_default::{DefaultAnswer, SetDefault};
pub use set_up::{SetUpAnswer, SetUpCard};

use crate::{Billing, Error, Result};
use domain::ids::{AccountId, StripeCustomerId, StripePaymentMethodId};
use domain::payment::PaymentMethod;
use stripe::Key;

impl Billing {
    /// The card of this id, if it is this account's. [`Error::NotFound`] for another's, or one that was removed.
    pub(crate) async fn own_card(
        &self,
        account: &AccountId,
        id: &StripePaymentMethodId,
    ) -> Result<(StripeCustomerId, PaymentMethod)> {
        let customer = store::accounts::customer(&mut self.db.reader(), account).await?;
        let customer = customer.ok_or(Error::NotFound)?;
        match self.stripe.retrieve_payment_method(id).await {
            Ok(card) if card.customer.as_ref() == Some(&customer) => Ok((customer, card)),
            Ok(_) | Err(stripe::Error::NotFound { .. }) => Err(Error::NotFound),
            Err(error) => Err(error.into()),
        }
    }

    /// At Stripe, and noted here: [`Billing::follow_default_card`] tells by it what others have chosen.
    pub(crate) async fn make_default(
        &self,
        customer: &StripeCustomerId,
        card: &StripePaymentMethodId,
        key: &Key,
    ) -> Result<()> {
        self.stripe.set_customer_default(customer, card, key).await?;
        let mut tx = self.db.begin().await?;
        store::customer_syncs::note_default_card(&mut tx, customer, card).await?;
        tx.commit().await?;
        Ok(())
    }
}
