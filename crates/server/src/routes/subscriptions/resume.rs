//! `POST /api/v1/billing/resume/`

use crate::answer::Answer;
use crate::extract::{Body, IdempotencyKey, Member};
use crate::problem::Problem;
use crate::routes::{Nothing, Shared};
use crate::views::refusals::Changing;
use crate::views::subscription::SubscriptionAnswer;
use axum::extract::State;
use axum::response::Response;
use billing::idempotency::Keep;
use billing::subscriptions::By;

const ROUTE: &str = "resume";

/// Take a pending cancellation, a scheduled change or a pause back
#[utoipa::path(post, path = "/api/v1/billing/resume/", tag = "subscription", request_body = Nothing,
    params(("Idempotency-Key" = Option<String>, Header, description = "At most 255 characters")),
    security(("bearer" = []), ("cookie" = [])), responses((status = 200, body = SubscriptionAnswer), Changing))]
pub(super) async fn resume(
    State(state): Shared,
    Member(caller): Member,
    key: IdempotencyKey,
    body: Body<Nothing>,
) -> Result<Response, Problem> {
    let (billing, account) = (state.billing.clone(), caller.account().clone());
    let work = async move {
        let answer = billing.resume(&account, &By::member()).await?;
        Ok(Answer::ok(SubscriptionAnswer::of(&answer, &billing)))
    };
    Ok(key.answer(&state, &caller, ROUTE, &body.digest, Keep::Money, work).await)
}
