//! New ids: UUID v7, so that they sort by age. Their time comes from the injected wall clock.

use crate::{Billing, Error, Result};
use std::sync::atomic::{AtomicU64, Ordering};
use stripe::Key;
use uuid::{Builder, Uuid};

/// Hands out strictly increasing instants: milliseconds and a counter of 12 bits, so that two ids of one
/// process never sort against the order in which they were made.
#[derive(Debug, Default)]
pub struct Sequence(AtomicU64);

impl Sequence {
    fn next(&self, milliseconds: u64) -> u64 {
        let floor = milliseconds << 12;
        let step = |last: u64| Some(floor.max(last + 1));
        match self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, step) {
            Ok(last) | Err(last) => floor.max(last + 1),
        }
    }
}

impl Billing {
    pub(crate) fn new_uuid(&self) -> Result<Uuid> {
        let mut random = [0u8; 10];
        getrandom::fill(&mut random).map_err(|error| Error::Internal(format!("no randomness: {error}")))?;
        // Before 1970 there is nothing to bill.
        let instant = self.sequence.next(u64::try_from(self.wall().0).unwrap_or_default());
        let [.., high, low] = (instant & 0xFFF).to_be_bytes();
        random[0] = high;
        random[1] = low;
        Ok(Builder::from_unix_timestamp_millis(instant >> 12, &random).into_uuid())
    }

    /// For calls that are the same however often they are made: each is its own. Under a key that it had before, Stripe would
    /// answer a failure that it has saved, for a day.
    pub(crate) fn one_time_key(&self, step: &str) -> Result<Key> {
        Ok(Key::of(format!("{step}:{}", self.new_uuid()?)))
    }
}

macro_rules! new_ids {
    ($($function:ident -> $id:ident;)*) => {
        impl Billing { $(
            pub(crate) fn $function(&self) -> Result<domain::ids::$id> {
                Ok(domain::ids::$id::new(self.new_uuid()?))
            }
        )* }
    };
}

new_ids! {
    new_user_subscription_id -> UserSubscriptionId;
    new_subscribe_intent_id -> SubscribeIntentId;
    new_subscription_change_id -> SubscriptionChangeId;
    new_subscription_call_id -> SubscriptionCallId;
    new_plan_change_id -> PlanChangeId;
    new_token_purchase_id -> TokenPurchaseId;
    new_token_transaction_id -> TokenTransactionId;
    new_quote_id -> QuoteId;
    new_admin_action_id -> AdminActionId;
    new_invitation_id -> InvitationId;
    new_tier_assignment_id -> TierAssignmentId;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_one_millisecond_keep_their_order() {
        let sequence = Sequence::default();
        let made: Vec<_> = (0..5_000).map(|_| sequence.next(7)).collect();
        assert!(made.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(sequence.next(6) > made[4_999], "a clock that steps back does not reorder");
    }
}
