//! A dispute: the cardholder's bank asks for a payment's money back. Mirrored: Stripe decides.

use crate::ids::{StripeDisputeId, StripePaymentIntentId};
use crate::money::Money;
use crate::time::Timestamp;
use ledger::MoneyBack;

/// `dispute.status` (Stripe API 2026-05-27.dahlia).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DisputeStatus {
    /// An inquiry: no money was taken yet.
    WarningNeedsResponse,
    WarningUnderReview,
    /// Final: the inquiry came to nothing.
    WarningClosed,
    /// The money was taken; evidence can be sent until it is due.
    NeedsResponse,
    UnderReview,
    /// Final: the money came back.
    Won,
    /// Final: the money is gone.
    Lost,
    /// Final: it never became one, as a rule because the payment was refunded.
    Prevented,
}

/// What a dispute does to what its payment has paid for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    Nothing,
    Frozen,
    ChargedBack,
}

impl DisputeStatus {
    pub const ALL: [Self; 8] = [
        Self::WarningNeedsResponse,
        Self::WarningUnderReview,
        Self::WarningClosed,
        Self::NeedsResponse,
        Self::UnderReview,
        Self::Won,
        Self::Lost,
        Self::Prevented,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::WarningNeedsResponse => "warning_needs_response",
            Self::WarningUnderReview => "warning_under_review",
            Self::WarningClosed => "warning_closed",
            Self::NeedsResponse => "needs_response",
            Self::UnderReview => "under_review",
            Self::Won => "won",
            Self::Lost => "lost",
            Self::Prevented => "prevented",
        }
    }

    pub const fn effect(self) -> Effect {
        match self {
            Self::NeedsResponse | Self::UnderReview => Effect::Frozen,
            Self::Lost => Effect::ChargedBack,
            // An inquiry moves no money; a prevented one ends in a refund, which counts by itself.
            Self::WarningNeedsResponse
            | Self::WarningUnderReview
            | Self::WarningClosed
            | Self::Won
            | Self::Prevented => Effect::Nothing,
        }
    }

    /// Whether nothing moves it any more.
    pub const fn is_closed(self) -> bool {
        matches!(self, Self::WarningClosed | Self::Won | Self::Lost | Self::Prevented)
    }
}

/// As it was fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dispute {
    pub id: StripeDisputeId,
    pub payment_intent: Option<StripePaymentIntentId>,
    pub status: DisputeStatus,
    /// May differ from what was charged.
    pub amount: Money,
    /// Stripe's word: `fraudulent`, `product_not_received`, ...
    pub reason: String,
    /// Until when evidence can be sent.
    pub due_by: Option<Timestamp>,
    pub created: Timestamp,
}

/// What all refunds and disputes of one payment come to.
pub fn money_back(refunded: i64, disputes: &[Dispute]) -> MoneyBack {
    let with = |effect| disputes.iter().filter(move |dispute| dispute.status.effect() == effect);
    MoneyBack {
        refunded,
        charged_back: with(Effect::ChargedBack).map(|dispute| dispute.amount.amount).sum(),
        frozen: with(Effect::Frozen).next().is_some(),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::money::Currency;

    pub(crate) fn dispute(status: DisputeStatus, amount: i64) -> Dispute {
        Dispute {
            id: "du_1".into(),
            payment_intent: Some("pi_1".into()),
            status,
            amount: Money { amount, currency: Currency::USD },
            reason: "fraudulent".into(),
            due_by: None,
            created: Timestamp(0),
        }
    }

    #[test]
    fn an_inquiry_and_what_was_won_or_prevented_take_nothing() {
        let nothing = [
            DisputeStatus::WarningNeedsResponse,
            DisputeStatus::WarningUnderReview,
            DisputeStatus::WarningClosed,
            DisputeStatus::Won,
            DisputeStatus::Prevented,
        ];
        assert_eq!(money_back(0, &nothing.map(|status| dispute(status, 500))), MoneyBack::default());
    }

    #[test]
    fn several_disputes_of_one_payment_add_up() {
        let both = [dispute(DisputeStatus::Lost, 250), dispute(DisputeStatus::UnderReview, 250)];
        assert_eq!(money_back(10, &both), MoneyBack { refunded: 10, charged_back: 250, frozen: true });
    }
}
