//! `POST /api/v1/billing/tokens/purchases/{id}/pay/`

use crate::answer::Answer;
use crate::extract::{Body, Id, IdempotencyKey, Member};
use crate::problem::Problem;
use crate::rate_limit::ClientAddress;
use crate::routes::{Shared, payment_method};
use crate::views::purchase::PurchaseAnswer;
use crate::views::refusals::Changing;
use axum::extract::State;
use axum::response::Response;
use billing::idempotency::Keep;
use billing::purchases::PayPurchase;
use serde::Deserialize;
use utoipa::ToSchema;

const ROUTE: &str = "tokens/purchases/pay";

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PayPurchaseBody {
    /// Without it the browser takes a card.
    #[schema(example = "pm_card_visa")]
    payment_method_id: Option<String>,
}

/// Pay a purchase whose card was refused
///
/// It is the same payment intent, so it can be paid only once; one that is paid is answered as it is.
#[utoipa::path(post, path = "/api/v1/billing/tokens/purchases/{id}/pay/", tag = "tokens",
    request_body = PayPurchaseBody, params(("id" = String, Path, description = "pur_..."),
    ("Idempotency-Key" = Option<String>, Header, description = "At most 255 characters")),
    security(("bearer" = []), ("cookie" = [])), responses((status = 200, body = PurchaseAnswer), Changing))]
pub(super) async fn pay_purchase(
    State(state): Shared,
    Member(caller): Member,
    address: ClientAddress,
    Id(id): Id,
    key: IdempotencyKey,
    body: Body<PayPurchaseBody>,
) -> Result<Response, Problem> {
    // The same key on two purchases is two requests.
    let digest = format!("{id}:{}", body.digest);
    let command = PayPurchase {
        account: caller.account().clone(),
        purchase: id,
        payment_method: payment_method(body.value.payment_method_id)?,
    };
    let billing = state.billing.clone();
    let work = async move { Ok(Answer::ok(PurchaseAnswer::from(&billing.pay_purchase(command).await?))) };
    let work = state.watching_declines(address, work);
    Ok(key.answer(&state, &caller, ROUTE, &digest, Keep::Money, work).await)
}
