//! `GET /api/v1/billing/subscription/changes/`

use crate::answer::Answer;
use crate::extract::{Member, Query};
use crate::problem::Problem;
use crate::routes::Shared;
use crate::views::page::PageQuery;
use crate::views::refusals::Reading;
use crate::views::time;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ChangeList {
    data: Vec<ChangeView>,
    next_cursor: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
struct ChangeView {
    id: String,
    /// `started`, `trial_started`, `activated`, `renewed`, `plan_changed`, `cancellation_scheduled`,
    /// `cancellation_undone`, `fell_past_due`, `recovered`, `suspended`, `canceled` or `expired`.
    kind: String,
    from_tier: Option<String>,
    to_tier: String,
    from_status: Option<String>,
    to_status: String,
    created_at: String,
}

/// What happened to one's subscriptions, newest first
#[utoipa::path(get, path = "/api/v1/billing/subscription/changes/", tag = "subscription", params(PageQuery),
    security(("bearer" = []), ("cookie" = [])), responses((status = 200, body = ChangeList), Reading))]
pub(super) async fn changes(
    State(state): Shared,
    Member(caller): Member,
    Query(query): Query<PageQuery>,
) -> Result<Answer, Problem> {
    let page = state.billing.subscription_changes(caller.account(), query.cursor.as_deref()).await?;
    let data = page
        .data
        .into_iter()
        .map(|change| ChangeView {
            id: change.id.to_string(),
            kind: change.kind,
            from_tier: change.from_tier,
            to_tier: change.to_tier,
            from_status: change.from_status,
            to_status: change.to_status,
            created_at: time(change.created_at),
        })
        .collect();
    Ok(Answer::ok(ChangeList { data, next_cursor: page.next_cursor }))
}
