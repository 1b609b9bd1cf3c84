//! Webhook endpoints.

use crate::json::{Misread, Node};
use crate::types::{NewEndpoint, WebhookEndpoint};
use secrecy::SecretString;

pub(crate) fn webhook_endpoint(node: &Node<'_>) -> Result<WebhookEndpoint, Misread> {
    let types = node.get("enabled_events")?.items()?;
    Ok(WebhookEndpoint {
        id: node.text_at("id")?.to_owned(),
        url: node.text_at("url")?.to_owned(),
        api_version: node.opt_text("api_version")?,
        enabled: node.text_at("status")? == "enabled",
        event_types: types.iter().map(|name| name.text().map(str::to_owned)).collect::<Result<_, _>>()?,
    })
}

pub(crate) fn new_endpoint(node: &Node<'_>) -> Result<NewEndpoint, Misread> {
    let secret = SecretString::from(node.text_at("secret")?.to_owned());
    Ok(NewEndpoint { endpoint: webhook_endpoint(node)?, secret })
}
