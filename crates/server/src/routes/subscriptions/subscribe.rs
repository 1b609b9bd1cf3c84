//! `POST /api/v1/billing/subscribe/`

use crate::answer::Answer;
use crate::extract::{Body, Caller, IdempotencyKey, Member};
use crate::problem::Problem;
use crate::rate_limit::ClientAddress;
use crate::routes::{ConsentBody, Shared, consent, currency, payment_method};
use crate::views::refusals::Changing;
use crate::views::subscription::SubscriptionAnswer;
use axum::extract::State;
use axum::response::Response;
use billing::idempotency::Keep;
use billing::subscriptions::Subscribe;
use domain::catalog::BillingPeriod;
use serde::Deserialize;
use utoipa::ToSchema;

const ROUTE: &str = "subscribe";

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SubscribeBody {
    #[schema(example = "community-pro")]
    pub(super) tier_slug: String,
    /// `monthly`, `quarterly` or `annual`.
    #[schema(value_type = String, example = "quarterly")]
    pub(super) billing_period: BillingPeriod,
    /// Made by Stripe Elements, or one of Stripe's test tokens. Without it the saved card pays, or else the
    /// browser takes one.
    #[schema(example = "pm_card_visa")]
    pub(super) payment_method_id: Option<String>,
    pub(super) promotion_code: Option<String>,
    #[schema(example = "usd")]
    pub(super) currency: Option<String>,
    /// False: pay at once, although a trial could be had.
    #[serde(default = "yes")]
    pub(super) trial: bool,
    /// What the member has agreed to; config/ says whether it is required.
    pub(super) consent: Option<ConsentBody>,
}

const fn yes() -> bool {
    true
}

impl SubscribeBody {
    /// `address`: where a consent came from; a preview records none.
    pub(super) fn command(
        self,
        caller: &Caller,
        request_key: String,
        address: Option<ClientAddress>,
    ) -> Result<Subscribe, Problem> {
        Ok(Subscribe {
            account: caller.account().clone(),
            tier_slug: self.tier_slug,
            billing_period: self.billing_period,
            payment_method: payment_method(self.payment_method_id)?,
            promotion_code: self.promotion_code,
            currency: currency(self.currency.as_deref())?,
            trial: self.trial,
            request_key,
            consent: consent(self.consent, address),
        })
    }
}

/// Subscribe
///
/// With a payment method the server confirms at once, and `confirm` is null unless the person must act. After
/// a `setup` confirmation (trials) make the same call again, under a new Idempotency-Key.
#[utoipa::path(post, path = "/api/v1/billing/subscribe/", tag = "subscription", request_body = SubscribeBody,
    params(("Idempotency-Key" = Option<String>, Header, description = "At most 255 characters")),
    security(("bearer" = []), ("cookie" = [])), responses((status = 201, body = SubscriptionAnswer), Changing))]
pub(super) async fn subscribe(
    State(state): Shared,
    Member(caller): Member,
    address: ClientAddress,
    key: IdempotencyKey,
    body: Body<SubscribeBody>,
) -> Result<Response, Problem> {
    let command = body.value.command(&caller, key.request_key(&caller, ROUTE), Some(address))?;
    let billing = state.billing.clone();
    let work = async move {
        let answer = billing.subscribe(command).await?;
        Ok(Answer::created(SubscriptionAnswer::of(&answer, &billing)))
    };
    let work = state.watching_declines(address, work);
    Ok(key.answer(&state, &caller, ROUTE, &body.digest, Keep::Money, work).await)
}
