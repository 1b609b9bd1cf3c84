//! Little is left: told by the request that makes it so, in its own transaction. A request that passes no threshold
//! asks the database nothing for this.

use crate::outbox::Announcement;
use crate::{Billing, Result};
use domain::allowance::Allowance;
use domain::ids::AccountId;
use domain::notice::{News, Notice, TokenNotice};
use domain::usage::Told;
use ledger::Balance;
use store::Tx;

impl Billing {
    pub(super) async fn tell_of(&self, tx: &mut Tx, account: &AccountId, told: &Told) -> Result<()> {
        match told {
            Told::Used { percent, allowance } => self.tell_of_use(tx, account, *percent, allowance).await,
            Told::Low { left, movement } => self.tell_of_balance(tx, account, left, movement).await,
        }
    }

    async fn tell_of_use(
        &self,
        tx: &mut Tx,
        account: &AccountId,
        percent: i64,
        allowance: &Allowance,
    ) -> Result<()> {
        let alerts = &self.catalog.alerts;
        // Once per window and threshold, also where a larger tier makes the same threshold come again.
        let Allowance { window, .. } = allowance;
        let key =
            format!("use:{account}:{}:{}:{}:{percent}", window.kind.as_str(), window.scope(), window.start.0);
        let (used, limit, resets_at) = (allowance.used, allowance.terms.limit, window.end);
        let news = Announcement::UsageThreshold { percent, used, limit, resets_at };
        self.announce(tx, account, &news, Some(&key)).await?;
        if alerts.by_mail && limit >= alerts.mailed_from {
            let notice = Notice::Tokens(TokenNotice::AllowanceUsed { percent, used, limit, resets_at });
            self.tell(tx, account, &News { key, notice }).await?;
        }
        Ok(())
    }

    async fn tell_of_balance(
        &self,
        tx: &mut Tx,
        account: &AccountId,
        left: &Balance,
        movement: &str,
    ) -> Result<()> {
        let alerts = &self.catalog.alerts;
        let key = format!("balance:{movement}");
        let (available, held) = (left.available.get(), left.held.get());
        let news = Announcement::BalanceLow { available, held, below: alerts.balance_low };
        self.announce(tx, account, &news, Some(&key)).await?;
        if alerts.by_mail {
            let notice = Notice::Tokens(TokenNotice::BalanceLow { available, held });
            self.tell(tx, account, &News { key, notice }).await?;
        }
        Ok(())
    }
}
