//! `POST /api/v1/billing/holds/{id}/capture/`

use super::answered;
use crate::answer::Answer;
use crate::extract::{Body, Id, IdempotencyKey, ServiceSpender};
use crate::problem::Problem;
use crate::routes::Shared;
use crate::views::hold::HoldAnswerView;
use crate::views::refusals::Changing;
use axum::extract::State;
use axum::response::Response;
use billing::holds::{CaptureHold, Named};
use domain::hold::Usage;
use domain::ids::HoldId;
use ledger::Tokens;
use serde::Deserialize;
use utoipa::ToSchema;

const ROUTE: &str = "holds/capture";

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CaptureBody {
    /// What was used. Without it the estimate counts, and is flagged as one. Nothing used: void/ it.
    #[schema(minimum = 1, example = 812)]
    tokens: Option<i64>,
}

/// Settle a hold by what was used
///
/// Where tokens pay, as many are taken and the rest of the hold is given back; beyond the hold, what the catalog's
/// `holds.over` says. The same capture again is answered as it is; any other end of the hold is 409 `hold_not_held`.
///
/// One that has expired can be captured for another day, and is `late` then: what was used is taken from what there is by
/// then, as far as it goes. Where the allowance paid, that is a unit of the same window if one is left, else tokens.
#[utoipa::path(post, path = "/api/v1/billing/holds/{id}/capture/", tag = "usage", request_body = CaptureBody,
    params(("id" = String, Path, description = "hold_..."),
           ("Idempotency-Key" = Option<String>, Header, description = "At most 255 characters"),
           ("On-Behalf-Of" = String, Header, description = "The user")),
    security(("bearer" = [])), responses((status = 200, body = HoldAnswerView), Changing))]
pub(super) async fn capture(
    State(state): Shared,
    ServiceSpender { spender, key: owner }: ServiceSpender,
    Id(id): Id,
    key: IdempotencyKey,
    body: Body<CaptureBody>,
) -> Result<Response, Problem> {
    let usage = match body.value.tokens.map(Tokens::new) {
        None => Usage::Unreported,
        Some(Some(tokens)) if !tokens.is_zero() => Usage::Reported(tokens),
        Some(_) => {
            return Err(Problem::invalid("tokens", "must be at least 1; void/ a hold that nothing used"));
        }
    };
    // The same key on two holds is two requests.
    let digest = format!("{id}:{}", body.digest);
    let key = key.keyed(&spender.scope, ROUTE, &digest);
    let command = CaptureHold {
        key,
        named: Named { account: spender.account, owner: Some(owner), hold: HoldId::from_stored(id) },
        usage,
    };
    let hold = state.billing.capture_hold(command).await?;
    Ok(answered(Answer::ok, &hold))
}
