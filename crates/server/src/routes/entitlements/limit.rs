//! `GET /api/v1/billing/entitlements/limits/{key}/`

use crate::answer::Answer;
use crate::conditional::{NotModified, Revalidated};
use crate::extract::{Id, MemberOrService, Query};
use crate::openapi::ProblemBody;
use crate::problem::Problem;
use crate::routes::Shared;
use crate::views::time;
use axum::extract::State;
use axum::http::HeaderMap;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, IntoResponses, ToSchema};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct LimitQuery {
    /// How many there are, before the one that is to be made.
    #[param(minimum = 0, example = 9)]
    used: i64,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LimitCheckView {
    key: String,
    /// Null: unlimited.
    limit: Option<i64>,
    used: i64,
    /// How many more there may be, at least 1; null: unlimited.
    remaining: Option<i64>,
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
        description = "limit_reached (`key`, `limit`, `used`, `upgrade_to`: the first tier on sale that allows one more, \
                       or null), not_allowed",
        content_type = "application/problem+json"
    )]
    NotAllowed(ProblemBody),
    #[response(
        status = 404,
        description = "not_found: the catalog has no such limit",
        content_type = "application/problem+json"
    )]
    NotFound(ProblemBody),
    #[response(status = 422, description = "invalid_request", content_type = "application/problem+json")]
    Invalid(ProblemBody),
}

/// Whether the account's tier allows one more
///
/// 200 when it does; 403 `limit_reached`, to be shown as it is, when it does not. The host counts.
#[utoipa::path(get, path = "/api/v1/billing/entitlements/limits/{key}/", tag = "usage",
    params(("key" = String, Path, description = "As in tiers/", example = "projects"), LimitQuery,
           ("If-None-Match" = Option<String>, Header, description = "The `ETag` of the answer that is known"),
           ("On-Behalf-Of" = Option<String>, Header, description = "With a service key: the user")),
    security(("bearer" = []), ("cookie" = [])), responses((status = 200, body = LimitCheckView), NotModified, Refusals))]
pub(super) async fn check_limit(
    State(state): Shared,
    MemberOrService(caller): MemberOrService,
    Id(key): Id,
    Query(query): Query<LimitQuery>,
    headers: HeaderMap,
) -> Result<Revalidated, Problem> {
    caller.require("read")?;
    if query.used < 0 {
        return Err(Problem::invalid("used", "must not be negative"));
    }
    let check = state.billing.check_limit(caller.account(), &key, query.used).await?;
    let answer = Answer::ok(LimitCheckView {
        key,
        limit: check.limit,
        used: query.used,
        remaining: check.limit.map(|limit| limit - query.used),
        tier_slug: check.tier.to_string(),
        valid_until: check.valid_until.map(time),
    });
    Ok(Revalidated::of(answer, &headers))
}
