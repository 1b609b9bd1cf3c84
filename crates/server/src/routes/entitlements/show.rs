//! `GET /api/v1/billing/entitlements/`

use crate::answer::Answer;
use crate::conditional::{NotModified, Revalidated};
use crate::extract::MemberOrService;
use crate::problem::Problem;
use crate::routes::Shared;
use crate::views::ai_limits::AiLimitsView;
use crate::views::allowance::{AllowanceView, SpendableView};
use crate::views::refusals::Reading;
use crate::views::time;
use axum::extract::State;
use axum::http::HeaderMap;
use billing::Billing;
use domain::subscription::UserSubscription;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct EntitlementsView {
    tier_slug: String,
    /// Keys of the features that the tier includes.
    features: Vec<String>,
    /// Null: unlimited.
    limits: BTreeMap<String, Option<i64>>,
    ai_requests: AllowanceView,
    ai_limits: AiLimitsView,
    balance: SpendableView,
    /// The live one; access may come without any, and a live one may not give access.
    subscription: Option<StandingOfSubscriptionView>,
    /// Until then this holds unless something happens; null when only an event can change it.
    valid_until: Option<String>,
}

/// How the subscription stands, as far as a host would tell its user.
#[derive(Debug, Serialize, ToSchema)]
struct StandingOfSubscriptionView {
    tier_slug: String,
    /// Stripe's word: `trialing`, `active`, `past_due`, `incomplete`, `unpaid` or `paused`.
    status: String,
    trial_end: Option<String>,
    /// Set while a cancellation is pending; access lasts until then.
    cancel_at: Option<String>,
    /// Set while a payment is missing; access lasts until then.
    grace_until: Option<String>,
}

impl StandingOfSubscriptionView {
    fn of(live: &UserSubscription, billing: &Billing) -> Self {
        Self {
            tier_slug: live.plan.tier.to_string(),
            status: live.status().as_str().to_owned(),
            trial_end: live.seen.trial_end.map(time),
            cancel_at: live.seen.cancel_at.map(time),
            grace_until: billing.grace_until(live).map(time),
        }
    }
}

/// Everything that the account may do now
///
/// With `If-None-Match`, an answer that has not changed is 304 without a body.
#[utoipa::path(get, path = "/api/v1/billing/entitlements/", tag = "usage",
    params(("If-None-Match" = Option<String>, Header, description = "The `ETag` of the answer that is known"),
           ("On-Behalf-Of" = Option<String>, Header, description = "With a service key: the user")),
    security(("bearer" = []), ("cookie" = [])), responses((status = 200, body = EntitlementsView), NotModified, Reading))]
pub(super) async fn entitlements(
    State(state): Shared,
    MemberOrService(caller): MemberOrService,
    headers: HeaderMap,
) -> Result<Revalidated, Problem> {
    caller.require("read")?;
    let now = state.billing.entitlements(caller.account()).await?;
    let answer = Answer::ok(EntitlementsView {
        tier_slug: now.tier.slug.to_string(),
        features: now.tier.features.iter().filter(|f| f.included).map(|f| f.key.clone()).collect(),
        limits: now.tier.limits.clone(),
        ai_requests: (&now.ai_requests).into(),
        ai_limits: (&now.tier).into(),
        balance: SpendableView { available: now.available, held: now.held },
        subscription: now
            .subscription
            .as_ref()
            .map(|live| StandingOfSubscriptionView::of(live, &state.billing)),
        valid_until: now.valid_until.map(time),
    });
    Ok(Revalidated::of(answer, &headers))
}
