//! Passwords: Argon2id, off the async threads and a few at a time.

use super::{Error, Result};
use argon2::{Argon2, PasswordHasher as _, PasswordVerifier as _};
use std::sync::LazyLock;
use tokio::sync::Semaphore;

const MIN_CHARACTERS: usize = 8;
/// In bytes. Enough for any passphrase, and too little to keep a core busy.
const MAX_BYTES: usize = 256;

/// Each hashing takes 19 MiB: a crowd at the door must not take all memory.
static PLACES: Semaphore = Semaphore::const_new(4);

/// Compared against where there is no user, so that the time of an answer does not tell.
static NOBODY: LazyLock<String> = LazyLock::new(|| hash_now("nobody has this password").unwrap_or_default());

pub(super) fn checked(password: &str) -> Result<()> {
    if password.chars().count() < MIN_CHARACTERS {
        Err(Error::invalid("password", format!("must have at least {MIN_CHARACTERS} characters")))
    } else if password.len() > MAX_BYTES {
        Err(Error::invalid("password", format!("must have at most {MAX_BYTES} bytes")))
    } else {
        Ok(())
    }
}

pub(super) async fn hash(password: String) -> Result<String> {
    on_a_blocking_thread(move || hash_now(&password)).await?
}

/// The same work whether or not there is a hash to compare with.
pub(super) async fn matches(password: String, hash: Option<String>) -> Result<bool> {
    if password.len() > MAX_BYTES {
        return Ok(false);
    }
    on_a_blocking_thread(move || {
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| NOBODY.clone());
        Argon2::default().verify_password(password.as_bytes(), hash.as_str()).is_ok() && known
    })
    .await
}

fn hash_now(password: &str) -> Result<String> {
    let hashed: Result<argon2::PasswordHash, _> = Argon2::default().hash_password(password.as_bytes());
    hashed
        .map(|hash| hash.to_string())
        .map_err(|error| crate::Error::Internal(format!("argon2: {error}")).into())
}

async fn on_a_blocking_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    let interrupted = || crate::Error::Internal("the program is shutting down".into());
    let _place = PLACES.acquire().await.map_err(|_| interrupted())?;
    Ok(tokio::task::spawn_blocking(work).await.map_err(|_| interrupted())?)
}
