//! A wish to subscribe, written down before Stripe is asked (trap 3).

use crate::catalog::{BillingPeriod, TierSlug};
use crate::ids::{AccountId, StripePriceId, StripeSetupIntentId, StripeSubscriptionId, SubscribeIntentId};
use crate::time::Timestamp;

/// Where the wish stands. `as_str` is the word in `subscribe_intents.state`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Stripe is being asked; or the process that asked has died.
    Calling,
    /// Nobody knows what Stripe did. Only a retry under the same key, or the voiding worker, may go on.
    Unclear,
    /// The voiding worker is undoing it: nobody else may touch it.
    Voiding,
    /// A card is being set up in the browser; the next call goes on from here.
    AwaitingSetup,
    /// The subscription was made; the mirror says what became of it.
    Done,
    /// The first payment was refused: the subscription that was made for it is undone.
    Failed,
    /// Given up after an unclear failure; whatever Stripe had made was undone.
    Voided,
}

impl State {
    pub const ALL: [Self; 7] = [
        Self::Calling,
        Self::Unclear,
        Self::Voiding,
        Self::AwaitingSetup,
        Self::Done,
        Self::Failed,
        Self::Voided,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Calling => "calling",
            Self::Unclear => "unclear",
            Self::Voiding => "voiding",
            Self::AwaitingSetup => "awaiting_setup",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Voided => "voided",
        }
    }

    /// While one of these is there, a new wish of the same account must wait.
    pub const fn blocks_another(self) -> bool {
        matches!(self, Self::Calling | Self::Unclear | Self::Voiding)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubscribeIntent {
    pub id: SubscribeIntentId,
    pub account: AccountId,
    /// Under which request of the member it was made: scope and Idempotency-Key.
    pub request_key: String,
    pub state: State,
    pub tier: TierSlug,
    pub billing_period: BillingPeriod,
    pub price: StripePriceId,
    pub trial: bool,
    pub setup_intent: Option<StripeSetupIntentId>,
    pub subscription: Option<StripeSubscriptionId>,
    /// The fingerprint of the card that was set up for a trial.
    pub card_fingerprint: Option<String>,
    /// The serialized request that makes the subscription, so that a retry sends the same bytes.
    pub request: Option<String>,
    /// As the member typed it, in lower case.
    pub promotion_code: Option<String>,
    /// The code is for who has paid nothing before; known once the request is kept.
    pub promotion_first_time: bool,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

impl SubscribeIntent {
    /// Whether a retry sends what was kept, as it was.
    pub fn keeps_its_request(&self) -> bool {
        self.request.is_some() && !matches!(self.state, State::Failed | State::Voided)
    }

    /// Whether it is the same wish: what was begun for it serves this one.
    pub fn is_for(&self, price: &StripePriceId, trial: bool, promotion_code: Option<&str>) -> bool {
        self.price == *price && self.trial == trial && self.promotion_code.as_deref() == promotion_code
    }
}
