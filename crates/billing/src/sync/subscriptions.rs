//! An observed subscription, brought into the mirror, with its change log and trial redemption.

use super::apply::Effect;
use super::causes::Causes;
use super::fetch::SeenSubscription;
use crate::subscriptions::redemptions;
use crate::{Billing, Result};
use domain::ids::AccountId;
use domain::subscription::intent::State;
use domain::subscription::{Change, Observed, Plan, SubscribeIntent, UserSubscription};
use store::Tx;
use store::subscription_changes::{NewChange, Side};

impl Billing {
    /// The account is locked by `tx`.
    pub(super) async fn apply_subscription(
        &self,
        tx: &mut Tx,
        account: &AccountId,
        seen: SeenSubscription,
        causes: &Causes,
    ) -> Result<Effect> {
        let SeenSubscription { observed, card } = seen;
        let before = store::subscriptions::find(tx, &observed.id).await?;
        if before.is_none() && observed.account_id.as_deref() != Some(account.as_str()) {
            return Ok(Effect::Ignored("a subscription without our metadata".to_owned()));
        }
        let intent = match &observed.subscribe_intent {
            Some(id) => store::subscribe_intents::find(tx, id).await?,
            None => None,
        };
        if before.is_none() && intent.as_ref().is_some_and(|intent| intent.state.blocks_another()) {
            return Ok(Effect::Waits);
        }
        let plan = store::tiers::plan_of(tx, &observed.price).await?;
        let (after, changes) = match (before.clone(), plan) {
            (Some(before), Some(plan)) => before.observe(plan, observed, self.now()),
            (Some(before), None) => {
                let details = format!("its price {} is none of the catalog's", observed.price);
                self.report(tx, "foreign_price", observed.id.as_str(), Some(account), &details).await?;
                let plan = before.plan.clone();
                before.observe(plan, observed, self.now())
            }
            (None, Some(plan)) => self.first_seen(tx, account, plan, observed, intent.as_ref()).await?,
            (None, None) => return Ok(Effect::Ignored("its price is none of the catalog's".to_owned())),
        };
        let after = UserSubscription { card, ..after };
        if before.as_ref() != Some(&after) {
            store::subscriptions::save(tx, &after, self.now()).await?;
            self.log_changes(tx, before.as_ref(), &after, &changes, causes).await?;
        }
        self.tell_of_subscription(tx, before.as_ref(), &after, &changes).await?;
        Ok(Effect::Applied)
    }

    async fn first_seen(
        &self,
        tx: &mut Tx,
        account: &AccountId,
        plan: Plan,
        observed: Observed,
        intent: Option<&SubscribeIntent>,
    ) -> Result<(UserSubscription, Vec<Change>)> {
        let given_up = intent.is_some_and(|intent| intent.state == State::Voided);
        let second = store::subscriptions::live(tx, account).await?.is_some();
        if observed.status.is_live() && (second || given_up) {
            // Trap 4: kept beside the primary one, and shown to a person, until it is undone.
            let details = "a second live subscription, or one of an attempt that was given up";
            self.report(tx, "extra_subscription", observed.id.as_str(), Some(account), details).await?;
        }
        if observed.trial_end.is_some() && !given_up {
            // Reserved by our own call; a trial that began elsewhere is remembered here, with its subscription.
            let card = intent.and_then(|intent| intent.card_fingerprint.as_deref());
            for redemption in redemptions(tx, account, card).await? {
                let intent = intent.map(|intent| &intent.id);
                store::trial_redemptions::take(tx, &redemption, account, intent, self.now()).await?;
            }
        }
        let id = self.new_user_subscription_id()?;
        Ok(UserSubscription::first_seen(
            id,
            account.clone(),
            !second && !given_up,
            plan,
            observed,
            self.now(),
        ))
    }

    async fn log_changes(
        &self,
        tx: &mut Tx,
        before: Option<&UserSubscription>,
        after: &UserSubscription,
        changes: &[Change],
        causes: &Causes,
    ) -> Result<()> {
        for change in changes {
            let (by, event) = causes.of(&after.seen.id, *change);
            let entry = NewChange {
                id: self.new_subscription_change_id()?,
                account: &after.account,
                subscription: &after.id,
                change: *change,
                from: before.map(side),
                to: side(after),
                by: &by,
                event,
                charged: None,
                at: self.now(),
            };
            store::subscription_changes::append(tx, entry).await?;
            let (change, cause) = (change.as_str(), by.cause.as_str());
            tracing::info!(account = %after.account, subscription = %after.seen.id, change, cause, "subscription changed");
        }
        Ok(())
    }

    /// Something that a person should look at.
    pub(crate) async fn report(
        &self,
        tx: &mut Tx,
        kind: &str,
        object_id: &str,
        account: Option<&AccountId>,
        details: &str,
    ) -> Result<()> {
        let id = format!("dis_{}", self.new_uuid()?.simple());
        if store::discrepancies::report(tx, &id, kind, object_id, account, details, self.wall()).await? {
            let account = account.map(tracing::field::display);
            tracing::error!(kind, object = object_id, account, details, "discrepancy");
        }
        Ok(())
    }
}

fn side(mirror: &UserSubscription) -> Side<'_> {
    Side { plan: &mirror.plan, status: mirror.status(), amount: mirror.seen.amount }
}
