//! What can go wrong, by what the caller can do about it.

use domain::payment::{Decline, PaymentIntent, SetupIntent};
use std::time::Duration;

/// Stripe's id of one request, to be named to its support.
pub type RequestId = Option<String>;

/// Messages of Stripe's are carried with anything that looks like a secret taken out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Final for this idempotency key: Stripe replays it. Another card is another attempt.
    #[error("the card was declined ({}): show the message and ask for another card{}", .decline.code, at(.request_id.as_deref()))]
    Declined {
        decline: Decline,
        /// The intent that was made all the same, and can be tried again.
        payment_intent: Option<Box<PaymentIntent>>,
        setup_intent: Option<Box<SetupIntent>>,
        request_id: RequestId,
    },
    /// The bank wants the person, who was not there (off session).
    #[error("the bank wants the card's holder to authenticate: ask the member to pay on session{}", at(.request_id.as_deref()))]
    AuthenticationRequired {
        decline: Decline,
        payment_intent: Option<Box<PaymentIntent>>,
        setup_intent: Option<Box<SetupIntent>>,
        request_id: RequestId,
    },
    /// Paying an invoice needs 3D Secure: fetch the invoice and hand out its confirmation secret.
    #[error("the invoice's payment wants 3D Secure: fetch the invoice, let the browser confirm{}", at(.request_id.as_deref()))]
    InvoiceRequiresAction { decline: Decline, request_id: RequestId },
    /// The object in the path does not exist (404).
    #[error("Stripe has no such object: {message}{}", at(.request_id.as_deref()))]
    NotFound { message: String, request_id: RequestId },
    /// Refused as it stands (400 and the like): the same request will be refused again.
    #[error("Stripe refused the request ({status} {}{}): {message}{}", .code.as_deref().unwrap_or("no code"), on(.param.as_deref()), at(.request_id.as_deref()))]
    Invalid {
        code: Option<String>,
        param: Option<String>,
        message: String,
        status: u16,
        /// `payment_intent_unexpected_state` tells the state so.
        payment_intent: Option<Box<PaymentIntent>>,
        request_id: RequestId,
    },
    /// The key was used before with other parameters: send the stored request, or begin a new attempt.
    #[error("the idempotency key was used with other parameters: send the stored request or begin a new attempt{}", at(.request_id.as_deref()))]
    IdempotencyMismatch { message: String, request_id: RequestId },
    /// Nothing was done. Our own limiter answers so too, without a request id.
    #[error("too many requests: try again in {} s{}", .retry_after.as_secs().max(1), at(.request_id.as_deref()))]
    RateLimited { retry_after: Duration, request_id: RequestId },
    /// Stripe could not be reached, or failed.
    #[error(
        "Stripe is unavailable ({reason}): {} in {} s{}",
        if *.unclear { "it may have taken effect; send the same request under the same key" } else { "nothing was done; try again" },
        .retry_after.as_secs().max(1),
        at(.request_id.as_deref())
    )]
    Unavailable {
        /// The request may have taken effect. Never for a GET.
        unclear: bool,
        retry_after: Duration,
        reason: String,
        request_id: RequestId,
    },
    /// 401 or 403: the key is wrong, or may not do this.
    #[error("Stripe does not accept the secret key (HTTP {status}): check STRIPE_SECRET_KEY{}", at(.request_id.as_deref()))]
    Authentication { status: u16, request_id: RequestId },
    /// Stripe succeeded and its answer cannot be understood.
    #[error("Stripe's answer to {endpoint} cannot be read: {path} should be {expected}{}", at(.request_id.as_deref()))]
    UnexpectedShape {
        endpoint: String,
        /// Where in the answer, such as `items.data[0].price`; `$` for all of it.
        path: String,
        expected: &'static str,
        /// The request took effect. Never for a GET.
        took_effect: bool,
        request_id: RequestId,
    },
    /// The object exists and is not one of ours (trap 40): record it as ignored.
    #[error("{id} is not one of ours: {reason}")]
    Foreign { id: String, reason: &'static str },
}

impl Error {
    /// Whether the request may have taken effect: its intent stays open, and only the same request under the
    /// same key, or a look at what exists, tells.
    pub const fn is_unclear(&self) -> bool {
        matches!(
            self,
            Self::Unavailable { unclear: true, .. } | Self::UnexpectedShape { took_effect: true, .. }
        )
    }

    /// Whether the same request may succeed later, without anybody changing anything.
    pub const fn is_temporary(&self) -> bool {
        matches!(self, Self::Unavailable { .. } | Self::RateLimited { .. })
    }

    pub const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::RateLimited { retry_after, .. } | Self::Unavailable { retry_after, .. } => {
                Some(*retry_after)
            }
            _ => None,
        }
    }

    pub fn request_id(&self) -> Option<&str> {
        match self {
            Self::Declined { request_id, .. }
            | Self::AuthenticationRequired { request_id, .. }
            | Self::InvoiceRequiresAction { request_id, .. }
            | Self::NotFound { request_id, .. }
            | Self::Invalid { request_id, .. }
            | Self::IdempotencyMismatch { request_id, .. }
            | Self::RateLimited { request_id, .. }
            | Self::Unavailable { request_id, .. }
            | Self::Authentication { request_id, .. }
            | Self::UnexpectedShape { request_id, .. } => request_id.as_deref(),
            Self::Foreign { .. } => None,
        }
    }

    /// `error.code` of a refusal, for the few that a use case answers by code.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Invalid { code, .. } => code.as_deref(),
            Self::Declined { decline, .. }
            | Self::AuthenticationRequired { decline, .. }
            | Self::InvoiceRequiresAction { decline, .. } => Some(&decline.code),
            _ => None,
        }
    }
}

fn at(request_id: Option<&str>) -> String {
    request_id.map(|id| format!(" (Stripe request {id})")).unwrap_or_default()
}

fn on(param: Option<&str>) -> String {
    param.map(|param| format!(" on {param}")).unwrap_or_default()
}

/// Takes keys and client secrets out of a text of Stripe's: errors are shown and logged.
pub(crate) fn scrub(text: &str) -> String {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '*';
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(word) {
        let (before, from) = rest.split_at(start);
        let (token, after) = from.split_at(from.find(|c| !word(c)).unwrap_or(from.len()));
        let secret = token.contains("_secret_")
            || ["sk_", "rk_", "whsec_"].iter().any(|prefix| token.starts_with(prefix));
        out.push_str(before);
        out.push_str(if secret { "(hidden)" } else { token });
        rest = after;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_taken_out_of_messages() {
        let text =
            "Invalid API Key provided: sk_test_51*****abc. See pi_1_secret_2, `whsec_x` and card_declined.";
        assert_eq!(
            scrub(text),
            "Invalid API Key provided: (hidden). See (hidden), `(hidden)` and card_declined."
        );
    }

    #[test]
    fn an_error_says_what_to_do() {
        let error = Error::Unavailable {
            unclear: true,
            retry_after: Duration::from_secs(5),
            reason: "HTTP 500".into(),
            request_id: Some("req_1".into()),
        };
        assert_eq!(
            error.to_string(),
            "Stripe is unavailable (HTTP 500): it may have taken effect; send the same request under the same key \
             in 5 s (Stripe request req_1)"
        );
    }
}
