//! Which account a host's user has: it never changes, so the hot path remembers it. Whether that user was deleted
//! meanwhile is looked at where something is admitted.

use super::{Identity, Result};
use crate::Billing;
use domain::ids::{AccountId, UserId};
use quick_cache::sync::Cache;
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

/// By issuer and subject.
#[derive(Debug)]
pub struct KnownUsers(Cache<Box<str>, Uuids>);

impl Default for KnownUsers {
    fn default() -> Self {
        Self(Cache::new(MOST))
    }
}

fn name(issuer: &str, subject: &str) -> Box<str> {
    // A subject may have any character but this one.
    [issuer, "\0", subject].concat().into()
}

impl KnownUsers {
    fn get(&self, issuer: &str, subject: &str) -> Option<KnownUser> {
        let Uuids { user, account } = self.0.get(&name(issuer, subject))?;
        Some(KnownUser { user: UserId::new(user), account: AccountId::new(account) })
    }

    fn keep(&self, issuer: &str, subject: &str, known: &KnownUser) {
        if let (Some(user), Some(account)) = (known.user.uuid(), known.account.uuid()) {
            self.0.insert(name(issuer, subject), Uuids { user, account });
        }
    }

    pub(crate) fn forget(&self, issuer: &str, subject: &str) {
        self.0.remove(&name(issuer, subject));
    }
}

impl Billing {
    /// One whom the host has named before.
    pub fn remembered_user(&self, issuer: &str, subject: &str) -> Option<KnownUser> {
        self.known_users.get(issuer, subject)
    }

    /// As [`Billing::recognize`] where the host says nothing but who it is; from then on the user is remembered.
    pub async fn known_user(&self, issuer: &str, subject: &str) -> Result<KnownUser> {
        let identity =
            Identity { issuer: issuer.to_owned(), subject: subject.to_owned(), ..Identity::default() };
        let user = self.recognize(&identity).await?;
        let known = KnownUser { user: user.id, account: user.account_id };
        self.known_users.keep(issuer, subject, &known);
        Ok(known)
    }
}
