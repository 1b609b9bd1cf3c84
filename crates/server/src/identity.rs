//! Believing the tokens of a host application.

mod claims;
mod host_tokens;
mod jwks;

pub(crate) use host_tokens::HostTokens;
