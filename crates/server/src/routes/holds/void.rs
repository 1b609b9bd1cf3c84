//! `POST /api/v1/billing/holds/{id}/void/`

use super::answered;
use crate::answer::Answer;
use crate::extract::{Body, Id, IdempotencyKey, ServiceOnly};
use crate::problem::Problem;
use crate::routes::{Nothing, Shared};
use crate::views::hold::HoldAnswerView;
use crate::views::refusals::Changing;
use axum::extract::State;
use axum::response::Response;
use billing::holds::{Named, VoidHold};
use domain::ids::HoldId;

const ROUTE: &str = "holds/void";

/// Give up a hold that nothing used
///
/// What was held goes back to where it came from, the unit of an allowance to the window that it was taken from. The same
/// again is answered as it is; any other end of the hold is 409 `hold_not_held`.
#[utoipa::path(post, path = "/api/v1/billing/holds/{id}/void/", tag = "usage", request_body = Nothing,
    params(("id" = String, Path, description = "hold_..."),
           ("Idempotency-Key" = Option<String>, Header, description = "At most 255 characters"),
           ("On-Behalf-Of" = String, Header, description = "The user")),
    security(("bearer" = [])), responses((status = 200, body = HoldAnswerView), Changing))]
pub(super) async fn void(
    State(state): Shared,
    ServiceOnly(caller, service): ServiceOnly,
    Id(id): Id,
    key: IdempotencyKey,
    body: Body<Nothing>,
) -> Result<Response, Problem> {
    caller.require("usage")?;
    // The same key on two holds is two requests.
    let digest = format!("{id}:{}", body.digest);
    let command = VoidHold {
        named: Named {
            account: caller.account().clone(),
            owner: Some(service.id),
            hold: HoldId::from_stored(id),
        },
        key: key.keyed(&caller, ROUTE, &digest),
    };
    let billing = state.billing.clone();
    let hold = state.run(async move { billing.void_hold(command).await }).await?;
    Ok(answered(Answer::ok, &hold))
}
