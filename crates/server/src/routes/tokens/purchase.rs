//! `POST /api/v1/billing/tokens/purchase/`

use crate::answer::Answer;
use crate::extract::{Body, IdempotencyKey, Member};
use crate::problem::Problem;
use crate::rate_limit::ClientAddress;
use crate::routes::{ConsentBody, Shared, consent, currency, payment_method};
use crate::views::purchase::PurchaseAnswer;
use crate::views::refusals::Changing;
use axum::extract::State;
use axum::response::Response;
use billing::idempotency::Keep;
use billing::purchases::Buy;
use serde::Deserialize;
use utoipa::ToSchema;

const ROUTE: &str = "tokens/purchase";

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PurchaseBody {
    #[schema(example = "starter")]
    package_slug: String,
    /// Without it the saved card pays, or else the browser takes one.
    #[schema(example = "pm_card_visa")]
    payment_method_id: Option<String>,
    #[schema(example = "usd")]
    currency: Option<String>,
    /// What the member has agreed to; config/ says whether it is required.
    consent: Option<ConsentBody>,
}

/// Buy a token package
///
/// The tokens are there once Stripe says that the payment succeeded: usually with this answer, else within a
/// second. A decline is 402 and carries the `purchase`, which failed.
#[utoipa::path(post, path = "/api/v1/billing/tokens/purchase/", tag = "tokens", request_body = PurchaseBody,
    params(("Idempotency-Key" = Option<String>, Header, description = "At most 255 characters")),
    security(("bearer" = []), ("cookie" = [])), responses((status = 201, body = PurchaseAnswer), Changing))]
pub(super) async fn purchase(
    State(state): Shared,
    Member(caller): Member,
    address: ClientAddress,
    key: IdempotencyKey,
    body: Body<PurchaseBody>,
) -> Result<Response, Problem> {
    let command = Buy {
        account: caller.account().clone(),
        package_slug: body.value.package_slug,
        payment_method: payment_method(body.value.payment_method_id)?,
        currency: currency(body.value.currency.as_deref())?,
        request_key: key.request_key(&caller, ROUTE),
        consent: consent(body.value.consent, Some(address)),
    };
    let billing = state.billing.clone();
    let work = async move { Ok(Answer::created(PurchaseAnswer::from(&billing.buy(command).await?))) };
    let work = state.watching_declines(address, work);
    Ok(key.answer(&state, &caller, ROUTE, &body.digest, Keep::Money, work).await)
}
