//! `POST /api/v1/billing/cancel/`

use crate::answer::Answer;
use crate::extract::{Body, IdempotencyKey, Member};
use crate::problem::Problem;
use crate::routes::Shared;
use crate::views::refusals::Changing;
use crate::views::subscription::SubscriptionAnswer;
use axum::extract::State;
use axum::response::Response;
use billing::idempotency::Keep;
use billing::subscriptions::{By, Cancel, CancelAt, Feedback};
use serde::Deserialize;
use utoipa::ToSchema;

const ROUTE: &str = "cancel";
/// In characters.
const LONGEST_COMMENT: usize = 500;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CancelBody {
    /// `period_end` (the default) keeps access until then.
    at: Option<At>,
    reason: Option<Reason>,
    /// At most 500 characters.
    #[schema(max_length = 500)]
    comment: Option<String>,
    /// Ask for what was paid, where the rules allow it; only with `at` `now`.
    #[serde(default)]
    refund: bool,
}

#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum At {
    PeriodEnd,
    Now,
}

/// Stripe's words for why.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Reason {
    CustomerService,
    LowQuality,
    MissingFeatures,
    Other,
    SwitchedService,
    TooComplex,
    TooExpensive,
    Unused,
}

impl From<Reason> for Feedback {
    fn from(reason: Reason) -> Self {
        match reason {
            Reason::CustomerService => Self::CustomerService,
            Reason::LowQuality => Self::LowQuality,
            Reason::MissingFeatures => Self::MissingFeatures,
            Reason::Other => Self::Other,
            Reason::SwitchedService => Self::SwitchedService,
            Reason::TooComplex => Self::TooComplex,
            Reason::TooExpensive => Self::TooExpensive,
            Reason::Unused => Self::Unused,
        }
    }
}

/// Cancel, at the end of what was paid for or at once
#[utoipa::path(post, path = "/api/v1/billing/cancel/", tag = "subscription", request_body = CancelBody,
    params(("Idempotency-Key" = Option<String>, Header, description = "At most 255 characters")),
    security(("bearer" = []), ("cookie" = [])), responses((status = 200, body = SubscriptionAnswer), Changing))]
pub(super) async fn cancel(
    State(state): Shared,
    Member(caller): Member,
    key: IdempotencyKey,
    body: Body<CancelBody>,
) -> Result<Response, Problem> {
    let CancelBody { at, reason, comment, refund } = body.value;
    if comment.as_ref().is_some_and(|comment| comment.chars().count() > LONGEST_COMMENT) {
        return Err(Problem::invalid("comment", format!("has more than {LONGEST_COMMENT} characters")));
    }
    let command = Cancel {
        account: caller.account().clone(),
        at: match at {
            Some(At::Now) => CancelAt::Now,
            Some(At::PeriodEnd) | None => CancelAt::PeriodEnd,
        },
        feedback: reason.map(Into::into),
        comment,
        refund,
        by: By::member(),
    };
    let billing = state.billing.clone();
    let work = async move {
        let answer = billing.cancel(command).await?;
        Ok(Answer::ok(SubscriptionAnswer::of(&answer, &billing)))
    };
    Ok(key.answer(&state, &caller, ROUTE, &body.digest, Keep::Money, work).await)
}
