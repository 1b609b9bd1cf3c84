//! `POST /api/v1/billing/cancel/preview/`

use crate::answer::Answer;
use crate::extract::{Body, IdempotencyKey, Member};
use crate::problem::Problem;
use crate::routes::{Nothing, Shared};
use crate::views::refusals::Changing;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CancelPreviewView {
    /// What `cancel/` with `at` `now` and `refund` gives back; null where the rules give nothing.
    refund: Option<GivenBackView>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct GivenBackView {
    /// Minor units.
    amount: i64,
    currency: String,
}

/// What canceling at once would give back: nothing is canceled
#[utoipa::path(post, path = "/api/v1/billing/cancel/preview/", tag = "subscription", request_body = Nothing,
    security(("bearer" = []), ("cookie" = [])), responses((status = 200, body = CancelPreviewView), Changing))]
pub(super) async fn preview_cancel(
    State(state): Shared,
    Member(caller): Member,
    // Checked as everywhere; looking changes nothing.
    _: IdempotencyKey,
    _: Body<Nothing>,
) -> Result<Answer, Problem> {
    let (billing, account) = (state.billing.clone(), caller.account().clone());
    let refund = state.run(async move { billing.preview_cancellation(&account).await }).await?;
    Ok(Answer::ok(CancelPreviewView {
        refund: refund
            .map(|money| GivenBackView { amount: money.amount, currency: money.currency.to_string() }),
    }))
}
