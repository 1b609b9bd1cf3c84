//! What a sync has found out, told: to the member by mail, to the host application by webhook. In the transaction
//! of the change, so that it is told if and only if it is there.

use crate::outbox::Announcement;
use crate::{Billing, Result};
use domain::entitlement::grace_until;
use domain::invoice::MirroredInvoice;
use domain::notice::{invoice_news, purchase_news, subscription_news};
use domain::purchase::TokenPurchase;
use domain::subscription::{Change, UserSubscription};
use store::Tx;

impl Billing {
    pub(super) async fn tell_of_subscription(
        &self,
        tx: &mut Tx,
        before: Option<&UserSubscription>,
        after: &UserSubscription,
        changes: &[Change],
    ) -> Result<()> {
        for news in subscription_news(before, after, changes, self.now()) {
            self.tell(tx, &after.account, &news).await?;
        }
        if !changes.is_empty() {
            let news = Announcement::SubscriptionChanged { changes, subscription: after };
            self.announce(tx, &after.account, &news, None).await?;
        }
        Ok(())
    }

    /// `subscription` is the one that it bills, as it is mirrored now.
    pub(super) async fn tell_of_invoice(
        &self,
        tx: &mut Tx,
        before: Option<&MirroredInvoice>,
        after: &MirroredInvoice,
        subscription: &UserSubscription,
    ) -> Result<()> {
        let grace_until = grace_until(subscription, &self.catalog);
        match invoice_news(before, after, subscription, grace_until, self.now()) {
            Some(news) => self.tell(tx, &after.account, &news).await,
            None => Ok(()),
        }
    }

    pub(super) async fn tell_of_purchase(
        &self,
        tx: &mut Tx,
        before: &TokenPurchase,
        after: &TokenPurchase,
    ) -> Result<()> {
        match purchase_news(before, after) {
            Some(news) => self.tell(tx, &after.account, &news).await,
            None => Ok(()),
        }
    }
}
