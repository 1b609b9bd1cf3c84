//! `GET /api/v1/billing/usage.csv`

use crate::csv;
use crate::extract::MemberOrService;
use crate::problem::Problem;
use crate::routes::Shared;
use crate::views::refusals::Reading;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use billing::usage::UsageTotals;
use futures_util::stream;

const DISPOSITION: &str = "attachment; filename=\"usage.csv\"";

/// The last thirty days as a file, oldest first
///
/// `date,ai_requests,tokens`, as the `days` of usage/.
#[utoipa::path(get, path = "/api/v1/billing/usage.csv/", tag = "usage",
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, description = "As an attachment", body = String, content_type = "text/csv"), Reading))]
pub(super) async fn report_csv(
    State(state): Shared,
    MemberOrService(caller): MemberOrService,
) -> Result<Response, Problem> {
    caller.require("read")?;
    let report = state.billing.usage_report(caller.account()).await?;
    let row = |(date, totals): (String, UsageTotals)| {
        csv::row([&date, &totals.ai_requests.to_string(), &totals.tokens.to_string()])
    };
    let days: String = report.days.into_iter().map(row).collect();
    let all = csv::row(["date", "ai_requests", "tokens"]) + &days;
    Ok(csv::file(DISPOSITION, stream::iter([Ok(Bytes::from(all))])))
}
