//! `PUT /api/v1/admin/settings/sales-paused/`

use crate::answer::Answer;
use crate::extract::{Admin, Body};
use crate::problem::Problem;
use crate::routes::{Shared, reason};
use crate::views::refusals::Changing;
use axum::extract::State;
use billing::admin_actions::Actor;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PauseBody {
    paused: bool,
    reason: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SalesPaused {
    sales_paused: bool,
}

/// Stop new subscriptions and purchases, or let them go on
///
/// Takes effect at once, on every instance. Renewals, payments of what is open, changes of plan, cancellations and AI
/// requests go on.
#[utoipa::path(put, path = "/api/v1/admin/settings/sales-paused/", tag = "admin", request_body = PauseBody,
    security(("bearer" = []), ("cookie" = [])), responses((status = 200, body = SalesPaused), Changing))]
pub(super) async fn pause_sales(
    State(state): Shared,
    Admin(caller): Admin,
    body: Body<PauseBody>,
) -> Result<Answer, Problem> {
    let (paused, reason) = (body.value.paused, reason(&body.value.reason)?);
    let (billing, actor) = (state.billing.clone(), Actor::user(&caller.user.id));
    state.run(async move { billing.pause_sales(paused, &actor, &reason).await }).await?;
    Ok(Answer::ok(SalesPaused { sales_paused: paused }))
}
