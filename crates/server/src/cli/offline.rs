//! What commands beside `serve` work with: the same database, without a server.

use crate::app::{database, gateway};
use crate::clock;
use crate::config::{Config, Mode};
use crate::{sandbox_clock, telemetry};
use anyhow::Context as _;
use billing::usage::Queue;
use billing::{Billing, Options};
use std::sync::Arc;
use std::sync::atomic::AtomicI64;

/// Opens the database as `serve` would: migrated, and refused when it is of another mode. In sandbox mode
/// Stripe is the sandbox of the running `serve`.
pub(super) async fn billing(config: &Config) -> anyhow::Result<Billing> {
    let offset = Arc::new(AtomicI64::new(0));
    let clocks = clock::system_clocks(offset.clone());
    let sandbox_url = (config.mode == Mode::Sandbox).then(|| match &config.sandbox_url {
        Some(url) => url.as_str().trim_end_matches('/').to_owned(),
        None => format!("http://{}", config.sandbox_listen),
    });
    if let Some(url) = &sandbox_url {
        // Its business time may be days ahead. Not every command needs it to be up.
        sandbox_clock::look(url, &offset).await;
    }
    let _ = telemetry::metrics();
    let db = database::open(config, clocks.wall.now()).await?;
    let queue = Queue::start(db.dialect(), config.usage_batch);
    Ok(Billing {
        db,
        stripe: gateway::open(config, sandbox_url.as_deref())?,
        catalog: Arc::new(database::catalog(config)?),
        clocks,
        options: Options {
            public_url: config.public_url.clone(),
            live: config.mode == Mode::Live,
            require_verified_email: config.require_verified_email,
            host_listens: config.host_webhook.is_some(),
        },
        ai: Arc::default(),
        inbox_wake: Arc::default(),
        outbox_wake: Arc::default(),
        promises_wake: Arc::default(),
        host_wake: Arc::default(),
        sequence: Arc::default(),
        known_keys: Arc::default(),
        known_users: Arc::default(),
        usage: Arc::new(queue.context("the thread that writes AI requests")?),
        known_facts: Arc::default(),
    })
}
