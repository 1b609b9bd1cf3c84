//! `GET /api/v1/billing/usage.csv`

use crate::csv;
use crate::extract::MemberOrService;
use crate::problem::Problem;
use crate::routes::Shared;
use crate::views::refusals::Reading;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use billing::usage::LabelledDay;
use futures_util::stream;

const DISPOSITION: &str = "attachment; filename=\"usage.csv\"";

/// The last thirty days as a file, oldest first
///
/// `date,feature,model,ai_requests,tokens`: a row for each day, feature and model that was used.
#[utoipa::path(get, path = "/api/v1/billing/usage.csv/", tag = "usage",
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, description = "As an attachment", body = String, content_type = "text/csv"), Reading))]
pub(super) async fn report_csv(
    State(state): Shared,
    MemberOrService(caller): MemberOrService,
) -> Result<Response, Problem> {
    caller.require("read")?;
    let days = state.billing.usage_by_day(caller.account()).await?;
    let row = |day: &LabelledDay| {
        let (ai_requests, tokens) = (day.ai_requests.to_string(), day.tokens.to_string());
        csv::row([&day.date, &csv::text(&day.feature), &csv::text(&day.model), &ai_requests, &tokens])
    };
    let rows: String = days.iter().map(row).collect();
    let all = csv::row(["date", "feature", "model", "ai_requests", "tokens"]) + &rows;
    Ok(csv::file(DISPOSITION, stream::iter([Ok(Bytes::from(all))])))
}
