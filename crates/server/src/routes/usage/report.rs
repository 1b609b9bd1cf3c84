//! `GET /api/v1/billing/usage/`

use crate::answer::Answer;
use crate::extract::MemberOrService;
use crate::problem::Problem;
use crate::routes::Shared;
use crate::views::allowance::AllowanceView;
use crate::views::refusals::Reading;
use axum::extract::State;
use billing::usage::{UsageTotals, UsedFor};
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct UsageView {
    today: TotalsView,
    /// This calendar month, in UTC.
    month: TotalsView,
    allowance: AllowanceView,
    /// Thirty days in UTC, oldest first.
    days: Vec<DayView>,
    /// Those thirty days by feature and model: at most fifty of them, those with the most requests first.
    used_for: Vec<UsedForView>,
    projection: ProjectionView,
}

#[derive(Debug, Serialize, ToSchema)]
struct TotalsView {
    ai_requests: i64,
    tokens: i64,
}

impl From<UsageTotals> for TotalsView {
    fn from(totals: UsageTotals) -> Self {
        Self { ai_requests: totals.ai_requests, tokens: totals.tokens }
    }
}

#[derive(Debug, Serialize, ToSchema)]
struct DayView {
    #[schema(example = "2026-11-22")]
    date: String,
    ai_requests: i64,
    tokens: i64,
}

#[derive(Debug, Serialize, ToSchema)]
struct UsedForView {
    #[schema(example = "ai_request")]
    feature: String,
    /// Null where nobody has named one.
    #[schema(example = "gpt-5-mini")]
    model: Option<String>,
    ai_requests: i64,
    tokens: i64,
}

impl From<UsedFor> for UsedForView {
    fn from(used: UsedFor) -> Self {
        let UsedFor { label, totals } = used;
        let (ai_requests, tokens) = (totals.ai_requests, totals.tokens);
        Self { feature: label.feature, model: label.model, ai_requests, tokens }
    }
}

/// From the average of the last seven days.
#[derive(Debug, Serialize, ToSchema)]
struct ProjectionView {
    tokens_per_day: i64,
    /// Null while no tokens are used.
    runs_out_on: Option<String>,
}

/// How much was used, and when the tokens run out
#[utoipa::path(get, path = "/api/v1/billing/usage/", tag = "usage",
    security(("bearer" = []), ("cookie" = [])), responses((status = 200, body = UsageView), Reading))]
pub(super) async fn report(
    State(state): Shared,
    MemberOrService(caller): MemberOrService,
) -> Result<Answer, Problem> {
    caller.require("read")?;
    let report = state.billing.usage_report(caller.account()).await?;
    let day = |(date, totals): (String, UsageTotals)| DayView {
        date,
        ai_requests: totals.ai_requests,
        tokens: totals.tokens,
    };
    Ok(Answer::ok(UsageView {
        today: report.today.into(),
        month: report.month.into(),
        allowance: (&report.allowance).into(),
        days: report.days.into_iter().map(day).collect(),
        used_for: report.used_for.into_iter().map(Into::into).collect(),
        projection: ProjectionView { tokens_per_day: report.tokens_per_day, runs_out_on: report.runs_out_on },
    }))
}
