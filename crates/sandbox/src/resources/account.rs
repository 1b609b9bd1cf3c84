//! The account that a key belongs to.

use crate::core::value::{Value, json};

use super::shapes::NONE;
use crate::core::error::Result;
use crate::core::ids::fingerprint;
use crate::core::routes::{Route, route};
use crate::core::state::Account;
use crate::core::work::Work;
use crate::params::args::Args;

pub(crate) const ROUTES: &[Route] = &[route("GET", "account", NONE, retrieve)];

/// `acct_...`, the same for the same key.
pub(crate) fn id(account: &Account) -> String {
    format!("acct_1{}", &fingerprint(&account.name, "account")[..15])
}

/// The name that invoices show.
pub(crate) const NAME: &str = "Sandbox";

#[allow(clippy::unnecessary_wraps, reason = "the form of every handler")]
fn retrieve(work: &mut Work<'_>, _args: &Args) -> Result<Value> {
    Ok(json!({
        "id": id(work.account),
        "object": "account",
        "business_profile": null,
        "business_type": null,
        "capabilities": { "card_payments": "active", "transfers": "active" },
        "charges_enabled": true,
        "country": "US",
        "default_currency": "usd",
        "details_submitted": true,
        "email": null,
        "metadata": {},
        "payouts_enabled": true,
        "settings": null,
        "type": "standard",
    }))
}
