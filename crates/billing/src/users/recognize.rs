//! The user whom a host application vouches for, made on first use.

use super::{Error, LOCAL_ISSUER, Result, User, email};
use crate::Billing;
use domain::ids::{AccountId, UserId};
use store::users::{self, NewUser};

/// What the host says about its user. What it leaves out stays as it is known.
#[derive(Debug, Clone, Default)]
pub struct Identity {
    pub issuer: String,
    /// The host's own id of the user: never reused, as the host has promised.
    pub subject: String,
    pub email: Option<String>,
    pub email_verified: bool,
    pub name: Option<String>,
}

impl Billing {
    /// Users are keyed on (issuer, subject). A tombstone is not revived: [`Error::Deleted`]. The subjects of
    /// our own login are user ids, and only they exist: [`Error::NotFound`].
    pub async fn recognize(&self, seen: &Identity) -> Result<User> {
        let known = users::find_by_subject(&mut self.db.reader(), &seen.issuer, &seen.subject).await?;
        // Boxed: what these need is no part of the look-up, for which many may wait at once.
        match known {
            Some(user) if user.deleted_at.is_some() => Err(Error::Deleted),
            Some(user) => Box::pin(self.update_profile(user, seen)).await,
            None if seen.issuer == LOCAL_ISSUER => Err(Error::NotFound),
            None => Box::pin(self.create_recognized(seen)).await,
        }
    }

    async fn create_recognized(&self, seen: &Identity) -> Result<User> {
        let id = UserId::new(self.new_uuid()?);
        let mut tx = self.db.begin().await?;
        // False: another request was faster, and what it made is what we read.
        users::insert(
            &mut tx,
            &NewUser {
                id: &id,
                account_id: &AccountId::new(self.new_uuid()?),
                issuer: &seen.issuer,
                subject: &seen.subject,
                email: seen.email.as_deref(),
                email_normalized: seen.email.as_deref().map(email::normalized).as_deref(),
                email_verified: seen.email_verified,
                name: seen.name.as_deref().unwrap_or_default(),
                password_hash: None,
            },
            self.wall(),
        )
        .await?;
        let user = users::find_by_subject(&mut tx, &seen.issuer, &seen.subject).await?;
        tx.commit().await?;
        user.ok_or(Error::NotFound)
    }

    async fn update_profile(&self, user: User, seen: &Identity) -> Result<User> {
        let mut now = user.clone();
        if let Some(address) = &seen.email {
            now.email = Some(address.clone());
            now.email_normalized = Some(email::normalized(address));
            now.email_verified = seen.email_verified;
        }
        if let Some(name) = &seen.name {
            now.name.clone_from(name);
        }
        if now != user {
            let mut tx = self.db.begin().await?;
            let changed = users::set_profile(
                &mut tx,
                &now.id,
                now.email.as_deref(),
                now.email_normalized.as_deref(),
                now.email_verified,
                &now.name,
            )
            .await?;
            if !changed {
                return Err(Error::Deleted);
            }
            tx.commit().await?;
        }
        Ok(now)
    }
}
