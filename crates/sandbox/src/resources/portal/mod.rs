//! The customer portal: what a payer may do there (configurations), and the visits (sessions).
//!
//! The page itself is in the shell ([`server/portal`](../../server/portal/mod.rs)).

mod configuration;
mod features;
mod flow;
mod session;

pub(crate) use session::of_token;

use crate::core::error::{ApiError, Result};
use crate::core::routes::{Route, route};
use crate::resources::shapes::NONE;

pub(crate) const ROUTES: &[Route] = &[
    route("POST", "billing_portal/configurations", configuration::CREATE, configuration::create),
    route("GET", "billing_portal/configurations", configuration::LIST, configuration::all),
    route("GET", "billing_portal/configurations/*", NONE, configuration::retrieve),
    route("POST", "billing_portal/configurations/*", configuration::UPDATE, configuration::update),
    route("POST", "billing_portal/sessions", session::CREATE, session::create),
];

/// An address to which a payer is sent.
pub(crate) fn check_url(url: Option<&str>, param: &str) -> Result<()> {
    let is_good = |url: &str| url::Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
    match url {
        Some(url) if !is_good(url) => {
            Err(ApiError::invalid("Not a valid URL").code("url_invalid").param(param))
        }
        _ => Ok(()),
    }
}
