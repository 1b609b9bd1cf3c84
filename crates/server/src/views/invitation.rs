//! Applications and invitations.

use super::time;
use billing::invitations::{Invitation, Listed, Standing};
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Debug, Serialize, ToSchema)]
pub struct InvitationView {
    #[schema(example = "inv_0198c0de00007000800000000000cafe")]
    pub id: String,
    pub account_id: String,
    /// `applied`, `invited` (without an application), `accepted` or `declined`.
    pub state: String,
    /// What the member wrote.
    pub message: String,
    pub created_at: String,
    pub decided_at: Option<String>,
}

impl From<&Invitation> for InvitationView {
    fn from(it: &Invitation) -> Self {
        Self {
            id: it.id.to_string(),
            account_id: it.account_id.to_string(),
            state: it.state.clone(),
            message: it.message.clone(),
            created_at: time(it.created_at),
            decided_at: it.decided_at.map(time),
        }
    }
}

/// How an account stands.
#[derive(Debug, Serialize, ToSchema)]
pub struct InvitationStanding {
    /// The newest; null when there never was one.
    pub invitation: Option<InvitationView>,
    /// Whether the account may take the tier that is by invitation.
    pub invited: bool,
}

impl From<&Standing> for InvitationStanding {
    fn from(standing: &Standing) -> Self {
        Self { invitation: standing.invitation.as_ref().map(Into::into), invited: standing.invited }
    }
}

/// One of a list, for admins.
#[derive(Debug, Serialize, ToSchema)]
pub struct ListedInvitation {
    pub id: String,
    pub account_id: String,
    pub email: Option<String>,
    pub state: String,
    pub message: String,
    pub created_at: String,
    pub decided_at: Option<String>,
}

impl From<Listed> for ListedInvitation {
    fn from(it: Listed) -> Self {
        Self {
            id: it.id.to_string(),
            account_id: it.account_id.to_string(),
            email: it.email,
            state: it.state,
            message: it.message,
            created_at: time(it.created_at),
            decided_at: it.decided_at.map(time),
        }
    }
}
