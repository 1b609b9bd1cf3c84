//! Why a use case did not do what it was asked. Each variant is something that the caller can act upon; the
//! last three are ours to mend.

use crate::ai::UpstreamFailure;
use domain::allowance::Allowance;
use domain::catalog::{Feature, TierSlug};
use domain::hold::HoldRecord;
use domain::payment::Decline;
use domain::purchase::TokenPurchase;
use domain::quote::Quote;
use domain::usage::Refusal;
use ledger::Balance;
use std::sync::Arc;

pub type Result<T, E = Error> = std::result::Result<T, E>;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("there is no such object in this account")]
    NotFound,
    #[error("there is no tier `{0}`")]
    UnknownTier(String),
    #[error("there is no package `{0}`")]
    UnknownPackage(String),
    #[error("this tier is by invitation only")]
    TierByInvitation,
    #[error("the account has a subscription already")]
    AlreadySubscribed,
    #[error("the trial was used before")]
    TrialUsed { preview: Box<Quote> },
    #[error("the account has no subscription")]
    NoSubscription,
    #[error("a payment is due first")]
    PaymentDue,
    /// What was shown is not what would be charged any more: here is what would.
    #[error("the quote has expired")]
    QuoteExpired { quote: Box<Quote> },
    #[error("the subscription is paused")]
    SubscriptionPaused,
    /// In words for the member.
    #[error("the subscription cannot be paused: {reason}")]
    PauseNotAvailable { reason: String },
    #[error("nothing is pending that could be undone")]
    NothingToResume,
    /// The reason, in words for the member.
    #[error("this promotion code cannot be used: {reason}")]
    PromotionCodeInvalid { reason: String },
    /// Field and reason, in words for the person who called.
    #[error("{field}: {reason}")]
    Invalid { field: &'static str, reason: String },
    #[error("the card was declined: {}", decline.message)]
    CardDeclined { decline: Decline, purchase: Option<Box<TokenPurchase>> },
    /// By this account, within an hour: nothing was asked of Stripe.
    #[error("too many cards were refused")]
    TooManyDeclines { retry_after_seconds: i64 },
    #[error("a live subscription is paid with this card")]
    LastPaymentMethod,
    /// There is none that could be charged, and nobody there to give one.
    #[error("a card is needed")]
    PaymentMethodRequired,
    #[error("an earlier attempt at the same thing is still being cleared up")]
    EarlierAttemptUnclear { retry_after_seconds: i64 },
    #[error("the idempotency key was used for another request")]
    IdempotencyKeyReused,
    #[error("verify the e-mail address first")]
    EmailNotVerified,
    #[error("out of AI requests or tokens")]
    OutOfAllowance(Box<OutOfAllowance>),
    #[error("the tier does not include {}", feature.key)]
    FeatureNotInTier {
        feature: Feature,
        /// The first tier on sale that includes it.
        upgrade_to: Option<TierSlug>,
    },
    #[error("the tier's limit of {key} is reached")]
    LimitReached {
        key: String,
        limit: i64,
        used: i64,
        /// The first tier on sale that allows one more.
        upgrade_to: Option<TierSlug>,
    },
    /// Empty where none was named, and there is none that fits.
    #[error("there is no AI model `{0}` here")]
    UnknownModel(String),
    #[error("the tier does not have the AI model `{model}`")]
    ModelNotInTier { model: String, upgrade_to: Option<TierSlug> },
    /// More in a minute than the tier allows.
    #[error("too many AI requests")]
    TooManyAiRequests { retry_after_seconds: i64 },
    /// As many as the tier allows run already.
    #[error("too many AI requests at a time")]
    TooManyAtATime { most: u32, retry_after_seconds: i64 },
    /// Under this idempotency key, and paid; the answer was not kept.
    #[error("the request was answered before")]
    AlreadyAnswered,
    #[error(transparent)]
    AiUpstream(#[from] UpstreamFailure),
    /// It ended in another way, or its time is over.
    #[error("the hold is not held any more")]
    HoldNotHeld { hold: Box<HoldRecord> },
    #[error("the account is being deleted")]
    Leaving,
    #[error("sales are paused")]
    SalesPaused,
    /// Stripe could not be reached, or did not answer in time. Whether it did what was asked may be unknown.
    #[error("the payment provider cannot be reached")]
    StripeUnavailable {
        retry_after_seconds: i64,
        /// Stripe may have done what was asked.
        unclear: bool,
    },
    /// The account's customer was deleted at Stripe. Use cases answer it by making another.
    #[error("the customer was deleted at the payment provider")]
    CustomerGone,
    /// Nothing was done, as far as is known: too much waits, or the database does not answer.
    #[error("too much at once")]
    Overloaded,
    #[error("{0}")]
    Internal(String),
    /// Shared by everybody who waited for the same answer.
    #[error(transparent)]
    Store(#[from] Arc<store::Error>),
    /// An answer of Stripe that the use case does not expect.
    #[error("stripe: {0}")]
    Stripe(Box<stripe::Error>),
}

/// A refused AI request: what is left, when there is more, and which tier has more.
#[derive(Debug)]
pub struct OutOfAllowance {
    pub refusal: Refusal,
    pub allowance: Allowance,
    pub balance: Balance,
    pub upgrade_to: Option<TierSlug>,
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        Self::Store(Arc::new(error))
    }
}

impl From<ledger::BalanceOverflow> for Error {
    fn from(error: ledger::BalanceOverflow) -> Self {
        Self::Internal(error.to_string())
    }
}
