//! Stripe's customer portal.

use crate::json::{Misread, Node};
use crate::types::PortalConfiguration;

pub(crate) fn configuration(node: &Node<'_>) -> Result<PortalConfiguration, Misread> {
    let changes = node.get("features")?.get("subscription_update")?.get("enabled")?.flag()?;
    Ok(PortalConfiguration {
        id: node.text_at("id")?.to_owned(),
        is_ours: node.metadata("allthrive").is_some(),
        changes_plans: changes,
    })
}

/// Its address.
pub(crate) fn session(node: &Node<'_>) -> Result<String, Misread> {
    Ok(node.text_at("url")?.to_owned())
}
