//! What a host's backend calls with, on behalf of its users. A key is shown once and stored as a hash.

mod authenticate;
mod create;
mod list;
mod revoke;

pub use create::{CreatedKey, KEY_PREFIX};
pub use store::service_keys::ServiceKey;

/// What a key may do: `usage` is consume, usage, entitlements and holds; `read` only looks; `sign_in` lets members into our
/// pages.
pub const SCOPES: &[&str] = &["usage", "read", "sign_in"];

/// Whether a key with these scopes (separated by spaces) may do what needs `scope`. Who may use, may look.
pub fn allows(scopes: &str, scope: &str) -> bool {
    scopes.split(' ').any(|held| held == scope || (scope == "read" && held == "usage"))
}
