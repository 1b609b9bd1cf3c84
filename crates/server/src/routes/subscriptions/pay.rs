//! `POST /api/v1/billing/subscription/pay/`

use crate::answer::Answer;
use crate::extract::{Body, IdempotencyKey, Member};
use crate::problem::Problem;
use crate::rate_limit::ClientAddress;
use crate::routes::{Shared, payment_method};
use crate::views::refusals::Changing;
use crate::views::subscription::SubscriptionAnswer;
use axum::extract::State;
use axum::response::Response;
use billing::idempotency::Keep;
use billing::subscriptions::{By, PayOpen};
use serde::Deserialize;
use utoipa::ToSchema;

const ROUTE: &str = "subscription/pay";

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PayBody {
    /// Another card; without it the one that failed is tried again.
    #[schema(example = "pm_card_visa")]
    payment_method_id: Option<String>,
}

/// Pay what is open
///
/// The first payment of an incomplete subscription, what a past due one still owes, or a change of plan that waits for its
/// payment (`pending_change`).
#[utoipa::path(post, path = "/api/v1/billing/subscription/pay/", tag = "subscription", request_body = PayBody,
    params(("Idempotency-Key" = Option<String>, Header, description = "At most 255 characters")),
    security(("bearer" = []), ("cookie" = [])), responses((status = 200, body = SubscriptionAnswer), Changing))]
pub(super) async fn pay(
    State(state): Shared,
    Member(caller): Member,
    address: ClientAddress,
    key: IdempotencyKey,
    body: Body<PayBody>,
) -> Result<Response, Problem> {
    let command = PayOpen {
        account: caller.account().clone(),
        payment_method: payment_method(body.value.payment_method_id)?,
        request_key: key.request_key(&caller, ROUTE),
        by: By::member(),
    };
    let billing = state.billing.clone();
    let work = async move {
        let answer = billing.pay_open_invoices(command).await?;
        Ok(Answer::ok(SubscriptionAnswer::of(&answer, &billing)))
    };
    let work = state.watching_declines(address, work);
    Ok(key.answer(&state, &caller, ROUTE, &body.digest, Keep::Money, work).await)
}
