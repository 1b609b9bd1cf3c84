//! `/api/v1/admin/invitations/`

use crate::answer::Answer;
use crate::extract::{Admin, Body, Id, Query};
use crate::problem::Problem;
use crate::routes::{Shared, reason};
use crate::views::invitation::{InvitationStanding, InvitationView, ListedInvitation};
use crate::views::refusals::{Changing, Reading};
use axum::extract::State;
use billing::admin_actions::Actor;
use domain::ids::{AccountId, InvitationId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ListQuery {
    #[param(inline)]
    state: Option<InvitationState>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum InvitationState {
    Applied,
    Invited,
    Accepted,
    Declined,
}

impl InvitationState {
    const fn word(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Invited => "invited",
            Self::Accepted => "accepted",
            Self::Declined => "declined",
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct InvitationList {
    data: Vec<ListedInvitation>,
    next_cursor: Option<String>,
}

/// Applications and invitations, newest first
#[utoipa::path(get, path = "/api/v1/admin/invitations/", tag = "admin", params(ListQuery),
    security(("bearer" = []), ("cookie" = [])), responses((status = 200, body = InvitationList), Reading))]
pub(super) async fn list(
    State(state): Shared,
    Admin(_caller): Admin,
    Query(query): Query<ListQuery>,
) -> Result<Answer, Problem> {
    let wanted = query.state.map(InvitationState::word);
    let page = state.billing.invitations(wanted, query.cursor.as_deref()).await?;
    let data = page.data.into_iter().map(Into::into).collect();
    Ok(Answer::ok(InvitationList { data, next_cursor: page.next_cursor }))
}

/// One of the two.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct InviteBody {
    #[schema(example = "ada@example.com")]
    email: Option<String>,
    account_id: Option<String>,
    /// For the log.
    reason: String,
}

/// Invite somebody to the Creator / Mentor tier
#[utoipa::path(post, path = "/api/v1/admin/invitations/", tag = "admin", request_body = InviteBody,
    security(("bearer" = []), ("cookie" = [])), responses((status = 200, body = InvitationStanding), Changing))]
pub(super) async fn invite(
    State(state): Shared,
    Admin(caller): Admin,
    body: Body<InviteBody>,
) -> Result<Answer, Problem> {
    let InviteBody { email, account_id, reason: why } = body.value;
    let reason = reason(&why)?;
    let account = match (email, account_id) {
        (Some(email), None) => state.billing.the_user_with(&email).await?.account_id,
        (None, Some(id)) => AccountId::from_stored(id),
        _ => return Err(Problem::invalid("email", "either this or account_id, and not both")),
    };
    let (billing, actor) = (state.billing.clone(), Actor::user(&caller.user.id));
    let standing = state.run(async move { billing.invite(&account, &actor, &reason).await }).await?;
    Ok(Answer::ok(InvitationStanding::from(&standing)))
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DecisionBody {
    /// For the log.
    reason: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Decided {
    invitation: InvitationView,
}

/// Accept an application: the account is invited
#[utoipa::path(post, path = "/api/v1/admin/invitations/{id}/accept/", tag = "admin", request_body = DecisionBody,
    params(("id" = String, Path, description = "inv_...")),
    security(("bearer" = []), ("cookie" = [])), responses((status = 200, body = Decided), Changing))]
pub(super) async fn accept(
    State(state): Shared,
    Admin(caller): Admin,
    Id(id): Id,
    body: Body<DecisionBody>,
) -> Result<Answer, Problem> {
    let (id, reason) = (InvitationId::from_stored(id), reason(&body.value.reason)?);
    let (billing, actor) = (state.billing.clone(), Actor::user(&caller.user.id));
    let found = state.run(async move { billing.accept_application(&id, &actor, &reason).await }).await?;
    Ok(Answer::ok(Decided { invitation: (&found).into() }))
}

/// Decline an application; the member may apply again
#[utoipa::path(post, path = "/api/v1/admin/invitations/{id}/decline/", tag = "admin", request_body = DecisionBody,
    params(("id" = String, Path, description = "inv_...")),
    security(("bearer" = []), ("cookie" = [])), responses((status = 200, body = Decided), Changing))]
pub(super) async fn decline(
    State(state): Shared,
    Admin(caller): Admin,
    Id(id): Id,
    body: Body<DecisionBody>,
) -> Result<Answer, Problem> {
    let (id, reason) = (InvitationId::from_stored(id), reason(&body.value.reason)?);
    let (billing, actor) = (state.billing.clone(), Actor::user(&caller.user.id));
    let found = state.run(async move { billing.decline_application(&id, &actor, &reason).await }).await?;
    Ok(Answer::ok(Decided { invitation: (&found).into() }))
}
