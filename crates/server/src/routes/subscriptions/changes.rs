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
    /// `started`, `trial_started`, `activated`, `renewed`, `plan_changed`, `change_scheduled`, `schedule_undone`,
    /// `cancellation_scheduled`, `cancellation_undone`, `paused`, `resumed`, `fell_past_due`, `recovered`,
    /// `suspended`, `canceled` or `expired`.
    kind: String,
    from_tier: Option<String>,
    to_tier: String,
    from_status: Option<String>,
    to_status: String,
    from_period: Option<String>,
    to_period: Option<String>,
    /// Minor units of `currency` per period, before discounts and tax.
    from_amount: Option<i64>,
    to_amount: Option<i64>,
    currency: Option<String>,
    /// Minor units that it has cost at once, negative for what was given back; null where that is not known.
    charged: Option<i64>,
    /// Whose doing it was: `member`, `admin`, `stripe` (time, a bank, Stripe's dashboard) or `reconcile`.
    cause: String,
    /// The event of Stripe's that told of it.
    stripe_event_id: Option<String>,
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
            from_period: change.from_period,
            to_period: change.to_period,
            from_amount: change.from_amount,
            to_amount: change.to_amount,
            currency: change.currency,
            charged: change.charged,
            cause: change.cause,
            stripe_event_id: change.stripe_event_id,
            created_at: time(change.created_at),
        })
        .collect();
    Ok(Answer::ok(ChangeList { data, next_cursor: page.next_cursor }))
}
