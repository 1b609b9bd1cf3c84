//! `POST /api/v1/billing/update/preview/`

use crate::answer::Answer;
use crate::extract::{Body, IdempotencyKey, Member};
use crate::problem::Problem;
use crate::routes::Shared;
use crate::views::quote::QuoteView;
use crate::views::refusals::Changing;
use axum::extract::State;
use billing::plan_changes::PreviewPlan;
use domain::catalog::BillingPeriod;
use serde::Deserialize;
use utoipa::ToSchema;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PlanBody {
    /// What is left out stays as it is.
    #[schema(example = "pro-learn")]
    tier_slug: Option<String>,
    /// `monthly`, `quarterly` or `annual`.
    #[schema(value_type = Option<String>, example = "quarterly")]
    billing_period: Option<BillingPeriod>,
    promotion_code: Option<String>,
}

/// What another plan would cost: nothing is changed, nothing is charged
///
/// The quote holds for 15 minutes: `due_today` is what `update/` charges with its `quote_id`. `kind` is `upgrade` or
/// `longer_period` (now, unless that would leave a credit), `downgrade` or `shorter_period` (at the end of the
/// period), or `same`.
#[utoipa::path(post, path = "/api/v1/billing/update/preview/", tag = "subscription", request_body = PlanBody,
    security(("bearer" = []), ("cookie" = [])), responses((status = 200, body = QuoteView), Changing))]
pub(super) async fn preview_update(
    State(state): Shared,
    Member(caller): Member,
    // Checked as everywhere; every quote is its own.
    _: IdempotencyKey,
    body: Body<PlanBody>,
) -> Result<Answer, Problem> {
    let PlanBody { tier_slug, billing_period, promotion_code } = body.value;
    let command =
        PreviewPlan { account: caller.account().clone(), tier_slug, billing_period, promotion_code };
    let billing = state.billing.clone();
    let quote = state.run(async move { billing.preview_plan_change(&command).await }).await?;
    Ok(Answer::ok(QuoteView::from(&quote)))
}
