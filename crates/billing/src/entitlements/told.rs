//! Access that changes is told to the host application, also where nothing but time has changed it: grace that is
//! over, a cancellation whose date has come, a renewal that was never heard of.

use super::Standing;
use crate::outbox::Announcement;
use crate::{Billing, Result};
use domain::catalog::TierSlug;
use domain::entitlement::grace_until;
use domain::ids::AccountId;
use domain::notice::{News, Notice, SubscriptionNotice, TierNotice};
use domain::subscription::Status;
use domain::time::{HOUR, Timestamp};
use store::Tx;
use store::told_entitlements::{self, Told};

const AT_ONCE: i64 = 50;

impl Billing {
    /// Compares what the account has access to now with what was told last, and tells the difference. The account
    /// is locked by `tx`.
    pub(crate) async fn tell_entitlement(&self, tx: &mut Tx, account: &AccountId) -> Result<()> {
        let now = self.now();
        let standing = self.standing(tx, account, now).await?;
        let entitled = &standing.entitled;
        let told = told_entitlements::find(tx, account).await?;
        let before = told.as_ref().map_or_else(TierSlug::free, |told| told.tier_slug.clone());
        let check_at = entitled.valid_until;
        if before == entitled.tier && told.as_ref().and_then(|told| told.check_at) == check_at {
            return Ok(());
        }
        let changed = before != entitled.tier;
        let changes = told.map_or(0, |told| told.changes) + i64::from(changed);
        let to = Told { tier_slug: entitled.tier.clone(), check_at, changes };
        told_entitlements::save(tx, account, &to).await?;
        if changed {
            let news = Announcement::EntitlementChanged { from: &before, to: entitled };
            self.announce(tx, account, &news, Some(&format!("{account}:{changes}"))).await?;
            tracing::info!(%account, from = %before, to = %entitled.tier, "access changed");
            if let Some(news) = self.news_of_time(&standing, &before, now) {
                self.tell(tx, account, &news).await?;
            }
        }
        Ok(())
    }

    /// For the member: what no event tells.
    fn news_of_time(&self, standing: &Standing, before: &TierSlug, now: Timestamp) -> Option<News> {
        if let Some(live) = standing.subscription.as_ref().filter(|live| live.status() == Status::PastDue)
            && live.plan.tier == *before
            && grace_until(live, &self.catalog).is_some_and(|end| end <= now)
        {
            let since = live.past_due_since.unwrap_or_default().0;
            return Some(News {
                key: format!("{}:grace_ended:{since}", live.seen.id),
                notice: Notice::Subscription(SubscriptionNotice::GraceEnded { tier: before.clone() }),
            });
        }
        let given = standing.assigned.as_ref()?;
        (given.tier == *before && given.ends_at.is_some_and(|end| end <= now)).then(|| News {
            key: format!("{}:ended", given.id),
            notice: Notice::Tier(TierNotice::AssignmentEnded { tier: before.clone() }),
        })
    }

    /// One turn of the worker; answers when to be called again, by business time.
    pub async fn tell_due_entitlements(&self) -> Result<Option<Timestamp>> {
        loop {
            let due = told_entitlements::due(&mut self.db.reader(), self.now(), AT_ONCE).await?;
            for account in &due {
                let mut tx = self.db.begin().await?;
                store::accounts::lock(&mut tx, account).await?;
                self.tell_entitlement(&mut tx, account).await?;
                tx.commit().await?;
            }
            if due.is_empty() {
                let next = told_entitlements::next_due(&mut self.db.reader()).await?;
                let latest = self.now().plus(HOUR);
                return Ok(Some(next.map_or(latest, |next| next.min(latest))));
            }
            self.outbox_wake();
        }
    }
}
