//! `POST /api/v1/billing/payment-methods/{id}/default/`

use crate::answer::Answer;
use crate::extract::{Body, Id, IdempotencyKey, Member};
use crate::problem::Problem;
use crate::rate_limit::ClientAddress;
use crate::routes::{Shared, payment_method};
use crate::views::confirm::ConfirmView;
use crate::views::refusals::Changing;
use crate::views::subscription::{PaymentMethodView, SubscriptionView};
use axum::extract::State;
use axum::response::Response;
use billing::idempotency::Keep;
use billing::payment_methods::SetDefault;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

const ROUTE: &str = "payment-methods/default";

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SetDefaultBody {
    /// A card that is removed once this one has its place.
    #[schema(example = "pm_1old")]
    replaces: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DefaultAnswer {
    payment_method: Option<PaymentMethodView>,
    subscription: Option<SubscriptionView>,
    /// Not null only if an open payment wants the person.
    confirm: Option<ConfirmView>,
}

/// Pay everything with this card from now on
///
/// What is open (a first payment, a renewal that failed) is paid with it at once. When it is refused the answer is 402:
/// then it is the default all the same, and what is open stays open.
#[utoipa::path(post, path = "/api/v1/billing/payment-methods/{id}/default/", tag = "paying",
    request_body = SetDefaultBody, params(("id" = String, Path, description = "pm_..."),
    ("Idempotency-Key" = Option<String>, Header, description = "At most 255 characters")),
    security(("bearer" = []), ("cookie" = [])), responses((status = 200, body = DefaultAnswer), Changing))]
pub(super) async fn set_default(
    State(state): Shared,
    Member(caller): Member,
    address: ClientAddress,
    Id(id): Id,
    key: IdempotencyKey,
    body: Body<SetDefaultBody>,
) -> Result<Response, Problem> {
    // The same key on two cards is two requests.
    let digest = format!("{id}:{}", body.digest);
    let Ok(Some(card)) = payment_method(Some(id)) else { return Err(Problem::not_found()) };
    let command = SetDefault {
        account: caller.account().clone(),
        payment_method: card,
        replaces: payment_method(body.value.replaces)?,
        request_key: key.request_key(&caller, ROUTE),
    };
    let billing = state.billing.clone();
    let work = async move {
        let answer = billing.set_default_payment_method(command).await?;
        Ok(Answer::ok(DefaultAnswer {
            payment_method: PaymentMethodView::of(&answer.payment_method),
            subscription: answer.subscription.as_ref().map(|live| SubscriptionView::of(live, &billing)),
            confirm: answer.confirm.as_ref().map(Into::into),
        }))
    };
    let work = state.watching_declines(address, work);
    Ok(key.answer(&state, &caller, ROUTE, &digest, Keep::Money, work).await)
}
