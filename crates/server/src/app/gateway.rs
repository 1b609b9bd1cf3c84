//! The way to Stripe, or to the sandbox in its place.

use crate::config::Config;
use crate::embedded_sandbox::SECRET_KEY;
use anyhow::Context as _;
use secrecy::SecretString;
use serde_json::Value;
use store::{Db, settings};
use stripe::{Gateway, Transport};
use url::Url;

const STRIPE: &str = "https://api.stripe.com";

pub(crate) fn open(config: &Config, sandbox_url: Option<&str>) -> anyhow::Result<Gateway> {
    let transport = Transport::http()?;
    let settings = match (sandbox_url, &config.stripe.secret_key) {
        (Some(url), _) => {
            let settings = stripe::Config::new(url, SECRET_KEY.into(), transport);
            // The sandbox has no limits, unless somebody asks it for faults.
            stripe::Config { limits: None, ..settings }
        }
        (None, Some(key)) => {
            let base = config.stripe.api_base.as_ref().map_or(STRIPE, Url::as_str);
            stripe::Config::new(base, key.clone(), transport)
        }
        (None, None) => anyhow::bail!("there is neither a Stripe key nor a sandbox"),
    };
    Gateway::new(settings).context("the gateway to Stripe")
}

/// Has a sandbox that runs elsewhere deliver to us. What it answered is remembered with the database; a
/// sandbox that is down is no reason not to start, but then nothing is delivered until the next start.
pub(crate) async fn register_webhook(
    db: &Db,
    sandbox: &Url,
    webhook_url: &str,
) -> anyhow::Result<Option<SecretString>> {
    let name = format!("webhook_secret {sandbox} {webhook_url}");
    if let Some(secret) = settings::get(&mut db.reader(), &name).await? {
        return Ok(Some(secret.into()));
    }
    match ask_for_webhook(sandbox, webhook_url).await {
        Ok(secret) => {
            let mut tx = db.begin().await?;
            settings::set(&mut tx, &name, &secret).await?;
            tx.commit().await?;
            Ok(Some(secret.into()))
        }
        Err(error) => {
            tracing::warn!(%error, "SANDBOX_URL: the sandbox did not register our webhook endpoint");
            Ok(None)
        }
    }
}

async fn ask_for_webhook(sandbox: &Url, webhook_url: &str) -> anyhow::Result<String> {
    let request = reqwest::Client::new()
        .post(sandbox.join("/v1/webhook_endpoints")?)
        .bearer_auth(SECRET_KEY)
        .form(&[("url", webhook_url), ("enabled_events[]", "*"), ("api_version", stripe::API_VERSION)]);
    let endpoint: Value = request.send().await?.error_for_status()?.json().await?;
    Ok(endpoint["secret"].as_str().context("the sandbox answered without a secret")?.to_owned())
}
