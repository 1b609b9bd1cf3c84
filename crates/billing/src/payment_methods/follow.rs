//! A card that the member chose in Stripe's portal is the customer's default only, and a subscription's own card beats
//! it: so it is given to the subscription, too.

use crate::Billing;
use domain::ids::StripeCustomerId;
use domain::subscription::Status;

impl Billing {
    /// Within the customer's lease, before its objects are fetched. Nothing is done where the default is the one that
    /// was noted: a card that somebody gave to the subscription alone stays.
    pub(crate) async fn follow_default_card(&self, customer: &StripeCustomerId) -> Result<(), crate::Error> {
        let mut reader = self.db.reader();
        let noted = store::customer_syncs::default_card(&mut reader, customer).await?;
        let Some(default) = self.stripe.retrieve_customer(customer).await?.default_payment_method else {
            return Ok(());
        };
        if noted.as_ref() == Some(&default) {
            return Ok(());
        }
        let account = store::accounts::find_by_customer(&mut reader, customer).await?;
        let live = match &account {
            Some(account) => store::subscriptions::live(&mut reader, account).await?,
            None => None,
        };
        if let Some(live) = live
            && live.status() != Status::Incomplete
            && live.seen.default_payment_method.as_ref() != Some(&default)
        {
            let key = self.one_time_key("follow")?;
            self.give_card(&live, &default, key.as_str()).await?;
            tracing::info!(%customer, subscription = %live.seen.id, "the member's new default card pays the subscription");
        }
        let mut tx = self.db.begin().await?;
        store::customer_syncs::note_default_card(&mut tx, customer, &default).await?;
        tx.commit().await?;
        Ok(())
    }
}
