//! The cards that a member has saved.

use crate::{Billing, Result};
use domain::ids::{AccountId, StripePaymentMethodId};
use domain::payment::Card;
use domain::payment_method::Expiry;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedCard {
    pub id: StripePaymentMethodId,
    pub card: Card,
    /// The one that pays: the live subscription's, or else the customer's.
    pub is_default: bool,
    pub expiry: Expiry,
}

impl Billing {
    /// Newest first; empty for who never had any.
    pub async fn payment_methods(&self, account: &AccountId) -> Result<Vec<SavedCard>> {
        let mut reader = self.db.reader();
        let Some(customer) = store::accounts::customer(&mut reader, account).await? else {
            return Ok(Vec::new());
        };
        let at_stripe = self.stripe.retrieve_customer(&customer).await?;
        if at_stripe.deleted {
            return Ok(Vec::new());
        }
        let live = store::subscriptions::live(&mut reader, account).await?;
        let pays = live.and_then(|live| live.seen.default_payment_method);
        let default = pays.or(at_stripe.default_payment_method);
        let now = self.now();
        let saved = self.stripe.list_payment_methods(&customer).await?;
        let cards = saved.into_iter().filter_map(|method| Some((method.id, method.card?)));
        let card = |(id, card): (_, Card)| SavedCard {
            is_default: default.as_ref() == Some(&id),
            expiry: card.expiry(now),
            id,
            card,
        };
        Ok(cards.map(card).collect())
    }
}
