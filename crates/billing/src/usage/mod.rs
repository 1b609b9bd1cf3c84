//! AI requests: who pays for them, and how many there were. What `consume` and holds have in common is here.

mod alerts;
mod consume;
mod keyed;
mod report;

pub use consume::{Consume, Consumed};
pub use domain::usage::DEFAULT_COST;
pub use keyed::Keyed;
pub use report::{UsageReport, UsageTotals};

use crate::entitlements::Standing;
use crate::error::OutOfAllowance;
use crate::{Billing, Error, Result};
use domain::allowance::{Allowance, BillingWindow, Window};
use domain::catalog::{TierSlug, WindowKind};
use domain::ids::AccountId;
use domain::subscription::UserSubscription;
use domain::time::Timestamp;
use domain::usage::{Admission, admit};
use ledger::{Balance, InsufficientTokens, Posting, Tokens};
use serde::{Deserialize, Serialize};
use store::{Query, Tx};

/// An allowance, and the tier that gives it.
#[derive(Debug)]
pub(crate) struct Given {
    pub tier: TierSlug,
    /// Until when the tier itself is known to last.
    pub tier_until: Option<Timestamp>,
    pub allowance: Allowance,
}

/// What an account can still use. Kept with keys, so its fields are an interface.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Left {
    pub limit: i64,
    pub used: i64,
    pub window: WindowKind,
    /// Milliseconds; `None` for a window that never ends.
    pub resets_at: Option<i64>,
    pub available: i64,
    pub held: i64,
}

impl Left {
    pub(crate) fn of(allowance: &Allowance, balance: &Balance) -> Self {
        Self {
            limit: allowance.terms.limit,
            used: allowance.used,
            window: allowance.window.kind,
            resets_at: allowance.window.end.map(|end| end.0),
            available: balance.available.get(),
            held: balance.held.get(),
        }
    }
}

impl Billing {
    /// As [`domain::usage::admit`]; a refusal is [`Error::OutOfAllowance`] and says what would help.
    pub(crate) fn admit<T>(
        &self,
        cost: Tokens,
        given: &Given,
        balance: Balance,
        pay: impl FnOnce(Balance, Tokens) -> Result<T, InsufficientTokens>,
    ) -> Result<Admission<T>> {
        admit(cost, &given.allowance, balance, pay).map_err(|refusal| {
            let upgrade = self.catalog.upgrade_from(self.catalog.tier_or_free(&given.tier));
            Error::OutOfAllowance(Box::new(OutOfAllowance {
                refusal,
                upgrade_to: upgrade.map(|tier| tier.slug.clone()),
                allowance: given.allowance.clone(),
                balance,
            }))
        })
    }

    /// Writes that an AI request was paid with tokens, which took the balance from `before` to `after`. True when
    /// something is told. The caller holds the account's lock.
    pub(crate) async fn pay_with_tokens(
        &self,
        tx: &mut Tx,
        account: &AccountId,
        before: Balance,
        after: Balance,
        posting: Posting,
        feature: &str,
    ) -> Result<bool> {
        let now = self.now();
        store::tokens::save_balance(tx, account, &after, now).await?;
        let id = self.new_token_transaction_id()?;
        let told = self.tell_of_balance(tx, account, &before, &after, id.as_str()).await?;
        let new = store::tokens::NewTransaction {
            id,
            account,
            posting,
            description: feature,
            source: None,
            purchase: None,
            at: now,
        };
        store::tokens::append(tx, new).await?;
        Ok(told)
    }

    /// What the account's tier gives now, and what of it was used. To decide on it, hold the account's lock.
    pub(crate) async fn allowance(
        &self,
        q: &mut impl Query,
        account: &AccountId,
        now: Timestamp,
    ) -> Result<Given> {
        let Standing { subscription, entitled, .. } = self.standing(q, account, now).await?;
        let terms = self.catalog.tier_or_free(&entitled.tier).ai_requests;
        // A period counts only while it gives the tier: an unpaid subscription is no new allowance, and one
        // whose renewal is overdue has no present period.
        let period =
            subscription.filter(|live| live.plan.tier == entitled.tier && now < live.seen.period_end);
        let window = Window::at(terms.window, now, period.as_ref().map(billing_window).as_ref());
        let used = store::usage::used(q, account, &window).await?;
        let allowance = Allowance { terms, window, used };
        Ok(Given { tier: entitled.tier, tier_until: entitled.valid_until, allowance })
    }
}

fn billing_window(subscription: &UserSubscription) -> BillingWindow {
    let seen = &subscription.seen;
    BillingWindow { subscription: seen.id.clone(), start: seen.period_start, end: seen.period_end }
}
