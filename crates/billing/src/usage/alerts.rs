//! Little is left: told by the request that makes it so, in its own transaction. A request that passes no threshold
//! asks the database nothing for this.

use crate::outbox::Announcement;
use crate::{Billing, Result};
use domain::alert::{fell_below, used_up_to};
use domain::allowance::{Allowance, Window};
use domain::ids::AccountId;
use domain::notice::{News, Notice, TokenNotice};
use ledger::Balance;
use store::Tx;

impl Billing {
    /// `allowance` is as it is with the unit that was just used. True when something is told.
    pub(crate) async fn tell_of_use(
        &self,
        tx: &mut Tx,
        account: &AccountId,
        allowance: &Allowance,
    ) -> Result<bool> {
        let alerts = &self.catalog.alerts;
        let Some(percent) = used_up_to(allowance, &alerts.allowance_percent) else { return Ok(false) };
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
        Ok(true)
    }

    /// A hold has used its unit of `window`. What other holds may still give back is not used yet. Nothing is told of a
    /// window that is not the account's any more.
    pub(crate) async fn tell_of_captured(
        &self,
        tx: &mut Tx,
        account: &AccountId,
        window: &Window,
    ) -> Result<bool> {
        let Allowance { terms, window: present, used } =
            self.allowance(tx, account, self.now()).await?.allowance;
        if (present.kind, present.start, present.scope()) != (window.kind, window.start, window.scope()) {
            return Ok(false);
        }
        let used = used - store::holds::open_units(tx, account, window).await?;
        self.tell_of_use(tx, account, &Allowance { terms, window: present, used }).await
    }

    /// `movement`, by our id of it, took the balance from `before` to `after`. What counts is what is not spent yet, with
    /// what holds reserve: a hold alone tells nothing, because most of it may come back. True when something is told.
    pub(crate) async fn tell_of_balance(
        &self,
        tx: &mut Tx,
        account: &AccountId,
        before: &Balance,
        after: &Balance,
        movement: &str,
    ) -> Result<bool> {
        let alerts = &self.catalog.alerts;
        let below = alerts.balance_low;
        if !fell_below(below, before.unspent(), after.unspent()) {
            return Ok(false);
        }
        let key = format!("balance:{movement}");
        let (available, held) = (after.available.get(), after.held.get());
        let news = Announcement::BalanceLow { available, held, below };
        self.announce(tx, account, &news, Some(&key)).await?;
        if alerts.by_mail {
            let notice = Notice::Tokens(TokenNotice::BalanceLow { available, held });
            self.tell(tx, account, &News { key, notice }).await?;
        }
        Ok(true)
    }
}
