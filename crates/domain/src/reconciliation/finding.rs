//! One thing that does not agree, and how it is mended.

use crate::ids::{
    AccountId, StripeCustomerId, StripeEventId, StripePaymentIntentId, StripeSubscriptionId, TokenPurchaseId,
};
use crate::wanted::Wanted;

/// `as_str` is the word in reports and in `discrepancies.kind`; docs/operations/reconciliation.md explains each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    CustomerDeleted,
    CustomerGone,
    SubscriptionMissing,
    SubscriptionDiffers,
    SubscriptionGone,
    ExtraSubscription,
    ForeignPrice,
    InvoiceDiffers,
    PaidTwice,
    PurchaseNotGranted,
    PurchaseDiffers,
    PaymentMismatch,
    PaymentWithoutPurchase,
    PaidAfterAll,
    GrantedNotPaid,
    RefundNotApplied,
    RefundFailed,
    DisputeNotApplied,
    GrantDiffers,
    TakenBackDiffers,
    GrantWithoutPayment,
    GrantWithoutReason,
    LedgerDiffers,
    CallStuck,
    EventDead,
}

impl Kind {
    pub const ALL: [Self; 25] = [
        Self::CustomerDeleted,
        Self::CustomerGone,
        Self::SubscriptionMissing,
        Self::SubscriptionDiffers,
        Self::SubscriptionGone,
        Self::ExtraSubscription,
        Self::ForeignPrice,
        Self::InvoiceDiffers,
        Self::PaidTwice,
        Self::PurchaseNotGranted,
        Self::PurchaseDiffers,
        Self::PaymentMismatch,
        Self::PaymentWithoutPurchase,
        Self::PaidAfterAll,
        Self::GrantedNotPaid,
        Self::RefundNotApplied,
        Self::RefundFailed,
        Self::DisputeNotApplied,
        Self::GrantDiffers,
        Self::TakenBackDiffers,
        Self::GrantWithoutPayment,
        Self::GrantWithoutReason,
        Self::LedgerDiffers,
        Self::CallStuck,
        Self::EventDead,
    ];

    /// Whether it is a run that finds this and resolves it; else only a person does.
    pub fn is_found_by_runs(word: &str) -> bool {
        Self::ALL.iter().any(|kind| kind.as_str() == word)
    }

    /// Whether each run compares all of it, however far it looks back.
    pub fn is_compared_whole(word: &str) -> bool {
        let whole = [
            Self::CustomerDeleted,
            Self::CustomerGone,
            Self::SubscriptionMissing,
            Self::SubscriptionDiffers,
            Self::SubscriptionGone,
            Self::ForeignPrice,
            Self::GrantDiffers,
            Self::TakenBackDiffers,
            Self::GrantWithoutPayment,
            Self::GrantWithoutReason,
            Self::LedgerDiffers,
            Self::CallStuck,
            Self::EventDead,
        ];
        whole.iter().any(|kind| kind.as_str() == word)
    }

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CustomerDeleted => "customer_deleted",
            Self::CustomerGone => "customer_gone",
            Self::SubscriptionMissing => "subscription_missing",
            Self::SubscriptionDiffers => "subscription_differs",
            Self::SubscriptionGone => "subscription_gone",
            Self::ExtraSubscription => "extra_subscription",
            Self::ForeignPrice => "foreign_price",
            Self::InvoiceDiffers => "invoice_differs",
            Self::PaidTwice => "paid_twice",
            Self::PurchaseNotGranted => "purchase_not_granted",
            Self::PurchaseDiffers => "purchase_differs",
            Self::PaymentMismatch => "payment_mismatch",
            Self::PaymentWithoutPurchase => "payment_without_purchase",
            Self::PaidAfterAll => "paid_after_all",
            Self::GrantedNotPaid => "granted_not_paid",
            Self::RefundNotApplied => "refund_not_applied",
            Self::RefundFailed => "refund_failed",
            Self::DisputeNotApplied => "dispute_not_applied",
            Self::GrantDiffers => "grant_differs",
            Self::TakenBackDiffers => "taken_back_differs",
            Self::GrantWithoutPayment => "grant_without_payment",
            Self::GrantWithoutReason => "grant_without_reason",
            Self::LedgerDiffers => "ledger_differs",
            Self::CallStuck => "call_stuck",
            Self::EventDead => "event_dead",
        }
    }
}

/// What a repair does: always by the code that a webhook or a member's call would have used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Repair {
    /// Fetch it again and apply what Stripe says now.
    Fetch { customer: StripeCustomerId, wanted: Wanted },
    /// A second live subscription: end it now and give its payments back.
    End { subscription: StripeSubscriptionId, account: AccountId },
    /// A payment of a purchase that was given up: give it back.
    GiveBack { payment: StripePaymentIntentId, purchase: TokenPurchaseId },
    /// Undo calls whose outcome nobody knows, as their workers do.
    FinishCalls,
    /// Apply the event once more.
    Replay(StripeEventId),
    /// A person has to look.
    Person,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub kind: Kind,
    /// The id of what does not agree.
    pub object: String,
    pub account: Option<AccountId>,
    /// For a person: what is here, and what is there.
    pub details: String,
    pub repair: Repair,
}

impl Finding {
    pub(super) fn new(
        kind: Kind,
        object: &impl ToString,
        account: &AccountId,
        details: impl Into<String>,
        repair: Repair,
    ) -> Self {
        let (object, account) = (object.to_string(), Some(account.clone()));
        Self { kind, object, account, details: details.into(), repair }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_word_of_its_own() {
        let mut words: Vec<_> = Kind::ALL.iter().map(|kind| kind.as_str()).collect();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), Kind::ALL.len());
    }

    #[test]
    fn what_the_program_itself_reports_is_not_found_by_runs() {
        assert!(Kind::is_found_by_runs(Kind::PaidTwice.as_str()));
        assert!(!Kind::is_found_by_runs("refund_blocked"));
    }
}
