//! `POST /api/v1/billing/holds/{id}/void/`

use super::answered;
use crate::answer::Answer;
use crate::extract::{Body, Id, IdempotencyKey, ServiceSpender};
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
    ServiceSpender { spender, key: owner }: ServiceSpender,
    Id(id): Id,
    key: IdempotencyKey,
    body: Body<Nothing>,
) -> Result<Response, Problem> {
    // The same key on two holds is two requests.
    let digest = format!("{id}:{}", body.digest);
    let key = key.keyed(&spender.scope, ROUTE, &digest);
    let command = VoidHold {
        key,
        named: Named { account: spender.account, owner: Some(owner), hold: HoldId::from_stored(id) },
    };
    let hold = state.billing.void_hold(command).await?;
    Ok(answered(Answer::ok, &hold))
}
