//! `POST /api/v1/billing/pause/`

use crate::answer::Answer;
use crate::extract::{Body, IdempotencyKey, Member};
use crate::problem::Problem;
use crate::routes::Shared;
use crate::views::refusals::Changing;
use crate::views::subscription::SubscriptionAnswer;
use axum::extract::State;
use axum::response::Response;
use billing::idempotency::Keep;
use billing::subscriptions::{By, Pause};
use serde::Deserialize;
use utoipa::ToSchema;

const ROUTE: &str = "pause";

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PauseBody {
    /// From 1 to the catalog's longest pause (`longest_pause_days` of `config/`).
    #[schema(minimum = 1, example = 30)]
    days: i64,
}

/// Pause
///
/// Nothing is collected for so many days. What was paid for stays accessible; then the tier is Free until the
/// subscription resumes, by itself or by `resume/`. If a period was skipped, a new one begins and is paid then.
#[utoipa::path(post, path = "/api/v1/billing/pause/", tag = "subscription", request_body = PauseBody,
    params(("Idempotency-Key" = Option<String>, Header, description = "At most 255 characters")),
    security(("bearer" = []), ("cookie" = [])), responses((status = 200, body = SubscriptionAnswer), Changing))]
pub(super) async fn pause(
    State(state): Shared,
    Member(caller): Member,
    key: IdempotencyKey,
    body: Body<PauseBody>,
) -> Result<Response, Problem> {
    let command = Pause { account: caller.account().clone(), days: body.value.days, by: By::member() };
    let billing = state.billing.clone();
    let work = async move {
        let answer = billing.pause(command).await?;
        Ok(Answer::ok(SubscriptionAnswer::of(&answer, &billing)))
    };
    Ok(key.answer(&state, &caller, ROUTE, &body.digest, Keep::Money, work).await)
}
