//! What the browser still has to confirm.

use billing::subscriptions::{Confirm, ConfirmAction, ConfirmIntent};
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Debug, Serialize, ToSchema)]
pub struct ConfirmView {
    /// `payment` or `setup`: which of the two kinds of intent it is.
    pub intent: &'static str,
    /// `next_action`: 3D Secure, `stripe.handleNextAction`. `collect`: take a card with the payment element,
    /// then `confirmPayment` or `confirmSetup`.
    pub action: &'static str,
    pub client_secret: String,
}

impl From<&Confirm> for ConfirmView {
    fn from(confirm: &Confirm) -> Self {
        Self {
            intent: match confirm.intent {
                ConfirmIntent::Payment => "payment",
                ConfirmIntent::Setup => "setup",
            },
            action: match confirm.action {
                ConfirmAction::NextAction => "next_action",
                ConfirmAction::Collect => "collect",
            },
            client_secret: confirm.client_secret.expose().to_owned(),
        }
    }
}
