//! What people with power do is logged in the transaction of what they do.

use crate::{Billing, Result};
use domain::ids::{AdminActionId, UserId};
use store::Tx;
use store::admin_actions::{self, AdminAction};

/// Who does it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor(String);

impl Actor {
    pub fn user(id: &UserId) -> Self {
        Self(id.to_string())
    }

    /// Whoever has the operator's shell.
    pub fn command_line() -> Self {
        Self("cli".to_owned())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What is to be logged.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Action<'a> {
    pub actor: &'a Actor,
    /// `noun.verb`, such as `account.invite`.
    pub name: &'a str,
    /// The id of what it is done to.
    pub target: &'a str,
    pub reason: &'a str,
}

impl Billing {
    pub(crate) async fn log_action(&self, tx: &mut Tx, action: Action<'_>) -> Result<AdminActionId> {
        let id = self.new_admin_action_id()?;
        self.log_asked_action(tx, &id, action, "{}", None).await?;
        Ok(id)
    }

    /// As [`Billing::log_action`], with details (JSON), and the request whose retry is this same action.
    pub(crate) async fn log_asked_action(
        &self,
        tx: &mut Tx,
        id: &AdminActionId,
        action: Action<'_>,
        details: &str,
        request_key: Option<&str>,
    ) -> Result<()> {
        let done = AdminAction {
            id,
            actor: action.actor.as_str(),
            action: action.name,
            target: action.target,
            reason: action.reason,
            details,
            request_key,
        };
        admin_actions::insert(tx, &done, self.wall()).await?;
        tracing::info!(
            actor = action.actor.as_str(),
            action = action.name,
            target = action.target,
            reason = action.reason,
            "admin action"
        );
        Ok(())
    }
}
