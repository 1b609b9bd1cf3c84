//! What a member is answered: the subscription, and what the browser still has to confirm.

use domain::payment::{ClientSecret, IntentStatus, PaymentIntent, SetupIntent};
use domain::subscription::UserSubscription;

#[derive(Debug)]
pub struct SubscribeAnswer {
    pub subscription: Option<UserSubscription>,
    /// Set only when the person must act.
    pub confirm: Option<Confirm>,
}

/// Which intent, and how to go on with it (trap 34).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confirm {
    pub intent: ConfirmIntent,
    pub action: ConfirmAction,
    pub client_secret: ClientSecret,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConfirmIntent {
    Payment,
    Setup,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConfirmAction {
    /// 3D Secure: `stripe.handleNextAction`.
    NextAction,
    /// Take a card: the payment element, then `confirmPayment` or `confirmSetup`.
    Collect,
}

/// What an intent in this status wants of the person.
pub(super) fn action(status: IntentStatus) -> Option<ConfirmAction> {
    match status {
        IntentStatus::RequiresAction => Some(ConfirmAction::NextAction),
        IntentStatus::RequiresPaymentMethod | IntentStatus::RequiresConfirmation => {
            Some(ConfirmAction::Collect)
        }
        IntentStatus::Processing
        | IntentStatus::RequiresCapture
        | IntentStatus::Canceled
        | IntentStatus::Succeeded => None,
    }
}

impl Confirm {
    /// What a payment intent still wants of the person, if anything.
    pub(crate) fn of_payment(intent: &PaymentIntent) -> Option<Self> {
        let client_secret = intent.client_secret.clone()?;
        Some(Self { intent: ConfirmIntent::Payment, action: action(intent.status)?, client_secret })
    }

    /// What a setup intent still wants of the person, if anything.
    pub(crate) fn of_setup(intent: &SetupIntent) -> Option<Self> {
        let client_secret = intent.client_secret.clone()?;
        Some(Self { intent: ConfirmIntent::Setup, action: action(intent.status)?, client_secret })
    }
}
