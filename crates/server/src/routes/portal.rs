//! `POST /api/v1/billing/portal/`

use crate::answer::Answer;
use crate::extract::{Body, IdempotencyKey, Member};
use crate::problem::Problem;
use crate::routes::{Nothing, Shared};
use crate::state::AppState;
use crate::views::refusals::Changing;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PortalView {
    /// At Stripe, for a short time. It leads back to our billing page.
    url: String,
}

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(portal))
}

/// A session of Stripe's customer portal
///
/// There the member sees invoices, changes card and address, and cancels at the period's end; not the plan.
#[utoipa::path(post, path = "/api/v1/billing/portal/", tag = "paying", request_body = Nothing,
    security(("bearer" = []), ("cookie" = [])), responses((status = 200, body = PortalView), Changing))]
pub(super) async fn portal(
    State(state): Shared,
    Member(caller): Member,
    // Checked as everywhere; every session is its own.
    _: IdempotencyKey,
    _: Body<Nothing>,
) -> Result<Answer, Problem> {
    let (billing, account) = (state.billing.clone(), caller.account().clone());
    let url = state.run(async move { billing.portal_session(&account).await }).await?;
    Ok(Answer::ok(PortalView { url }))
}
