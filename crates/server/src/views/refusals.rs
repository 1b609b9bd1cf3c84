//! The refusals that endpoints share, for the document.

use crate::openapi::ProblemBody;
use utoipa::IntoResponses;

/// Of reading what is one's own.
#[derive(IntoResponses)]
#[allow(dead_code, reason = "describes what the extractors answer")]
pub(crate) enum Reading {
    #[response(status = 401, description = "unauthenticated", content_type = "application/problem+json")]
    Unauthenticated(ProblemBody),
    #[response(status = 403, description = "not_allowed", content_type = "application/problem+json")]
    NotAllowed(ProblemBody),
    #[response(status = 422, description = "invalid_request", content_type = "application/problem+json")]
    Invalid(ProblemBody),
}

/// Of changing something.
#[derive(IntoResponses)]
#[allow(dead_code, reason = "describes what extractors and use cases answer")]
pub(crate) enum Changing {
    #[response(status = 400, description = "invalid_json", content_type = "application/problem+json")]
    NotJson(ProblemBody),
    #[response(status = 401, description = "unauthenticated", content_type = "application/problem+json")]
    Unauthenticated(ProblemBody),
    #[response(
        status = 402,
        description = "card_declined (`decline_code`, `message`), authentication_required",
        content_type = "application/problem+json"
    )]
    Declined(ProblemBody),
    #[response(
        status = 403,
        description = "not_allowed, email_not_verified, out_of_ai_requests, out_of_tokens, model_not_in_tier",
        content_type = "application/problem+json"
    )]
    NotAllowed(ProblemBody),
    #[response(
        status = 404,
        description = "not_found, unknown_tier, unknown_package, model_not_found",
        content_type = "application/problem+json"
    )]
    NotFound(ProblemBody),
    #[response(status = 408, description = "body_too_slow", content_type = "application/problem+json")]
    TooSlow(ProblemBody),
    #[response(
        status = 409,
        description = "already_subscribed, trial_used (`preview`), tier_by_invitation, no_subscription, payment_due, \
                       quote_expired (`quote`), subscription_paused, pause_not_available, nothing_to_resume, \
                       last_payment_method, account_leaving, hold_not_held (`hold`), idempotency_key_reused, idempotency_key_in_use, \
                       already_answered",
        content_type = "application/problem+json"
    )]
    Conflict(ProblemBody),
    #[response(status = 413, description = "payload_too_large", content_type = "application/problem+json")]
    TooLarge(ProblemBody),
    #[response(
        status = 415,
        description = "unsupported_media_type",
        content_type = "application/problem+json"
    )]
    NotTyped(ProblemBody),
    #[response(
        status = 422,
        description = "invalid_request (`errors`), promotion_code_invalid, payment_method_required",
        content_type = "application/problem+json"
    )]
    Invalid(ProblemBody),
    #[response(
        status = 429,
        description = "rate_limited, when too many cards were refused or the tier allows fewer AI requests; \
                       too_many_at_a_time; with Retry-After",
        content_type = "application/problem+json"
    )]
    TooMany(ProblemBody),
    #[response(
        status = 503,
        description = "stripe_unavailable, sales_paused, overloaded, upstream_busy, upstream_unreachable; with \
                       Retry-After",
        content_type = "application/problem+json"
    )]
    Unavailable(ProblemBody),
}

/// Of asking an AI service.
#[derive(IntoResponses)]
#[allow(dead_code, reason = "describes what use cases answer")]
pub(crate) enum Upstream {
    #[response(status = 502, description = "upstream_failed", content_type = "application/problem+json")]
    Failed(ProblemBody),
    #[response(status = 504, description = "upstream_timeout", content_type = "application/problem+json")]
    TimedOut(ProblemBody),
}
