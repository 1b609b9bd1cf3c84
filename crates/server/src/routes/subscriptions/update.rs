//! `POST /api/v1/billing/update/`

use crate::answer::Answer;
use crate::extract::{Body, IdempotencyKey, Member};
use crate::problem::Problem;
use crate::routes::Shared;
use crate::views::refusals::Changing;
use crate::views::subscription::SubscriptionAnswer;
use axum::extract::State;
use axum::response::Response;
use billing::idempotency::Keep;
use billing::plan_changes::ChangePlan;
use billing::subscriptions::By;
use domain::catalog::BillingPeriod;
use domain::ids::QuoteId;
use serde::Deserialize;
use utoipa::ToSchema;

const ROUTE: &str = "update";

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct UpdateBody {
    /// What is left out stays as it is. `free` cancels at the end of the period.
    #[schema(example = "pro-learn")]
    tier_slug: Option<String>,
    /// `monthly`, `quarterly` or `annual`.
    #[schema(value_type = Option<String>, example = "quarterly")]
    billing_period: Option<BillingPeriod>,
    promotion_code: Option<String>,
    /// Of `update/preview/`: then exactly its `due_today` is charged, or the answer is `quote_expired`.
    #[schema(example = "quo_018f")]
    quote_id: Option<String>,
}

/// Change the plan
///
/// A dearer tier or a longer period takes effect now; `confirm` is not null while the bank wants the payment
/// confirmed, and until then the present plan goes on. A cheaper tier or a shorter period takes effect at the end of
/// the period and is shown as `scheduled_change`; `resume/` undoes it.
#[utoipa::path(post, path = "/api/v1/billing/update/", tag = "subscription", request_body = UpdateBody,
    params(("Idempotency-Key" = Option<String>, Header, description = "At most 255 characters")),
    security(("bearer" = []), ("cookie" = [])), responses((status = 200, body = SubscriptionAnswer), Changing))]
pub(super) async fn update(
    State(state): Shared,
    Member(caller): Member,
    key: IdempotencyKey,
    body: Body<UpdateBody>,
) -> Result<Response, Problem> {
    let UpdateBody { tier_slug, billing_period, promotion_code, quote_id } = body.value;
    let command = ChangePlan {
        account: caller.account().clone(),
        tier_slug,
        billing_period,
        promotion_code,
        quote: quote_id.map(QuoteId::from_stored),
        request_key: key.request_key(&caller, ROUTE),
        by: By::member(),
    };
    let billing = state.billing.clone();
    let work = async move {
        let answer = billing.change_plan(command).await?;
        Ok(Answer::ok(SubscriptionAnswer::of(&answer, &billing)))
    };
    Ok(key.answer(&state, &caller, ROUTE, &body.digest, Keep::Money, work).await)
}
