//! Which account a host's user has: it never changes, so the hot path remembers it. Whether that user was deleted
//! meanwhile is looked at where something is admitted.

use super::{Identity, Result};
use crate::Billing;
use domain::ids::{AccountId, UserId};
use quick_cache::sync::Cache;

/// Of the users who asked last.
const MOST: usize = 20_000;

#[derive(Debug, Clone)]
pub struct KnownUser {
    pub user: UserId,
    pub account: AccountId,
}

/// By issuer and subject.
#[derive(Debug)]
pub struct KnownUsers(Cache<String, KnownUser>);

impl Default for KnownUsers {
    fn default() -> Self {
        Self(Cache::new(MOST))
    }
}

fn name(issuer: &str, subject: &str) -> String {
    // A subject may have any character but this one.
    format!("{issuer}\0{subject}")
}

impl KnownUsers {
    pub(crate) fn forget(&self, issuer: &str, subject: &str) {
        self.0.remove(&name(issuer, subject));
    }
}

impl Billing {
    /// One whom the host has named before.
    pub fn remembered_user(&self, issuer: &str, subject: &str) -> Option<KnownUser> {
        self.known_users.0.get(&name(issuer, subject))
    }

    /// As [`Billing::recognize`] where the host says nothing but who it is; from then on the user is remembered.
    pub async fn known_user(&self, issuer: &str, subject: &str) -> Result<KnownUser> {
        let identity =
            Identity { issuer: issuer.to_owned(), subject: subject.to_owned(), ..Identity::default() };
        let user = self.recognize(&identity).await?;
        let known = KnownUser { user: user.id, account: user.account_id };
        self.known_users.0.insert(name(issuer, subject), known.clone());
        Ok(known)
    }
}
