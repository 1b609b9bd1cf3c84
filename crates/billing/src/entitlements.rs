//! What an account may do now, for hosts and pages.

mod facts;
mod feature;
mod limit;
mod told;

pub use facts::KnownFacts;
pub use feature::FeatureCheck;
pub use limit::LimitCheck;

use crate::usage::{Present, present};
use crate::{Billing, Error, Result};
use domain::allowance::Allowance;
use domain::assignment::TierAssignment;
use domain::catalog::SubscriptionTier;
use domain::entitlement::{Entitlement, entitlement};
use domain::ids::AccountId;
use domain::subscription::UserSubscription;
use domain::time::Timestamp;
use store::Query;
use store::standings::{Facts, StandingNow};

/// What an account has, and what it has access to by that.
#[derive(Debug)]
pub(crate) struct Standing {
    /// The live one.
    pub subscription: Option<UserSubscription>,
    /// The tier that it was given; its time may be over.
    pub assigned: Option<TierAssignment>,
    pub entitled: Entitlement,
}

#[derive(Debug)]
pub struct Entitlements {
    pub tier: SubscriptionTier,
    pub ai_requests: Allowance,
    /// Tokens that can be spent, and those that holds reserve.
    pub available: i64,
    pub held: i64,
    /// The live one.
    pub subscription: Option<UserSubscription>,
    /// Until then this answer holds unless something happens; `None` when only an event can change it.
    pub valid_until: Option<Timestamp>,
}

/// How often what an account's access follows from is read, while others change it.
const TRIES: u32 = 5;

impl Billing {
    /// To decide on it, hold the account's lock.
    pub(crate) async fn standing(
        &self,
        q: &mut impl Query,
        account: &AccountId,
        now: Timestamp,
    ) -> Result<Standing> {
        let subscription = store::subscriptions::live(q, account).await?;
        let assigned = store::tier_assignments::current(q, account).await?;
        let entitled = entitlement(subscription.as_ref(), assigned.as_ref(), &self.catalog, now);
        Ok(Standing { subscription, assigned, entitled })
    }

    /// Everything that the account may do, in one statement while nothing of its subscription changes. For answers
    /// only: what admits an AI request reads under the account's lock. Errors: [`Error::NotFound`].
    pub async fn entitlements(&self, account: &AccountId) -> Result<Entitlements> {
        let now = self.now();
        let (facts, seen) = self.facts_now(account, now).await?;
        let Present { tier, tier_until, terms, window } = self.gives(&facts, now);
        Ok(Entitlements {
            tier: self.catalog.tier_or_free(&tier).clone(),
            valid_until: [tier_until, window.end].into_iter().flatten().min(),
            ai_requests: Allowance { terms, window, used: seen.used },
            available: seen.available,
            held: seen.held,
            subscription: facts.subscription.as_deref().cloned(),
        })
    }

    /// The tier that the account has access to now, as [`Billing::entitlements`] finds it.
    async fn tier_now(&self, account: &AccountId) -> Result<(SubscriptionTier, Option<Timestamp>)> {
        let now = self.now();
        let (facts, _) = self.facts_now(account, now).await?;
        let Present { tier, tier_until, .. } = self.gives(&facts, now);
        Ok((self.catalog.tier_or_free(&tier).clone(), tier_until))
    }

    /// Time alone can change it: so it is worked out anew each time, and only what it follows from is kept.
    pub(crate) fn gives(&self, facts: &Facts, now: Timestamp) -> Present {
        let subscription = facts.subscription.as_deref();
        let entitled = entitlement(subscription, facts.assigned.as_deref(), &self.catalog, now);
        present(subscription, entitled, &self.catalog, now)
    }

    /// What the account's access follows from, as the database has it now, and what else it says.
    async fn facts_now(&self, account: &AccountId, now: Timestamp) -> Result<(Facts, StandingNow)> {
        if let Some(known) = self.known_facts.get(account) {
            let seen = self.seen(account, &known, now).await?;
            if seen.version == known.version {
                return Ok((known, seen));
            }
        }
        // Changed between two of its statements, an account is read once more: nobody changes it all the time.
        let mut tries = 0;
        loop {
            let read = store::standings::facts(&mut self.db.reader(), account).await?;
            let read = read.ok_or(Error::NotFound)?;
            let seen = self.seen(account, &read, now).await?;
            tries += 1;
            if seen.version == read.version || tries == TRIES {
                self.known_facts.keep(account, read.clone());
                return Ok((read, seen));
            }
        }
    }

    async fn seen(&self, account: &AccountId, facts: &Facts, now: Timestamp) -> Result<StandingNow> {
        let window = self.gives(facts, now).window;
        let seen = store::standings::now(&mut self.db.reader(), account, &window).await?;
        seen.ok_or(Error::NotFound)
    }
}
