//! Which account a host's user has: it never changes, so the hot path remembers it. Whether that user was deleted
//! meanwhile is looked at where something is admitted.

use super::look_ups::LookUps;
use super::{Error, Identity, Result};
use crate::Billing;
use domain::ids::{AccountId, UserId};
use quick_cache::sync::Cache;
use store::users::Owner;
use uuid::Uuid;

/// Of the users who asked last.
const MOST: usize = 20_000;

#[derive(Debug, Clone)]
pub struct KnownUser {
    pub user: UserId,
    pub account: AccountId,
}

/// Of a user and its account, whose ids are made of them again: as texts they would take several times the memory.
#[derive(Debug, Clone, Copy)]
struct Uuids {
    user: Uuid,
    account: Uuid,
}

#[derive(Debug)]
pub struct KnownUsers {
    /// By issuer and subject.
    known: Cache<Box<str>, Uuids>,
    /// Those who are not known yet.
    pub(super) look_ups: LookUps,
}

impl Default for KnownUsers {
    fn default() -> Self {
        Self { known: Cache::new(MOST), look_ups: LookUps::default() }
    }
}

fn name(issuer: &str, subject: &str) -> Box<str> {
    // A subject may have any character but this one.
    [issuer, "\0", subject].concat().into()
}

impl KnownUsers {
    fn get(&self, issuer: &str, subject: &str) -> Option<KnownUser> {
        let Uuids { user, account } = self.known.get(&name(issuer, subject))?;
        Some(KnownUser { user: UserId::new(user), account: AccountId::new(account) })
    }

    fn keep(&self, issuer: &str, subject: &str, known: KnownUser) -> KnownUser {
        if let (Some(user), Some(account)) = (known.user.uuid(), known.account.uuid()) {
            self.known.insert(name(issuer, subject), Uuids { user, account });
        }
        known
    }

    pub(crate) fn forget(&self, issuer: &str, subject: &str) {
        self.known.remove(&name(issuer, subject));
    }
}

impl Billing {
    /// One whom the host has named before.
    pub fn remembered_user(&self, issuer: &str, subject: &str) -> Option<KnownUser> {
        self.known_users.get(issuer, subject)
    }

    /// One who is there, from then on remembered; `None` is not. Else as [`Billing::recognize`].
    pub async fn look_up_user(&self, issuer: &str, subject: &str) -> Result<Option<KnownUser>> {
        match self.look_up_owner(issuer, subject).await? {
            Some(owner) if owner.is_deleted => Err(Error::Deleted),
            Some(Owner { user, account, .. }) => {
                Ok(Some(self.known_users.keep(issuer, subject, KnownUser { user, account })))
            }
            None => Ok(None),
        }
    }

    /// As [`Billing::recognize`] where the host says nothing but who it is; from then on the user is remembered.
    pub async fn new_user(&self, issuer: &str, subject: &str) -> Result<KnownUser> {
        let identity =
            Identity { issuer: issuer.to_owned(), subject: subject.to_owned(), ..Identity::default() };
        let user = self.recognize(&identity).await?;
        let known = KnownUser { user: user.id, account: user.account_id };
        Ok(self.known_users.keep(issuer, subject, known))
    }
}
