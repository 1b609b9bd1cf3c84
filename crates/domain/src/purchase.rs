//! A purchase of tokens: one row per attempt to buy; its id is the idempotency key (trap 26).

use crate::ids::{AccountId, StripePaymentIntentId, TokenPurchaseId};
use crate::money::Money;
use crate::payment::{IntentStatus, PaymentIntent};
use crate::time::Timestamp;
use ledger::{MoneyBack, Tokens, tokens_taken_back};

/// What members see. `as_str` is the word of the API and the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PurchaseStatus {
    Pending,
    Completed,
    /// The last attempt to pay was refused; it can be tried again.
    Failed,
    Canceled,
    Refunded,
    PartiallyRefunded,
    Disputed,
}

impl PurchaseStatus {
    pub const ALL: [Self; 7] = [
        Self::Pending,
        Self::Completed,
        Self::Failed,
        Self::Canceled,
        Self::Refunded,
        Self::PartiallyRefunded,
        Self::Disputed,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Canceled => "canceled",
            Self::Refunded => "refunded",
            Self::PartiallyRefunded => "partially_refunded",
            Self::Disputed => "disputed",
        }
    }

    /// Whether its tokens have been granted.
    pub const fn is_granted(self) -> bool {
        matches!(self, Self::Completed | Self::Refunded | Self::PartiallyRefunded | Self::Disputed)
    }
}

/// Whether a call to Stripe is under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallState {
    /// Stripe is being asked; or the process that asked has died.
    Calling,
    /// Nobody knows what Stripe did. Only a retry under the same key, or the voiding worker, may go on.
    Unclear,
    /// The voiding worker is undoing it: nobody else may touch it.
    Voiding,
    Settled,
}

impl CallState {
    pub const ALL: [Self; 4] = [Self::Calling, Self::Unclear, Self::Voiding, Self::Settled];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Calling => "calling",
            Self::Unclear => "unclear",
            Self::Voiding => "voiding",
            Self::Settled => "settled",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenPurchase {
    pub id: TokenPurchaseId,
    pub account: AccountId,
    pub package_slug: String,
    pub package_name: String,
    pub tokens: Tokens,
    pub price: Money,
    pub status: PurchaseStatus,
    pub call: CallState,
    /// Under which request of the member it was made: scope and Idempotency-Key.
    pub request_key: String,
    /// The serialized request, so that a retry sends the same bytes.
    pub request: Option<String>,
    /// Counts the attempts to pay; a part of Stripe's idempotency key, since a decline is replayed.
    pub attempt: i64,
    pub payment_intent: Option<StripePaymentIntentId>,
    /// Minor units that went back to the card.
    pub refunded_amount: i64,
    /// Tokens that were taken back, for refunds and disputes together.
    pub tokens_taken_back: Tokens,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// What Stripe's payment intent means for the purchase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Payment {
    /// Paid in full: the tokens are due.
    Paid,
    Refused,
    Canceled,
    /// Not decided yet.
    Open,
}

/// The payment is not for this purchase: a surprise that a person must look at.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the payment does not fit the purchase: {0}")]
pub struct PaymentMismatch(String);

impl TokenPurchase {
    /// Reads the payment intent, checking that it is ours, for this amount and in this currency.
    pub fn payment(&self, intent: &PaymentIntent) -> Result<Payment, PaymentMismatch> {
        if intent.purchase_id.as_deref() != Some(self.id.as_str()) {
            return Err(PaymentMismatch(format!("it names the purchase {:?}", intent.purchase_id)));
        }
        if let Some(known) = self.payment_intent.as_ref().filter(|known| **known != intent.id) {
            return Err(PaymentMismatch(format!("{known} is the payment of {}", self.id)));
        }
        match intent.status {
            IntentStatus::Succeeded => {
                if intent.amount.currency != self.price.currency
                    || intent.amount_received != self.price.amount
                {
                    let received = Money { amount: intent.amount_received, ..intent.amount };
                    return Err(PaymentMismatch(format!("{received} came in where {} was due", self.price)));
                }
                Ok(Payment::Paid)
            }
            IntentStatus::Canceled => Ok(Payment::Canceled),
            IntentStatus::RequiresPaymentMethod if intent.last_payment_error.is_some() => {
                Ok(Payment::Refused)
            }
            _ => Ok(Payment::Open),
        }
    }

    /// What members see once so much of its money has gone back. One whose dispute was lost stays disputed: its
    /// money is gone, and nobody gave it back.
    pub fn status_with(&self, back: MoneyBack) -> PurchaseStatus {
        match back {
            MoneyBack { frozen: true, .. } | MoneyBack { charged_back: 1.., .. } => PurchaseStatus::Disputed,
            MoneyBack { refunded: ..=0, .. } => PurchaseStatus::Completed,
            part if part.refunded < self.price.amount => PurchaseStatus::PartiallyRefunded,
            _ => PurchaseStatus::Refunded,
        }
    }

    /// What is taken back of it in all.
    pub fn taken_back_with(&self, back: MoneyBack) -> Tokens {
        tokens_taken_back(self.tokens, self.price.amount, back)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::money::Currency;

    pub(crate) fn purchase() -> TokenPurchase {
        TokenPurchase {
            id: TokenPurchaseId::from_stored("pur_1"),
            account: AccountId::from_stored("acc_1"),
            package_slug: "starter".into(),
            package_name: "Starter".into(),
            tokens: Tokens::new(100_000).unwrap(),
            price: Money { amount: 500, currency: Currency::USD },
            status: PurchaseStatus::Pending,
            call: CallState::Settled,
            request_key: "k".into(),
            request: None,
            attempt: 1,
            payment_intent: Some("pi_1".into()),
            refunded_amount: 0,
            tokens_taken_back: Tokens::ZERO,
            created_at: Timestamp(0),
            updated_at: Timestamp(0),
        }
    }

    pub(crate) fn intent(status: IntentStatus) -> PaymentIntent {
        PaymentIntent {
            id: "pi_1".into(),
            status,
            amount: Money { amount: 500, currency: Currency::USD },
            amount_received: 500,
            customer: None,
            payment_method: None,
            client_secret: None,
            last_payment_error: None,
            created: Timestamp(0),
            purchase_id: Some("pur_1".into()),
            account_id: None,
        }
    }

    #[test]
    fn only_the_full_amount_in_the_right_currency_pays() {
        assert_eq!(purchase().payment(&intent(IntentStatus::Succeeded)), Ok(Payment::Paid));
        let short = PaymentIntent { amount_received: 499, ..intent(IntentStatus::Succeeded) };
        assert!(purchase().payment(&short).is_err());
        let euros = Money { amount: 500, currency: "eur".parse().unwrap() };
        let foreign = PaymentIntent { amount: euros, ..intent(IntentStatus::Succeeded) };
        assert!(purchase().payment(&foreign).is_err());
        let other = PaymentIntent { purchase_id: Some("pur_2".into()), ..intent(IntentStatus::Succeeded) };
        assert!(purchase().payment(&other).is_err());
        let second = PaymentIntent { id: "pi_2".into(), ..intent(IntentStatus::Succeeded) };
        assert!(purchase().payment(&second).is_err());
        let unknown = TokenPurchase { payment_intent: None, ..purchase() };
        assert_eq!(unknown.payment(&second), Ok(Payment::Paid));
    }

    #[test]
    fn an_intent_that_waits_for_its_first_card_was_not_refused() {
        assert_eq!(purchase().payment(&intent(IntentStatus::RequiresPaymentMethod)), Ok(Payment::Open));
    }
}
