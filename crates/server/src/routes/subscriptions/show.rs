//! `GET /api/v1/billing/subscription/`

use crate::answer::Answer;
use crate::extract::Member;
use crate::problem::Problem;
use crate::routes::Shared;
use crate::views::refusals::Reading;
use crate::views::subscription::OverviewView;
use axum::extract::State;

/// The present subscription, and the tier that one has access to
#[utoipa::path(get, path = "/api/v1/billing/subscription/", tag = "subscription",
    security(("bearer" = []), ("cookie" = [])), responses((status = 200, body = OverviewView), Reading))]
pub(super) async fn show(State(state): Shared, Member(caller): Member) -> Result<Answer, Problem> {
    let overview = state.billing.subscription_overview(caller.account()).await?;
    Ok(Answer::ok(OverviewView::of(&overview, &state.billing)))
}
