//! Whose allowance and tokens a request uses: the hot path, which asks the database for no more than that.

use super::caller::{MemberOrService, of_host, on_behalf_of, service_key_of};
use crate::problem::Problem;
use crate::state::AppState;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use billing::service_keys::{ServiceKey, scope_of};
use billing::users::KnownUser;
use domain::ids::{AccountId, ServiceKeyId};

/// A member, or a host's backend on behalf of one, who may use AI.
#[derive(Debug)]
pub struct Spender {
    pub account: AccountId,
    /// As of [`Caller::scope`](super::Caller::scope).
    pub scope: String,
}

/// A host's backend on behalf of a member, who may use AI.
#[derive(Debug)]
pub struct ServiceSpender {
    pub spender: Spender,
    pub key: ServiceKeyId,
}

impl FromRequestParts<AppState> for Spender {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        if let Some(key) = service_key_of(parts, state).await? {
            return by_service(&key, parts, state).await;
        }
        let MemberOrService(caller) = MemberOrService::from_request_parts(parts, state).await?;
        caller.require_ai(state)?;
        Ok(Self { scope: caller.scope(), account: caller.user.account_id })
    }
}

impl FromRequestParts<AppState> for ServiceSpender {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        if let Some(key) = service_key_of(parts, state).await? {
            return Ok(Self { spender: by_service(&key, parts, state).await?, key: key.id.clone() });
        }
        MemberOrService::from_request_parts(parts, state).await?;
        Err(Problem::not_allowed("Only a service key can do this."))
    }
}

async fn by_service(key: &ServiceKey, parts: &Parts, state: &AppState) -> Result<Spender, Problem> {
    let subject = on_behalf_of(parts)?;
    if !key.allows("usage") {
        return Err(Problem::lacks_scope("usage"));
    }
    let known = match state.billing.remembered_user(&key.issuer, subject) {
        Some(known) => known,
        // Boxed: who is known needs none of it.
        None => Box::pin(look_up(&key.issuer, subject, state)).await?,
    };
    Ok(Spender { account: known.account, scope: scope_of(&key.id, &known.user) })
}

async fn look_up(issuer: &str, subject: &str, state: &AppState) -> Result<KnownUser, Problem> {
    let known = state.billing.look_up_user(issuer, subject).await.map_err(|error| of_host(error, issuer))?;
    if let Some(known) = known {
        return Ok(known);
    }
    let (issuer, subject, billing) = (issuer.to_owned(), subject.to_owned(), state.billing.clone());
    let made =
        async move { billing.new_user(&issuer, &subject).await.map_err(|error| of_host(error, &issuer)) };
    state.run(made).await
}
