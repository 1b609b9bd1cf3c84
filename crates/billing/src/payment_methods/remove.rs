//! Removing a card; not the one that a live subscription is paid with.

use crate::{Billing, Error, Result};
use domain::ids::{AccountId, StripePaymentMethodId};

#[derive(Debug, Clone)]
pub struct RemoveCard {
    pub account: AccountId,
    pub payment_method: StripePaymentMethodId,
}

impl Billing {
    /// Cannot be undone. Errors: [`Error::NotFound`] for another account's card, or one that was removed before;
    /// [`Error::LastPaymentMethod`] for the card of a live subscription, or the last one while there is one.
    pub async fn remove_payment_method(&self, command: RemoveCard) -> Result<()> {
        let RemoveCard { account, payment_method: id } = &command;
        let (customer, _) = self.own_card(account, id).await?;
        if let Some(live) = store::subscriptions::live(&mut self.db.reader(), account).await? {
            let pays = live.seen.default_payment_method.as_ref() == Some(id);
            let others = self.stripe.list_payment_methods(&customer).await?;
            if pays || others.iter().all(|other| other.id == *id) {
                return Err(Error::LastPaymentMethod);
            }
        }
        self.detach_card(id).await
    }

    /// One that is detached by now is done: two calls at once, or an answer that was lost.
    pub(super) async fn detach_card(&self, id: &StripePaymentMethodId) -> Result<()> {
        match self.stripe.detach_payment_method(id, &self.one_time_key("detach")?).await {
            Err(error) if !self.is_detached(id).await? => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// Whether it is nobody's any more, or never was anybody's. One that there is not is not.
    pub(super) async fn is_detached(&self, id: &StripePaymentMethodId) -> Result<bool> {
        match self.stripe.retrieve_payment_method(id).await {
            Ok(card) => Ok(card.customer.is_none()),
            Err(stripe::Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}
