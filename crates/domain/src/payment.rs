//! What Stripe says of payments, payment methods and refunds: the fields that we use.

use crate::ids::{
    StripeCustomerId, StripePaymentIntentId, StripePaymentMethodId, StripeRefundId, StripeSetupIntentId,
};
use crate::money::Money;
use crate::time::Timestamp;

/// The status of a payment intent or a setup intent, in Stripe's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IntentStatus {
    RequiresPaymentMethod,
    RequiresConfirmation,
    /// The person must act: 3D Secure.
    RequiresAction,
    Processing,
    RequiresCapture,
    Canceled,
    Succeeded,
}

impl IntentStatus {
    pub const ALL: [Self; 7] = [
        Self::RequiresPaymentMethod,
        Self::RequiresConfirmation,
        Self::RequiresAction,
        Self::Processing,
        Self::RequiresCapture,
        Self::Canceled,
        Self::Succeeded,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RequiresPaymentMethod => "requires_payment_method",
            Self::RequiresConfirmation => "requires_confirmation",
            Self::RequiresAction => "requires_action",
            Self::Processing => "processing",
            Self::RequiresCapture => "requires_capture",
            Self::Canceled => "canceled",
            Self::Succeeded => "succeeded",
        }
    }
}

/// Why a card was not accepted, in Stripe's codes and in words for the person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decline {
    /// `error.code`, such as `card_declined` or `expired_card`.
    pub code: String,
    /// `error.decline_code`, such as `insufficient_funds`.
    pub decline_code: Option<String>,
    /// Stripe's message, fit to be shown to the card's holder.
    pub message: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentIntent {
    pub id: StripePaymentIntentId,
    pub status: IntentStatus,
    pub amount: Money,
    pub amount_received: i64,
    pub customer: Option<StripeCustomerId>,
    pub payment_method: Option<StripePaymentMethodId>,
    /// For the browser that confirms. Never logged, never stored.
    pub client_secret: Option<ClientSecret>,
    pub last_payment_error: Option<Decline>,
    pub created: Timestamp,
    /// `metadata.purchase_id`: only a token purchase has one.
    pub purchase_id: Option<String>,
    /// `metadata.account_id`.
    pub account_id: Option<String>,
}

impl PaymentIntent {
    /// Why it was refused, where that is how it stands. Voiding its invoice cancels it, and the reason stays: whoever
    /// cleans up after a refusal and comes back to it must not take it for anything else.
    pub const fn refusal(&self) -> Option<&Decline> {
        match self.status {
            IntentStatus::RequiresPaymentMethod | IntentStatus::Canceled => self.last_payment_error.as_ref(),
            IntentStatus::RequiresConfirmation
            | IntentStatus::RequiresAction
            | IntentStatus::Processing
            | IntentStatus::RequiresCapture
            | IntentStatus::Succeeded => None,
        }
    }

    /// It came in, and is more than what went `back`, in minor units.
    pub fn is_kept(&self, back: i64) -> bool {
        self.status == IntentStatus::Succeeded && back < self.amount_received
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetupIntent {
    pub id: StripeSetupIntentId,
    pub status: IntentStatus,
    pub customer: Option<StripeCustomerId>,
    /// Expanded when it was asked for by a use case that needs the fingerprint.
    pub payment_method: Option<PaymentMethod>,
    pub client_secret: Option<ClientSecret>,
    pub last_setup_error: Option<Decline>,
    /// `metadata.subscribe_intent`.
    pub subscribe_intent: Option<String>,
}

/// Lets the browser confirm one intent. `Debug` hides it; nothing stores it.
#[derive(Clone, PartialEq, Eq)]
pub struct ClientSecret(String);

impl ClientSecret {
    pub fn new(secret: String) -> Self {
        Self(secret)
    }

    /// For the answer to the person who confirms, and for nobody else.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for ClientSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ClientSecret(hidden)")
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentMethod {
    pub id: StripePaymentMethodId,
    pub customer: Option<StripeCustomerId>,
    /// `None` for methods that are not cards.
    pub card: Option<Card>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Card {
    /// Stripe's word: `visa`, `mastercard`, ...
    pub brand: String,
    pub last4: String,
    pub exp_month: i64,
    pub exp_year: i64,
    /// Identifies the card number within one Stripe account.
    pub fingerprint: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refund {
    pub id: StripeRefundId,
    pub amount: Money,
    /// False once it failed or was canceled: the money stayed.
    pub counts: bool,
    pub payment_intent: Option<StripePaymentIntentId>,
    /// `metadata.reason`: our id of what asked for it; `None` for one that was made in the dashboard.
    pub reason: Option<String>,
}

impl Refund {
    /// For whoever gives the money back in another way.
    pub fn failure(&self) -> String {
        let reason = self.reason.as_deref().unwrap_or("no reason");
        format!("{} was given back ({reason}), and Stripe says that it has not arrived", self.amount)
    }
}

/// Of all refunds of a payment, newest first: those of ours that failed, and that no newer one has made good.
pub fn not_made_good(refunds: &[Refund]) -> Vec<&Refund> {
    let mut newer = 0;
    let mut failed = Vec::new();
    for refund in refunds {
        if refund.counts {
            newer += refund.amount.amount;
        } else if refund.reason.is_some() {
            if newer >= refund.amount.amount {
                newer -= refund.amount.amount;
            } else {
                failed.push(refund);
            }
        }
    }
    failed
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Currency;

    fn refund(id: &str, amount: i64, counts: bool, reason: Option<&str>) -> Refund {
        let amount = Money { amount, currency: Currency::USD };
        Refund { id: id.into(), amount, counts, payment_intent: None, reason: reason.map(str::to_owned) }
    }

    #[test]
    fn a_refund_that_failed_is_made_good_by_newer_ones_only() {
        let failed = refund("re_1", 500, false, Some("sub_1"));
        let given = |amount| refund("re_2", amount, true, None);
        let ids =
            |refunds: &[Refund]| not_made_good(refunds).iter().map(|it| it.id.clone()).collect::<Vec<_>>();
        assert_eq!(ids(std::slice::from_ref(&failed)), ["re_1".into()]);
        assert_eq!(ids(&[given(500), failed.clone()]), []);
        assert_eq!(ids(&[given(499), failed.clone()]), ["re_1".into()]);
        assert_eq!(ids(&[failed.clone(), given(500)]), ["re_1".into()], "that was another one");
        // One for two of the same amount.
        let second = refund("re_3", 500, false, Some("sub_1"));
        assert_eq!(ids(&[given(500), second, failed]), ["re_1".into()]);
        assert_eq!(ids(&[refund("re_1", 500, false, None)]), [], "whoever made it looks after it");
    }

    #[test]
    fn what_was_refused_stays_refused_when_its_invoice_is_void() {
        let decline = Decline { code: "card_declined".into(), decline_code: None, message: String::new() };
        let refused = |status| PaymentIntent {
            last_payment_error: Some(decline.clone()),
            ..crate::purchase::tests::intent(status)
        };
        for status in IntentStatus::ALL {
            let expected = matches!(status, IntentStatus::RequiresPaymentMethod | IntentStatus::Canceled);
            assert_eq!(refused(status).refusal().is_some(), expected, "{status:?}");
        }
        // Nobody has tried it, or nobody will.
        for status in [IntentStatus::RequiresPaymentMethod, IntentStatus::Canceled] {
            assert_eq!(crate::purchase::tests::intent(status).refusal(), None);
        }
    }
}
