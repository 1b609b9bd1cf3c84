//! What an account may do now, for hosts and pages.

use super::Shared;
use crate::answer::Answer;
use crate::extract::MemberOrService;
use crate::problem::Problem;
use crate::state::AppState;
use crate::views::allowance::AllowanceView;
use crate::views::refusals::Reading;
use crate::views::time;
use axum::extract::State;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(entitlements))
}

#[derive(Debug, Serialize, ToSchema)]
struct EntitlementsView {
    tier_slug: String,
    /// Keys of the features that the tier includes.
    features: Vec<String>,
    /// Null: unlimited.
    limits: BTreeMap<String, Option<i64>>,
    ai_requests: AllowanceView,
    /// Until then this holds unless something happens; null when only an event can change it.
    valid_until: Option<String>,
}

/// Everything that the account may do now
#[utoipa::path(get, path = "/api/v1/billing/entitlements/", tag = "usage",
    security(("bearer" = []), ("cookie" = [])), responses((status = 200, body = EntitlementsView), Reading))]
async fn entitlements(
    State(state): Shared,
    MemberOrService(caller): MemberOrService,
) -> Result<Answer, Problem> {
    caller.require("read")?;
    let now = state.billing.entitlements(caller.account()).await?;
    Ok(Answer::ok(EntitlementsView {
        tier_slug: now.tier.slug.to_string(),
        features: now.tier.features.iter().filter(|f| f.included).map(|f| f.key.clone()).collect(),
        limits: now.tier.limits.clone(),
        ai_requests: (&now.ai_requests).into(),
        valid_until: now.valid_until.map(time),
    }))
}
