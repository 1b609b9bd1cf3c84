//! How our own types are stored: as an argument of a statement and as a column of a row.

use crate::db::{Column, Columns, Result, Row, Scalar, Val};
use domain::catalog::{BillingPeriod, TierSlug, WindowKind};
use domain::dispute::DisputeStatus;
use domain::ids::{
    AccountId, AdminActionId, HoldId, InvitationId, MessageId, PlanChangeId, QuoteId, ReconciliationRunId,
    ServiceKeyId, SessionId, StripeCustomerId, StripeDisputeId, StripeEventId, StripeInvoiceId,
    StripePaymentIntentId, StripePaymentMethodId, StripePriceId, StripeRefundId, StripeSetupIntentId,
    StripeSubscriptionId, SubscribeIntentId, SubscriptionCallId, SubscriptionChangeId, TierAssignmentId,
    TokenPurchaseId, TokenTransactionId, UserId, UserSubscriptionId,
};
use domain::invoice::InvoiceStatus;
use domain::money::Currency;
use domain::payment::IntentStatus;
use domain::purchase::{CallState, PurchaseStatus};
use domain::subscription::intent::State;
use domain::subscription::plan_change;
use domain::subscription::{Call, Cause, Status};
use domain::time::Timestamp;
use ledger::Tokens;

/// A type that is stored as one of the three scalars. Its `Option` is a column that may be NULL.
pub(crate) trait Stored: Sized {
    type As: Scalar;

    /// The reason, when the stored value is none of ours.
    fn from_scalar(stored: Self::As) -> Result<Self, String>;
}

fn read<T: Stored>(row: &Row<'_>, column: Column<'_>) -> Result<Option<T>> {
    row.scalar::<T::As>(column)?
        .map(|stored| T::from_scalar(stored).map_err(|reason| column.unreadable(reason)))
        .transpose()
}

macro_rules! columns {
    ($($type:ty),* $(,)?) => { $(
        impl Columns for $type {
            fn read(row: &Row<'_>, column: Column<'_>) -> Result<Self> {
                read(row, column)?.ok_or_else(|| column.unreadable("NULL"))
            }
        }
        impl Columns for Option<$type> {
            fn read(row: &Row<'_>, column: Column<'_>) -> Result<Self> {
                read(row, column)
            }
        }
    )* }
}

macro_rules! itself {
    ($($type:ty),*) => { $(
        impl Stored for $type {
            type As = $type;
            fn from_scalar(stored: $type) -> Result<Self, String> {
                Ok(stored)
            }
        }
    )* columns! { $($type),* } }
}

/// Types that are stored under another: `stored! { Type as Scalar, write, read }`, where `write` makes the
/// scalar of a reference and `read` is fallible with a reason.
macro_rules! stored {
    ($($type:ty as $scalar:ty, $variant:ident, $write:expr, $read:expr;)*) => { $(
        impl Stored for $type {
            type As = $scalar;
            fn from_scalar(stored: $scalar) -> Result<Self, String> {
                $read(stored)
            }
        }
        impl From<&$type> for Val {
            fn from(value: &$type) -> Self {
                Self::$variant(Some($write(value)))
            }
        }
        impl From<$type> for Val {
            fn from(value: $type) -> Self {
                Self::from(&value)
            }
        }
        impl From<Option<&$type>> for Val {
            fn from(value: Option<&$type>) -> Self {
                Self::$variant(value.map($write))
            }
        }
        impl From<Option<$type>> for Val {
            fn from(value: Option<$type>) -> Self {
                Self::from(value.as_ref())
            }
        }
        columns! { $type }
    )* }
}

macro_rules! ids {
    ($($id:ident),* $(,)?) => { stored! { $(
        $id as String, Text, |id: &$id| id.as_str().to_owned(), |stored| Ok($id::from_stored(stored));
    )* } };
}

macro_rules! stripe_ids {
    ($($id:ident),* $(,)?) => { stored! { $(
        $id as String, Text, |id: &$id| id.as_str().to_owned(), |stored| Ok($id(stored));
    )* } };
}

itself! { bool, i64, String }

stored! {
    Timestamp as i64, Int, |at: &Timestamp| at.0, |stored| Ok(Timestamp(stored));
    Tokens as i64, Int, |tokens: &Tokens| tokens.get(), |stored| {
        Tokens::new(stored).ok_or_else(|| format!("{stored} is negative"))
    };
}

ids! {
    AccountId, AdminActionId, HoldId, InvitationId, MessageId, PlanChangeId, QuoteId, ReconciliationRunId, ServiceKeyId, SessionId, SubscribeIntentId, SubscriptionCallId, SubscriptionChangeId, TierAssignmentId, TokenPurchaseId, TokenTransactionId, UserId, UserSubscriptionId,
}

stripe_ids! {
    StripeCustomerId, StripeDisputeId, StripeEventId, StripeInvoiceId, StripePaymentIntentId, StripePaymentMethodId,
    StripePriceId, StripeRefundId, StripeSetupIntentId, StripeSubscriptionId,
}

/// Enums of `domain`, stored under the words of their `as_str`.
macro_rules! words {
    ($($word:ty),* $(,)?) => { stored! { $(
        $word as String, Text, |word: &$word| word.as_str().to_owned(), |stored: String| {
            <$word>::ALL
                .into_iter()
                .find(|word| word.as_str() == stored)
                .ok_or_else(|| format!("`{stored}` is not one of its words"))
        };
    )* } };
}

words! { BillingPeriod, Call, CallState, Cause, DisputeStatus, IntentStatus, InvoiceStatus, PurchaseStatus, State, Status, WindowKind, plan_change::State }

stored! {
    TierSlug as String, Text, |slug: &TierSlug| slug.as_str().to_owned(), |stored: String| {
        Ok(TierSlug::from_stored(stored))
    };
    Currency as String, Text, |currency: &Currency| currency.as_str().to_owned(), |stored: String| {
        stored.parse().map_err(|error: domain::money::InvalidCurrency| error.to_string())
    };
}
