//! `GET /api/v1/billing/entitlements/features/{key}/`

use crate::answer::Answer;
use crate::conditional::{NotModified, Revalidated};
use crate::extract::{Id, MemberOrService};
use crate::openapi::ProblemBody;
use crate::problem::Problem;
use crate::routes::Shared;
use crate::views::time;
use axum::extract::State;
use axum::http::HeaderMap;
use serde::Serialize;
use utoipa::{IntoResponses, ToSchema};

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct FeatureCheckView {
    key: String,
    name: String,
    /// In words, where the tier includes it in part.
    note: Option<String>,
    /// Of the tier that includes it.
    tier_slug: String,
    /// Until then this holds unless something happens; null when only an event can change it.
    valid_until: Option<String>,
}

#[derive(IntoResponses)]
#[allow(dead_code, reason = "describes what the use case answers")]
pub(super) enum Refusals {
    #[response(status = 401, description = "unauthenticated", content_type = "application/problem+json")]
    Unauthenticated(ProblemBody),
    #[response(
        status = 403,
        description = "feature_not_in_tier (`key`, `upgrade_to`: the first tier on sale that includes it, or null), \
                       not_allowed",
        content_type = "application/problem+json"
    )]
    NotAllowed(ProblemBody),
    #[response(
        status = 404,
        description = "not_found: the catalog has no such feature",
        content_type = "application/problem+json"
    )]
    NotFound(ProblemBody),
}

/// Whether the account's tier includes a feature
///
/// 200 when it does; 403 `feature_not_in_tier`, to be shown as it is, when it does not.
#[utoipa::path(get, path = "/api/v1/billing/entitlements/features/{key}/", tag = "usage",
    params(("key" = String, Path, description = "As in tiers/", example = "deep_reviews"),
           ("If-None-Match" = Option<String>, Header, description = "The `ETag` of the answer that is known"),
           ("On-Behalf-Of" = Option<String>, Header, description = "With a service key: the user")),
    security(("bearer" = []), ("cookie" = [])), responses((status = 200, body = FeatureCheckView), NotModified, Refusals))]
pub(super) async fn check_feature(
    State(state): Shared,
    MemberOrService(caller): MemberOrService,
    Id(key): Id,
    headers: HeaderMap,
) -> Result<Revalidated, Problem> {
    caller.require("read")?;
    let check = state.billing.check_feature(caller.account(), &key).await?;
    let answer = Answer::ok(FeatureCheckView {
        key: check.feature.key,
        name: check.feature.name,
        note: check.feature.note,
        tier_slug: check.tier.to_string(),
        valid_until: check.valid_until.map(time),
    });
    Ok(Revalidated::of(answer, &headers))
}
