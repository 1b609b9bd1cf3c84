//! The states in which a subscription can be, in Stripe's words.

/// `subscription.status` (Stripe API 2026-05-27.dahlia).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// The first payment has not succeeded yet. Expires after 23 hours.
    Incomplete,
    /// The first payment never succeeded. Final.
    IncompleteExpired,
    Trialing,
    Active,
    /// A renewal failed and is being retried.
    PastDue,
    /// Every retry failed and Stripe was told to keep the subscription.
    Unpaid,
    /// Final.
    Canceled,
    /// The trial ended without a payment method.
    Paused,
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a subscription status")]
pub struct UnknownStatus(String);

impl Status {
    pub const ALL: [Self; 8] = [
        Self::Incomplete,
        Self::IncompleteExpired,
        Self::Trialing,
        Self::Active,
        Self::PastDue,
        Self::Unpaid,
        Self::Canceled,
        Self::Paused,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Incomplete => "incomplete",
            Self::IncompleteExpired => "incomplete_expired",
            Self::Trialing => "trialing",
            Self::Active => "active",
            Self::PastDue => "past_due",
            Self::Unpaid => "unpaid",
            Self::Canceled => "canceled",
            Self::Paused => "paused",
        }
    }

    /// Whether Stripe can still bill it. A live one blocks a second subscription (trap 28).
    pub const fn is_live(self) -> bool {
        !matches!(self, Self::Canceled | Self::IncompleteExpired)
    }
}

impl std::str::FromStr for Status {
    type Err = UnknownStatus;

    fn from_str(word: &str) -> Result<Self, UnknownStatus> {
        Self::ALL
            .into_iter()
            .find(|status| status.as_str() == word)
            .ok_or_else(|| UnknownStatus(word.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_is_read_back_from_its_word() {
        for status in Status::ALL {
            assert_eq!(status.as_str().parse(), Ok(status));
        }
        assert_eq!("ended".parse::<Status>(), Err(UnknownStatus("ended".into())));
    }

    #[test]
    fn trap_28_every_status_but_canceled_and_incomplete_expired_is_live() {
        let ended: Vec<_> = Status::ALL.into_iter().filter(|status| !status.is_live()).collect();
        assert_eq!(ended, [Status::IncompleteExpired, Status::Canceled]);
    }
}
