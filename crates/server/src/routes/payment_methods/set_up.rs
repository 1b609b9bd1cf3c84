//! `POST /api/v1/billing/payment-methods/setup/`

use crate::answer::Answer;
use crate::extract::{Body, IdempotencyKey, Member};
use crate::problem::Problem;
use crate::rate_limit::ClientAddress;
use crate::routes::{Shared, payment_method};
use crate::views::confirm::ConfirmView;
use crate::views::refusals::Changing;
use crate::views::subscription::PaymentMethodView;
use axum::extract::State;
use axum::response::Response;
use billing::idempotency::Keep;
use billing::payment_methods::SetUpCard;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

const ROUTE: &str = "payment-methods/setup";

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SetUpBody {
    /// Confirmed by the server; without it the browser takes a card.
    #[schema(example = "pm_card_visa")]
    payment_method_id: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SetUpAnswer {
    /// Null while something is left to confirm.
    payment_method: Option<PaymentMethodView>,
    confirm: Option<ConfirmView>,
}

/// Set a card up for later
///
/// Nothing is charged. After `confirmSetup` the setup intent names the card, which can be made the default.
#[utoipa::path(post, path = "/api/v1/billing/payment-methods/setup/", tag = "paying", request_body = SetUpBody,
    params(("Idempotency-Key" = Option<String>, Header, description = "At most 255 characters")),
    security(("bearer" = []), ("cookie" = [])), responses((status = 200, body = SetUpAnswer), Changing))]
pub(super) async fn set_up(
    State(state): Shared,
    Member(caller): Member,
    address: ClientAddress,
    key: IdempotencyKey,
    body: Body<SetUpBody>,
) -> Result<Response, Problem> {
    let command = SetUpCard {
        account: caller.account().clone(),
        payment_method: payment_method(body.value.payment_method_id)?,
        request_key: key.request_key(&caller, ROUTE),
    };
    let billing = state.billing.clone();
    let work = async move {
        let answer = billing.set_up_payment_method(command).await?;
        Ok(Answer::ok(SetUpAnswer {
            payment_method: answer.payment_method.as_ref().and_then(PaymentMethodView::of),
            confirm: answer.confirm.as_ref().map(Into::into),
        }))
    };
    let work = state.watching_declines(address, work);
    Ok(key.answer(&state, &caller, ROUTE, &body.digest, Keep::Money, work).await)
}
