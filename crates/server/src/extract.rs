//! What handlers ask of a request. Every refusal is a problem document.

mod asker;
mod body;
mod caller;
mod id;
mod idempotency;
mod query;
mod same_origin;
mod spender;

pub use asker::Asker;
pub use body::{BODY_LIMIT, Body, digest};
pub use caller::{Admin, Anyone, Caller, Kind, Member, MemberOrService, SESSION_COOKIE, ServiceOnly};
pub use id::Id;
pub use idempotency::{IdempotencyKey, replayed};
pub use query::Query;
pub use spender::{ServiceSpender, Spender};
