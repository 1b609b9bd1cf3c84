//! The shell around the heart: HTTP, the journal, delivery of webhooks, the ticking of time.

pub(crate) mod auth;
pub(crate) mod checkout;
mod control;
pub(crate) mod dashboard;
pub(crate) mod delivery;
pub(crate) mod delivery_log;
pub(crate) mod engine;
pub(crate) mod faults;
pub(crate) mod html;
pub(crate) mod http;
pub(crate) mod journal;
pub(crate) mod limits;
pub(crate) mod own_address;
pub(crate) mod portal;
pub(crate) mod replay;
pub(crate) mod reply;
pub(crate) mod sandbox;
mod settings;
pub(crate) mod signature;
pub(crate) mod stripe_js;
pub(crate) mod versions;
