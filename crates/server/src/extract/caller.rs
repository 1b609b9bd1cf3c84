//! Who is calling: a member by session or by a host's token, or a host's backend on a member's behalf.

use super::same_origin;
use crate::problem::Problem;
use crate::state::{AppState, Shared};
use axum::extract::FromRequestParts;
use axum::http::header::{self, HeaderName};
use axum::http::request::Parts;
use axum_extra::extract::CookieJar;
use billing::service_keys::{KEY_PREFIX, ServiceKey, scope_of};
use billing::users::{self, Identity, LOCAL_ISSUER, SESSION_PREFIX, User};
use domain::ids::AccountId;
use std::sync::Arc;

/// The browser's session.
pub const SESSION_COOKIE: &str = "allthrive_session";
const ON_BEHALF_OF: HeaderName = HeaderName::from_static("on-behalf-of");
/// Longest subject that a host may have, in bytes.
const MAX_SUBJECT: usize = 255;

#[derive(Debug, Clone)]
pub struct Caller {
    pub user: User,
    /// By our own role, or by the host's configured claim.
    pub is_admin: bool,
    pub kind: Kind,
}

#[derive(Debug, Clone)]
pub enum Kind {
    /// With the session's token, so that it can be ended.
    Session(String),
    HostToken,
    Service(Arc<ServiceKey>),
}

impl Caller {
    pub fn account(&self) -> &AccountId {
        &self.user.account_id
    }

    /// What an idempotency key of this caller belongs to: the member, or the service key with its subject.
    pub fn scope(&self) -> String {
        match &self.kind {
            Kind::Service(key) => scope_of(&key.id, &self.user.id),
            Kind::Session(_) | Kind::HostToken => self.user.id.to_string(),
        }
    }

    /// Members may do everything that is theirs; a service key what its scopes say (`usage`, `read`).
    pub fn require(&self, scope: &str) -> Result<(), Problem> {
        match &self.kind {
            Kind::Service(key) if !key.allows(scope) => Err(Problem::lacks_scope(scope)),
            _ => Ok(()),
        }
    }

    /// Whether AI requests are for this caller at all, whoever pays for them. Users of a host are its own to verify.
    pub fn require_ai(&self, state: &Shared) -> Result<(), Problem> {
        self.require("usage")?;
        let ours = self.user.issuer == LOCAL_ISSUER && !matches!(self.kind, Kind::Service(_));
        if ours && state.billing.options.require_verified_email && !self.user.email_verified {
            return Err(billing::Error::EmailNotVerified.into());
        }
        Ok(())
    }
}

async fn identify(parts: &mut Parts, state: &Shared) -> Result<Option<Caller>, Problem> {
    if let Some(key) = service_key_of(parts, state).await? {
        return service(key, parts, state).await.map(Some);
    }
    match bearer(parts)? {
        Some(token) if token.starts_with(SESSION_PREFIX) => session(token.to_owned(), state).await.map(Some),
        Some(token) => host_token(token, state).await.map(Some),
        None => by_cookie(parts, state).await,
    }
}

fn bearer(parts: &Parts) -> Result<Option<&str>, Problem> {
    let Some(value) = parts.headers.get(header::AUTHORIZATION) else { return Ok(None) };
    let token = value.to_str().ok().and_then(|value| {
        let (scheme, token) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    });
    token.map(Some).ok_or_else(|| Problem::unauthenticated().detail("Use Authorization: Bearer."))
}

/// `None` where the caller comes with something else.
pub(super) async fn service_key_of(
    parts: &Parts,
    state: &Shared,
) -> Result<Option<Arc<ServiceKey>>, Problem> {
    let Some(secret) = bearer(parts)?.filter(|token| token.starts_with(KEY_PREFIX)) else { return Ok(None) };
    let key = state.billing.authenticate_service_key(secret).await?;
    key.map(Some).ok_or_else(|| Problem::unauthenticated().detail("This service key is not valid."))
}

/// Whom the host's backend asks for.
pub(super) fn on_behalf_of(parts: &Parts) -> Result<&str, Problem> {
    let subject = parts.headers.get(ON_BEHALF_OF).and_then(|value| value.to_str().ok()).map(str::trim);
    let subject = subject.filter(|subject| !subject.is_empty() && subject.len() <= MAX_SUBJECT);
    subject.ok_or_else(|| Problem::invalid("On-Behalf-Of", "must name the user, in 1 to 255 bytes"))
}

/// The host's cookie says who is here now; ours may be of somebody before. A browser keeps a cookie longer than it is good
/// for: then it is nobody's.
async fn by_cookie(parts: &Parts, state: &Shared) -> Result<Option<Caller>, Problem> {
    let jar = CookieJar::from_headers(&parts.headers);
    let value =
        |name: &str| jar.get(name).map(|cookie| cookie.value().to_owned()).filter(|value| !value.is_empty());
    let host_cookie = state.config.jwt.as_ref().and_then(|jwt| value(jwt.cookie.as_ref()?));
    let session_cookie = value(SESSION_COOKIE);
    if session_cookie.is_none() && host_cookie.is_none() {
        return Ok(None);
    }
    same_origin::check(parts, &state.config.public_url)?;
    if let Some(token) = host_cookie {
        match host_token(&token, state).await {
            Ok(caller) => return Ok(Some(caller)),
            Err(problem) if problem.is_unauthenticated() => {}
            Err(problem) => return Err(problem),
        }
    }
    let Some(token) = session_cookie else { return Ok(None) };
    let user = state.billing.authenticate(&token).await?;
    Ok(user.map(|user| Caller { is_admin: user.is_admin(), user, kind: Kind::Session(token) }))
}

async fn session(token: String, state: &Shared) -> Result<Caller, Problem> {
    let user = state.billing.authenticate(&token).await?;
    let user = user.ok_or_else(|| Problem::unauthenticated().detail("This session is over."))?;
    Ok(Caller { is_admin: user.is_admin(), user, kind: Kind::Session(token) })
}

async fn host_token(token: &str, state: &Shared) -> Result<Caller, Problem> {
    let not_valid = |detail: String| Problem::unauthenticated().detail(detail);
    let Some(tokens) = &state.host_tokens else { return Err(not_valid("This token is not known.".into())) };
    // Boxed: it may have to fetch the host's keys, and what that needs would be a part of every request.
    let (identity, is_admin) = Box::pin(tokens.verify(token, state.billing.wall())).await?;
    let billing = state.billing.clone();
    let user = state.run(async move { billing.recognize(&identity).await }).await?;
    Ok(Caller { is_admin: is_admin || user.is_admin(), user, kind: Kind::HostToken })
}

async fn service(key: Arc<ServiceKey>, parts: &Parts, state: &Shared) -> Result<Caller, Problem> {
    let subject = on_behalf_of(parts)?.to_owned();
    let identity = Identity { issuer: key.issuer.clone(), subject, ..Identity::default() };
    let billing = state.billing.clone();
    let recognized =
        async move { billing.recognize(&identity).await.map_err(|error| of_host(error, &identity.issuer)) };
    let user = state.run(recognized).await?;
    Ok(Caller { is_admin: false, user, kind: Kind::Service(key) })
}

/// Why a host's backend cannot ask for this user: its key is good, so it is not 401.
pub(super) fn of_host(error: users::Error, issuer: &str) -> Problem {
    match error {
        users::Error::Deleted => Problem::account_deleted(),
        users::Error::NotFound => Problem::not_found().detail(format!(
            "There is no such user of `{issuer}`, whose users register here. Make the key with the issuer of your own."
        )),
        other => other.into(),
    }
}

/// A person. Service keys are refused.
#[derive(Debug)]
pub struct Member(pub Caller);

/// A person, or a host's backend on behalf of one.
#[derive(Debug)]
pub struct MemberOrService(pub Caller);

/// A host's backend only.
#[derive(Debug)]
pub struct ServiceOnly(pub Caller, pub Arc<ServiceKey>);

/// Somebody or nobody. Credentials that are not valid are refused all the same.
#[derive(Debug)]
pub struct Anyone(pub Option<Caller>);

/// A person with the admin's role.
#[derive(Debug)]
pub struct Admin(pub Caller);

impl FromRequestParts<AppState> for Anyone {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        identify(parts, state).await.map(Self)
    }
}

impl FromRequestParts<AppState> for MemberOrService {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        identify(parts, state).await?.map(Self).ok_or_else(Problem::unauthenticated)
    }
}

impl FromRequestParts<AppState> for Member {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        let MemberOrService(caller) = MemberOrService::from_request_parts(parts, state).await?;
        match caller.kind {
            Kind::Service(_) => Err(Problem::not_allowed("Only the member can do this, not a service key.")),
            _ => Ok(Self(caller)),
        }
    }
}

impl FromRequestParts<AppState> for ServiceOnly {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        let MemberOrService(caller) = MemberOrService::from_request_parts(parts, state).await?;
        match caller.kind.clone() {
            Kind::Service(key) => Ok(Self(caller, key)),
            _ => Err(Problem::not_allowed("Only a service key can do this.")),
        }
    }
}

impl FromRequestParts<AppState> for Admin {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        let Member(caller) = Member::from_request_parts(parts, state).await?;
        if caller.is_admin {
            Ok(Self(caller))
        } else {
            Err(Problem::not_allowed("Only an admin can do this."))
        }
    }
}
