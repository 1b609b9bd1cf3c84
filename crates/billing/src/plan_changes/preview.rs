//! What another plan would cost: nothing is changed, nothing is charged. The quote can be acted upon.

use super::target::{Asked, refuse_unchangeable};
use crate::{Billing, Error, Result};
use domain::catalog::BillingPeriod;
use domain::ids::AccountId;
use domain::quote::Quote;

#[derive(Debug, Clone)]
pub struct PreviewPlan {
    pub account: AccountId,
    /// What is left out stays as it is.
    pub tier_slug: Option<String>,
    pub billing_period: Option<BillingPeriod>,
    pub promotion_code: Option<String>,
}

impl Billing {
    /// Errors: those of the offer; [`Error::NoSubscription`]; [`Error::PaymentDue`]; [`Error::SubscriptionPaused`].
    pub async fn preview_plan_change(&self, command: &PreviewPlan) -> Result<Quote> {
        let account = &command.account;
        let live =
            store::subscriptions::live(&mut self.db.reader(), account).await?.ok_or(Error::NoSubscription)?;
        let asked = Asked {
            tier_slug: command.tier_slug.as_deref(),
            billing_period: command.billing_period,
            promotion_code: command.promotion_code.as_deref(),
        };
        let look = self.stripe.retrieve_to_change(&live.seen.id).await?;
        if !asked.is_free() {
            refuse_unchangeable(&look, &live, self.now())?;
        }
        let target = self.target(account, asked, &live, &look.subscription).await?;
        let priced = self.price(target, look, self.now()).await?;
        self.keep_quote(account, &priced.quote, Some(&priced.pinned)).await?;
        Ok(priced.quote)
    }
}
