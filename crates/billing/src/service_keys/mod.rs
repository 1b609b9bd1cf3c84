//! What a host's backend calls with, on behalf of its users. A key is shown once and stored as a hash.

mod authenticate;
mod create;
mod known;
mod list;
mod revoke;

pub use create::{CreatedKey, KEY_PREFIX};
use domain::ids::{ServiceKeyId, UserId};
pub use known::KnownKeys;
pub use store::service_keys::ServiceKey;

/// What a key may do: `usage` is consume, usage, entitlements and holds; `read` only looks; `sign_in` lets members into our
/// pages.
pub const SCOPES: &[&str] = &["usage", "read", "sign_in"];

/// Whose idempotency keys a service key's are: its own, for each user whom it asks for.
pub fn scope_of(key: &ServiceKeyId, user: &UserId) -> String {
    format!("{key}:{user}")
}
