//! The errors of use cases, as problems.

use crate::problem::Problem;
use crate::views::allowance::{AllowanceView, SpendableView};
use crate::views::hold::HoldView;
use crate::views::purchase::PurchaseView;
use crate::views::quote::QuoteView;
use crate::views::time;
use axum::http::StatusCode;
use billing::ai::UpstreamFailure;
use billing::error::OutOfAllowance;
use billing::{Error, users};
use domain::payment::Decline;
use domain::purchase::TokenPurchase;
use domain::usage::Refusal;

impl From<users::Error> for Problem {
    fn from(error: users::Error) -> Self {
        match error {
            users::Error::Invalid { field, reason } => Self::invalid(field, reason),
            users::Error::WrongCredentials => {
                Self::unauthenticated().detail("The e-mail address or the password is wrong.")
            }
            users::Error::LinkNotValid => Self::invalid("token", "is not valid any more: ask for a new mail"),
            users::Error::CodeNotValid => {
                Self::invalid("code", "is not valid any more: go back to the application and come again")
            }
            users::Error::NotAllowed => {
                Self::not_allowed("Admins, and people of our own login, come by their own password or token.")
            }
            users::Error::Deleted => Self::unauthenticated().detail("This user was deleted."),
            users::Error::NotFound | users::Error::Ambiguous(_) => Self::not_found(),
            users::Error::Other(error) => error.into(),
        }
    }
}

impl From<&store::Error> for Problem {
    fn from(error: &store::Error) -> Self {
        if error.is_transient() || error.is_lost() { Self::overloaded() } else { Self::internal(error) }
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let conflict = |code, title: &str| Self::new(StatusCode::CONFLICT, code, title);
        match error {
            Error::NotFound => Self::not_found(),
            Error::UnknownTier(slug) => {
                Self::new(StatusCode::NOT_FOUND, "unknown_tier", format!("There is no tier `{slug}`"))
            }
            Error::UnknownPackage(slug) => {
                Self::new(StatusCode::NOT_FOUND, "unknown_package", format!("There is no package `{slug}`"))
            }
            Error::TierByInvitation => conflict("tier_by_invitation", "This tier is by invitation"),
            Error::AlreadySubscribed => conflict("already_subscribed", "There is a subscription already"),
            Error::TrialUsed { preview } => conflict("trial_used", "The trial was used before")
                .detail("Subscribe with `trial` false to pay at once; `preview` says what it costs.")
                .member("preview", QuoteView::from(&*preview)),
            Error::NoSubscription => conflict("no_subscription", "There is no subscription"),
            Error::PaymentDue => conflict("payment_due", "A payment is due first")
                .detail("Pay what is open, then change the plan."),
            Error::QuoteExpired { quote } => {
                conflict("quote_expired", "The price has changed, or the quote is too old")
                    .detail("`quote` says what it costs now.")
                    .member("quote", QuoteView::from(&*quote))
            }
            Error::SubscriptionPaused => {
                conflict("subscription_paused", "The subscription is paused").detail("Resume it first.")
            }
            Error::PauseNotAvailable { reason } => {
                conflict("pause_not_available", "The subscription cannot be paused").detail(reason)
            }
            Error::NothingToResume => {
                conflict("nothing_to_resume", "Nothing is pending that could be undone")
            }
            Error::PromotionCodeInvalid { reason } => Self::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "promotion_code_invalid",
                "This promotion code cannot be used",
            )
            .detail(reason),
            Error::Invalid { field, reason } => Self::invalid(field, reason),
            Error::CardDeclined { decline, purchase } => declined(&decline, purchase.as_deref()),
            Error::TooManyDeclines { retry_after_seconds } => {
                Self::rate_limited(retry_after_seconds.unsigned_abs())
                    .detail("Too many cards were refused. Please try again later.")
            }
            Error::LastPaymentMethod => {
                conflict("last_payment_method", "Your subscription is paid with this card")
                    .detail("Add another card and make it the default first.")
            }
            Error::PaymentMethodRequired => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "payment_method_required", "A card is required")
                    .detail("Send `payment_method_id`, or save a card first.")
            }
            Error::EarlierAttemptUnclear { retry_after_seconds } => {
                conflict("idempotency_key_in_use", "An earlier attempt is still being cleared up")
                    .retry_after(retry_after_seconds.unsigned_abs())
            }
            Error::IdempotencyKeyReused => {
                conflict("idempotency_key_reused", "This idempotency key stands for another request")
            }
            Error::EmailNotVerified => {
                Self::new(StatusCode::FORBIDDEN, "email_not_verified", "Verify your e-mail address first")
            }
            Error::FeatureNotInTier { feature, upgrade_to } => Self::new(
                StatusCode::FORBIDDEN,
                "feature_not_in_tier",
                format!("{} is not part of your plan", feature.name),
            )
            .member("key", feature.key)
            .member("upgrade_to", upgrade_to.as_ref().map(ToString::to_string)),
            Error::LimitReached { key, limit, used, upgrade_to } => {
                Self::new(StatusCode::FORBIDDEN, "limit_reached", "Your plan does not allow more of these")
                    .member("key", key)
                    .member("limit", limit)
                    .member("used", used)
                    .member("upgrade_to", upgrade_to.as_ref().map(ToString::to_string))
            }
            Error::HoldNotHeld { hold } => conflict("hold_not_held", "The hold is not held any more")
                .member("hold", HoldView::from(&*hold)),
            Error::UnknownModel(name) => unknown_model(&name),
            Error::ModelNotInTier { model, upgrade_to } => Self::new(
                StatusCode::FORBIDDEN,
                "model_not_in_tier",
                format!("Your plan does not have the model `{model}`"),
            )
            .detail("Upgrade, or ask another model.")
            .member("upgrade_to", upgrade_to.map(|tier| tier.to_string())),
            Error::TooManyAiRequests { retry_after_seconds } => {
                Self::rate_limited(retry_after_seconds.unsigned_abs())
                    .detail("Your plan allows fewer AI requests a minute.")
            }
            Error::TooManyAtATime { most, retry_after_seconds } => Self::new(
                StatusCode::TOO_MANY_REQUESTS,
                "too_many_at_a_time",
                "Too many AI requests at a time",
            )
            .detail(format!("Your plan allows {most}. Wait for one to end."))
            .retry_after(retry_after_seconds.unsigned_abs()),
            Error::AlreadyAnswered => {
                conflict("already_answered", "This request was answered, and paid, before")
                    .detail("The answer was not kept: ask under another idempotency key.")
            }
            Error::AiUpstream(failure) => upstream(failure),
            Error::Leaving => conflict("account_leaving", "This account is being deleted"),
            Error::OutOfAllowance(out) => out_of_allowance(&out),
            // Made again by the use case; what comes here is deleted faster than it is made.
            Error::CustomerGone => {
                Self::from(Error::StripeUnavailable { retry_after_seconds: 5, unclear: false })
            }
            Error::SalesPaused => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "sales_paused", "Sales are paused")
                    .retry_after(300)
            }
            Error::StripeUnavailable { retry_after_seconds, .. } => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "stripe_unavailable",
                "The payment provider cannot be reached",
            )
            .retry_after(retry_after_seconds.unsigned_abs()),
            Error::Overloaded => Self::overloaded(),
            Error::Store(error) => (&*error).into(),
            other => Self::internal(other),
        }
    }
}

fn unknown_model(name: &str) -> Problem {
    let title = match name {
        "" => "There is no AI model for this here".to_owned(),
        name => format!("There is no AI model `{name}` here"),
    };
    Problem::new(StatusCode::NOT_FOUND, "model_not_found", title).detail("GET /v1/models lists yours.")
}

/// What is wrong between this program and the service is never the member's fault: no 401, 403 or 429 of the service's is
/// one of ours.
fn upstream(failure: UpstreamFailure) -> Problem {
    let cannot = |status, code, title: &str| Problem::new(status, code, title);
    match failure {
        UpstreamFailure::Refused { status, error } => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
            let message = error.get("message").and_then(serde_json::Value::as_str).unwrap_or_default();
            cannot(status, "upstream_refused", "The AI service refuses the request")
                .detail(message)
                .member("upstream", &error)
        }
        UpstreamFailure::Busy { retry_after_seconds } => {
            cannot(StatusCode::SERVICE_UNAVAILABLE, "upstream_busy", "The AI service is busy")
                .retry_after(retry_after_seconds.unsigned_abs())
        }
        UpstreamFailure::Unreachable(_) => cannot(
            StatusCode::SERVICE_UNAVAILABLE,
            "upstream_unreachable",
            "The AI service cannot be reached",
        )
        .retry_after(5),
        UpstreamFailure::TimedOut => {
            cannot(StatusCode::GATEWAY_TIMEOUT, "upstream_timeout", "The AI service did not answer in time")
        }
        UpstreamFailure::RefusesUs { .. } | UpstreamFailure::Failed { .. } | UpstreamFailure::Broken(_) => {
            cannot(StatusCode::BAD_GATEWAY, "upstream_failed", "The AI service failed")
        }
    }
}

fn declined(decline: &Decline, purchase: Option<&TokenPurchase>) -> Problem {
    let problem = if decline.code == "authentication_required" {
        Problem::new(StatusCode::PAYMENT_REQUIRED, "authentication_required", "The bank wants you to confirm")
    } else {
        Problem::new(StatusCode::PAYMENT_REQUIRED, "card_declined", "The card was declined")
    };
    let problem = problem
        .detail(decline.message.clone())
        .member("message", &decline.message)
        .member("decline_code", decline.decline_code.as_ref().unwrap_or(&decline.code));
    match purchase {
        Some(purchase) => problem.member("purchase", PurchaseView::from(purchase)),
        None => problem,
    }
}

fn out_of_allowance(out: &OutOfAllowance) -> Problem {
    let (code, title) = match out.refusal {
        Refusal::OutOfAiRequests => ("out_of_ai_requests", "You are out of AI requests"),
        Refusal::OutOfTokens => ("out_of_tokens", "You do not have enough tokens"),
    };
    Problem::new(StatusCode::FORBIDDEN, code, title)
        .detail("Upgrade or buy tokens to go on.")
        .member("resets_at", out.allowance.window.end.map(time))
        .member("upgrade_to", out.upgrade_to.as_ref().map(ToString::to_string))
        .member("allowance", AllowanceView::from(&out.allowance))
        .member("balance", SpendableView::from(&out.balance))
}
