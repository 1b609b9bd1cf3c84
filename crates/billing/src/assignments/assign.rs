//! Gives an account a tier without a subscription.

use crate::admin_actions::{Action, Actor};
use crate::{Billing, Error, Result};
use domain::assignment::TierAssignment;
use domain::catalog::TierSlug;
use domain::ids::AccountId;
use domain::notice::{News, Notice, TierNotice};
use domain::time::Timestamp;
use serde_json::json;

#[derive(Debug)]
pub struct AssignTier {
    pub account: AccountId,
    pub tier_slug: String,
    /// `None`: until somebody ends it.
    pub until: Option<Timestamp>,
    pub actor: Actor,
    pub reason: String,
}

impl Billing {
    /// Takes the place of what was given before; the same once more changes nothing. Errors:
    /// [`Error::UnknownTier`]; [`Error::Invalid`] for the free tier and for a time that is over.
    pub async fn assign_tier(&self, command: AssignTier) -> Result<TierAssignment> {
        let AssignTier { account, tier_slug, until, actor, reason } = command;
        let (now, tier) = (self.now(), TierSlug::from_stored(tier_slug.clone()));
        if self.catalog.tier(&tier).is_none() {
            return Err(Error::UnknownTier(tier_slug));
        }
        if tier.is_free() {
            let reason = "everybody has the free tier: end the assignment instead".to_owned();
            return Err(Error::Invalid { field: "tier_slug", reason });
        }
        if until.is_some_and(|until| until <= now) {
            return Err(Error::Invalid { field: "until", reason: "must be in the future".to_owned() });
        }
        let mut tx = self.db.begin().await?;
        if !store::accounts::lock(&mut tx, &account).await?
            || store::accounts::owner(&mut tx, &account).await?.is_none()
        {
            return Err(Error::NotFound);
        }
        let present = store::tier_assignments::current(&mut tx, &account).await?;
        if let Some(same) = present.filter(|it| it.tier == tier && it.ends_at == until && it.holds_at(now)) {
            return Ok(same);
        }
        store::tier_assignments::end(&mut tx, &account, now).await?;
        let given = TierAssignment {
            id: self.new_tier_assignment_id()?,
            account: account.clone(),
            tier: tier.clone(),
            starts_at: now,
            ends_at: until,
            reason: reason.clone(),
            actor: actor.as_str().to_owned(),
        };
        store::tier_assignments::insert(&mut tx, &given).await?;
        let name = "account.assign_tier";
        let action = Action { actor: &actor, name, target: account.as_str(), reason: &reason };
        let details = json!({"tier_slug": tier_slug, "until": until.map(|at| at.to_string())}).to_string();
        self.log_asked_action(&mut tx, &self.new_admin_action_id()?, action, &details, None).await?;
        let notice = Notice::Tier(TierNotice::Assigned { tier, until });
        self.tell(&mut tx, &account, &News { key: format!("{}:assigned", given.id), notice }).await?;
        self.tell_entitlement(&mut tx, &account).await?;
        tx.commit().await?;
        self.outbox_wake();
        Ok(given)
    }
}
