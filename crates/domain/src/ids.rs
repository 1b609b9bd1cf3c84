//! Our own ids: a prefix that is not Stripe's, and a UUID v7, so that they sort by age.

use serde::{Deserialize, Serialize};
use uuid::Uuid;
use uuid::fmt::Simple;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => { $(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            pub const PREFIX: &'static str = $prefix;

            pub fn new(uuid: Uuid) -> Self {
                Self([Self::PREFIX, uuid.simple().encode_lower(&mut [0; Simple::LENGTH])].concat())
            }

            /// What [`Self::new`] makes this very id of, in much less memory. `None` of an id that it did not make.
            pub fn uuid(&self) -> Option<Uuid> {
                let hex = self.0.strip_prefix(Self::PREFIX)?;
                let uuid = Uuid::try_parse(hex).ok()?;
                (uuid.simple().encode_lower(&mut [0; Simple::LENGTH]) == hex).then_some(uuid)
            }

            /// Takes an id as it was stored or sent. Whether such an object exists is for a look-up to say.
            pub fn from_stored(id: impl Into<String>) -> Self {
                Self(id.into())
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    )* }
}

ids! {
    UserId = "usr_";
    AccountId = "acc_";
    /// Our mirror of a Stripe subscription.
    UserSubscriptionId = "usub_";
    SubscribeIntentId = "sint_";
    SubscriptionChangeId = "chg_";
    /// A call of ours that changes a subscription.
    SubscriptionCallId = "call_";
    /// A wish for another plan.
    PlanChangeId = "plch_";
    TokenPurchaseId = "pur_";
    TokenTransactionId = "ttx_";
    HoldId = "hold_";
    QuoteId = "quo_";
    MessageId = "msg_";
    SessionId = "ses_";
    ServiceKeyId = "key_";
    AdminActionId = "adm_";
    ReconciliationRunId = "run_";
    InvitationId = "inv_";
    TierAssignmentId = "asg_";
}

macro_rules! stripe_ids {
    ($($(#[$doc:meta])* $name:ident;)*) => { $(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl $name {
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(id: &str) -> Self {
                Self(id.to_owned())
            }
        }

        impl From<String> for $name {
            fn from(id: String) -> Self {
                Self(id)
            }
        }
    )* }
}

stripe_ids! {
    StripeCustomerId;
    StripeSubscriptionId;
    StripePriceId;
    StripePaymentMethodId;
    StripePaymentIntentId;
    StripeSetupIntentId;
    StripeInvoiceId;
    StripeRefundId;
    StripeDisputeId;
    StripeEventId;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_made_of_its_uuid_again_and_no_other_is() {
        let uuid = Uuid::from_u128(0x0198_a6f2_0000_7000_8000_0000_0abc_def0);
        let id = UserId::new(uuid);
        assert_eq!(id.as_str(), "usr_0198a6f200007000800000000abcdef0");
        assert_eq!(id.uuid(), Some(uuid));
        for other in ["usr_1", "acc_0198a6f200007000800000000abcdef0", &id.as_str().to_uppercase(), ""] {
            assert_eq!(UserId::from_stored(other).uuid(), None, "{other}");
        }
        let hyphenated = format!("usr_{}", uuid.hyphenated());
        assert_eq!(UserId::from_stored(hyphenated).uuid(), None, "another text");
    }
}
