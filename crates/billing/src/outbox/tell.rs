//! News for a member, put into the outbox in the transaction of the change.

use super::templates::{self, Words};
use crate::{Billing, Result};
use domain::ids::AccountId;
use domain::notice::News;
use store::Tx;

impl Billing {
    /// Told once; to nobody, when the owner was deleted or has no address. Call [`Billing::outbox_wake`] after the
    /// commit.
    pub(crate) async fn tell(&self, tx: &mut Tx, account: &AccountId, news: &News) -> Result<()> {
        let owner = store::accounts::owner(tx, account).await?;
        let Some(address) = owner.and_then(|owner| owner.email) else { return Ok(()) };
        let words = Words { catalog: &self.catalog, public_url: &self.options.public_url };
        let mail = templates::notice(&news.notice, words);
        self.post(tx, Some(account), &address, mail, Some(&news.key)).await?;
        Ok(())
    }
}
