//! Cards that expire before the next payment, told while there is time to change them.

use crate::{Billing, Result};
use domain::notice::card_news;
use domain::time::{DAY, HOUR, Timestamp};

/// How far ahead payments are looked at, in milliseconds: further than anything is told.
const AHEAD: i64 = 31 * DAY;

impl Billing {
    /// One turn of the worker; answers when to be called again, by business time.
    pub async fn remind_of_cards(&self) -> Result<Option<Timestamp>> {
        let now = self.now();
        let mut told = false;
        for paying in
            store::subscriptions::with_expiring_cards(&mut self.db.reader(), now.plus(AHEAD)).await?
        {
            let Some(news) = card_news(&paying, now) else { continue };
            let mut tx = self.db.begin().await?;
            self.tell(&mut tx, &paying.account, &news).await?;
            tx.commit().await?;
            told = true;
        }
        if told {
            self.outbox_wake();
        }
        Ok(Some(now.plus(HOUR)))
    }
}
