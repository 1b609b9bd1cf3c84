//! What an admin gives to an account: a tier without a subscription, tokens without a payment.

use crate::answer::Answer;
use crate::extract::{Admin, Body, Id, IdempotencyKey};
use crate::problem::Problem;
use crate::routes::{Shared, reason};
use crate::views::allowance::SpendableView;
use crate::views::refusals::Changing;
use crate::views::subscription::AssignedTierView;
use axum::extract::State;
use axum::response::Response;
use billing::admin_actions::Actor;
use billing::assignments::AssignTier;
use billing::idempotency::Keep;
use billing::tokens::GrantTokens;
use domain::ids::AccountId;
use domain::time::Timestamp;
use ledger::Tokens;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

const GRANT: &str = "admin/tokens";

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TierBody {
    #[schema(example = "creator-mentor")]
    tier_slug: String,
    /// RFC 3339; without it, until it is taken back.
    #[schema(example = "2027-12-31T00:00:00Z")]
    until: Option<String>,
    reason: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AssignedTier {
    assigned_tier: Option<AssignedTierView>,
}

/// Give an account a tier without a subscription
///
/// It takes the place of what was given before. Access is the better of this and of what is paid for.
#[utoipa::path(post, path = "/api/v1/admin/accounts/{id}/tier/", tag = "admin", request_body = TierBody,
    params(("id" = String, Path, description = "acc_...")),
    security(("bearer" = []), ("cookie" = [])), responses((status = 200, body = AssignedTier), Changing))]
pub(super) async fn assign_tier(
    State(state): Shared,
    Admin(caller): Admin,
    Id(id): Id,
    body: Body<TierBody>,
) -> Result<Answer, Problem> {
    let TierBody { tier_slug, until, reason: why } = body.value;
    let until = until.map(|text| text.parse::<Timestamp>()).transpose();
    let command = AssignTier {
        account: AccountId::from_stored(id),
        tier_slug,
        until: until.map_err(|error| Problem::invalid("until", error.to_string()))?,
        actor: Actor::user(&caller.user.id),
        reason: reason(&why)?,
    };
    let billing = state.billing.clone();
    let given = state.run(async move { billing.assign_tier(command).await }).await?;
    Ok(Answer::ok(AssignedTier { assigned_tier: Some((&given).into()) }))
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct EndBody {
    reason: String,
}

/// Take back a tier that was given
///
/// Where none is given there is nothing to do, and that is no error.
#[utoipa::path(delete, path = "/api/v1/admin/accounts/{id}/tier/", tag = "admin", request_body = EndBody,
    params(("id" = String, Path, description = "acc_...")),
    security(("bearer" = []), ("cookie" = [])), responses((status = 200, body = AssignedTier), Changing))]
pub(super) async fn end_tier(
    State(state): Shared,
    Admin(caller): Admin,
    Id(id): Id,
    body: Body<EndBody>,
) -> Result<Answer, Problem> {
    let (account, reason) = (AccountId::from_stored(id), reason(&body.value.reason)?);
    let (billing, actor) = (state.billing.clone(), Actor::user(&caller.user.id));
    state.run(async move { billing.end_tier_assignment(&account, &actor, &reason).await }).await?;
    Ok(Answer::ok(AssignedTier { assigned_tier: None }))
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct GrantBody {
    #[schema(minimum = 1, example = 100_000)]
    tokens: i64,
    /// The member reads it in the history.
    reason: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Granted {
    balance: SpendableView,
}

/// Give tokens to an account
#[utoipa::path(post, path = "/api/v1/admin/accounts/{id}/tokens/", tag = "admin", request_body = GrantBody,
    params(("id" = String, Path, description = "acc_..."),
        ("Idempotency-Key" = Option<String>, Header, description = "At most 255 characters")),
    security(("bearer" = []), ("cookie" = [])), responses((status = 201, body = Granted), Changing))]
pub(super) async fn grant_tokens(
    State(state): Shared,
    Admin(caller): Admin,
    Id(id): Id,
    key: IdempotencyKey,
    body: Body<GrantBody>,
) -> Result<Response, Problem> {
    let tokens = Tokens::new(body.value.tokens).filter(|tokens| !tokens.is_zero());
    let command = GrantTokens {
        account: AccountId::from_stored(id.clone()),
        tokens: tokens.ok_or_else(|| Problem::invalid("tokens", "must be at least 1"))?,
        actor: Actor::user(&caller.user.id),
        reason: reason(&body.value.reason)?,
        request_key: key.request_key(&caller, &format!("{GRANT}:{id}")),
    };
    let billing = state.billing.clone();
    let work = async move {
        let balance = billing.grant_tokens(command).await?;
        Ok(Answer::created(Granted { balance: (&balance).into() }))
    };
    // Whom it is for is no part of the body.
    let digest = format!("{id}:{}", body.digest);
    Ok(key.answer(&state, &caller, GRANT, &digest, Keep::Money, work).await)
}
