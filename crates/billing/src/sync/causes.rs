//! Whose doing a change is: of the call of ours that could have made it, else Stripe's.

use super::fetch::Fetched;
use crate::inbox::work::Work;
use crate::{Billing, Result};
use domain::ids::{AccountId, StripeEventId, StripeSubscriptionId};
use domain::subscription::{By, Call, Cause, Change, Status};
use domain::time::{DAY, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use store::Tx;
use store::subscription_calls::OpenCall;

/// How long a call that was never answered can be the reason for what is seen, in milliseconds of wall time.
const UNANSWERED: i64 = DAY;

/// From when on a call that was never answered counts.
pub(super) fn unanswered_since(wall: Timestamp) -> Timestamp {
    wall.minus(UNANSWERED)
}

/// What changes of one turn may be attributed to.
#[derive(Debug, Default)]
pub(super) struct Causes {
    /// Newest first.
    calls: Vec<OpenCall>,
    /// The newest event about each subscription.
    events: BTreeMap<StripeSubscriptionId, StripeEventId>,
    /// Calls that had been answered before anything was fetched: their effect is seen by this turn.
    answered: BTreeSet<String>,
}

impl Causes {
    pub(super) fn of(
        &self,
        subscription: &StripeSubscriptionId,
        change: Change,
    ) -> (By, Option<&StripeEventId>) {
        let call = self.calls.iter().find(|call| {
            call.kind.may_cause(change)
                && call.stripe_subscription_id.as_ref().is_none_or(|of| of == subscription)
        });
        match call {
            Some(call) => (By { cause: call.cause, actor: call.actor.clone() }, None),
            None => (By { cause: Cause::Stripe, actor: None }, self.events.get(subscription)),
        }
    }
}

impl Billing {
    /// The account is locked by `tx`.
    pub(super) async fn causes(&self, tx: &mut Tx, account: &AccountId, fetched: &Fetched) -> Result<Causes> {
        let mut events = BTreeMap::new();
        for (event, work) in &fetched.events {
            if let Work::Subscription(id) | Work::Invoice(_, id) = work {
                events.insert(id.clone(), event.id.clone());
            }
        }
        let since = unanswered_since(self.wall());
        let calls = store::subscription_calls::open(tx, account, since).await?;
        Ok(Causes { calls, events, answered: fetched.answered_calls.clone() })
    }

    /// After everything was applied: whatever those calls did has been seen by now, but for what still waits for
    /// the member to confirm a payment.
    pub(super) async fn close_calls(&self, tx: &mut Tx, account: &AccountId, causes: &Causes) -> Result<()> {
        let live = store::subscriptions::live(tx, account).await?;
        let incomplete = live.as_ref().is_some_and(|live| live.status() == Status::Incomplete);
        let pending = live.as_ref().is_some_and(|live| live.seen.pending_update.is_some());
        // What a wish has made is not mirrored before the wish is settled.
        let wish = store::subscribe_intents::open(tx, account).await?;
        let unmirrored = wish.is_some_and(|wish| wish.state.blocks_another())
            || store::subscribe_intents::has_unmirrored(tx, account).await?;
        let waits = |call: Call| match call {
            Call::Subscribe => incomplete || unmirrored,
            Call::Pay => incomplete,
            Call::Update => pending,
            _ => false,
        };
        for call in &causes.calls {
            if causes.answered.contains(call.id.as_str()) && !waits(call.kind) {
                store::subscription_calls::close(tx, &call.id, self.wall()).await?;
            }
        }
        Ok(())
    }
}
