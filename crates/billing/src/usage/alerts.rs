//! Little is left: told by the request that makes it so, in its own transaction. A request that passes no threshold
//! asks the database nothing for this.

use crate::outbox::Announcement;
use crate::{Billing, Result};
use domain::alert::{fell_below, used_up_to};
use domain::allowance::{Allowance, Window};
use domain::ids::{AccountId, TokenTransactionId};
use domain::notice::{News, Notice, TokenNotice};
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
        let key = format!("use:{account}:{}:{percent}", name(&allowance.window));
        let (used, limit, resets_at) = (allowance.used, allowance.terms.limit, allowance.window.end);
        let news = Announcement::UsageThreshold { percent, used, limit, resets_at };
        self.announce(tx, account, &news, Some(&key)).await?;
        if alerts.by_mail && limit >= alerts.mailed_from {
            let notice = Notice::Tokens(TokenNotice::AllowanceUsed { percent, used, limit, resets_at });
            self.tell(tx, account, &News { key, notice }).await?;
        }
        Ok(true)
    }

    /// `movement` took what is not spent yet, what holds reserve included, from `before` to `after`: a hold alone tells
    /// nothing, because most of it may come back. True when something is told.
    pub(crate) async fn tell_of_balance(
        &self,
        tx: &mut Tx,
        account: &AccountId,
        before: i64,
        after: i64,
        movement: &TokenTransactionId,
    ) -> Result<bool> {
        let alerts = &self.catalog.alerts;
        let below = alerts.balance_low;
        if !fell_below(below, before, after) {
            return Ok(false);
        }
        let key = format!("balance:{movement}");
        let news = Announcement::BalanceLow { available: after, below };
        self.announce(tx, account, &news, Some(&key)).await?;
        if alerts.by_mail {
            let notice = Notice::Tokens(TokenNotice::BalanceLow { available: after });
            self.tell(tx, account, &News { key, notice }).await?;
        }
        Ok(true)
    }
}

fn name(window: &Window) -> String {
    let scope = window.subscription.as_ref().map(ToString::to_string).unwrap_or_default();
    format!("{}:{scope}:{}", window.kind.as_str(), window.start.0)
}
