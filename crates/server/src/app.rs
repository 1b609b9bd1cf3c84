//! The whole program, as `serve` and the tests start it: database, sandbox, gateway, workers, HTTP.

mod connections;
pub(crate) mod database;
pub(crate) mod gateway;
mod jobs;
mod listening;
mod running;

pub(crate) use listening::listen;
pub use running::{PATIENCE, Running};

use crate::config::{AiUpstreams, Config, Mode};
use crate::embedded_sandbox::{self, EmbeddedSandbox};
use crate::identity::HostTokens;
use crate::rate_limit::RateLimits;
use crate::state::Shared;
use crate::workers::Workers;
use crate::{clock, routes, sandbox_clock, telemetry};
use anyhow::Context as _;
use billing::ai::Ai;
use billing::usage::Queue;
use billing::{Billing, Options};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How long the start waits for the clock of a sandbox that runs elsewhere.
const FIRST_LOOK: Duration = Duration::from_secs(2);

#[derive(Debug)]
pub struct App;

impl App {
    /// Everything up to taking requests. `sandbox` is where the embedded sandbox listens: needed in sandbox
    /// mode without SANDBOX_URL, else ignored. Stripe need not be up.
    pub async fn start(
        config: Config,
        listener: TcpListener,
        sandbox: Option<TcpListener>,
    ) -> anyhow::Result<Running> {
        let addr = listener.local_addr()?;
        let offset = Arc::new(AtomicI64::new(0));
        let clocks = clock::system_clocks(offset.clone());
        let db = database::open(&config, clocks.wall.now()).await?;

        let (sandbox, webhook_secrets) = start_sandbox(&config, &db, addr, sandbox, offset.clone()).await?;
        let sandbox_url = match (&sandbox, &config.sandbox_url) {
            (Some(embedded), _) => Some(format!("http://{}", embedded.addr)),
            (None, Some(url)) => Some(url.as_str().trim_end_matches('/').to_owned()),
            (None, None) => None,
        };
        let queue = Queue::start(db.dialect(), config.usage_batch);
        let billing = Billing {
            db,
            stripe: gateway::open(&config, sandbox_url.as_deref())?,
            catalog: Arc::new(database::catalog(&config)?),
            clocks,
            options: Options {
                public_url: config.public_url.clone(),
                live: config.mode == Mode::Live,
                require_verified_email: config.require_verified_email,
                host_listens: config.host_webhook.is_some(),
            },
            ai: Arc::new(ai(&config)?),
            inbox_wake: Arc::new(Notify::new()),
            outbox_wake: Arc::new(Notify::new()),
            promises_wake: Arc::new(Notify::new()),
            host_wake: Arc::new(Notify::new()),
            sequence: Arc::default(),
            known_keys: Arc::default(),
            known_users: Arc::default(),
            usage: Arc::new(queue.context("the thread that writes AI requests")?),
            known_facts: Arc::default(),
        };
        prepare_users(&config, &billing).await?;
        billing.take_up_leases().await?;
        billing.hash_old_redemptions().await?;

        let (moves, moved) = watch::channel(0);
        let workers = Workers::new(moved.clone());
        let following = sandbox_url
            .map(|url| tokio::spawn(sandbox_clock::follow(url, offset, moves, workers.stop_signal())));
        if sandbox.is_none() && following.is_some() {
            // Its clock may be days ahead: better to know before the first request. It may also be down.
            let _ = tokio::time::timeout(FIRST_LOOK, moved.clone().changed()).await;
        }
        let state = Arc::new(Shared {
            limits: RateLimits::new(config.mode),
            host_tokens: config.jwt.as_ref().map(HostTokens::new).transpose()?,
            metrics: telemetry::metrics(),
            work: TaskTracker::new(),
            webhook_secrets,
            billing,
            config,
        });
        jobs::start(&workers, &state)?;

        let (stop, give_up) = (CancellationToken::new(), CancellationToken::new());
        let service = routes::service(state.clone());
        let serving = tokio::spawn(connections::serve(listener, service, stop.clone(), give_up.clone()));
        Ok(Running { addr, state, workers, sandbox, following, stop, give_up, serving })
    }
}

fn ai(config: &Config) -> anyhow::Result<Ai> {
    let AiUpstreams { default, named, silence } = config.ai.clone();
    Ai::new(default, named, silence).context("the HTTP client for AI services")
}

/// The embedded sandbox, and the secrets that deliveries are signed with.
async fn start_sandbox(
    config: &Config,
    db: &store::Db,
    addr: SocketAddr,
    listener: Option<TcpListener>,
    offset: Arc<AtomicI64>,
) -> anyhow::Result<(Option<EmbeddedSandbox>, Vec<secrecy::SecretString>)> {
    let mut secrets = config.stripe.webhook_secrets.clone();
    if config.mode != Mode::Sandbox {
        return Ok((None, secrets));
    }
    let webhook_url = format!("http://{addr}/api/v1/billing/webhooks/stripe/");
    if let Some(url) = &config.sandbox_url {
        if secrets.is_empty() {
            secrets.extend(gateway::register_webhook(db, url, &webhook_url).await?);
        }
        return Ok((None, secrets));
    }
    if secrets.is_empty() {
        secrets.push(database::sandbox_webhook_secret(db).await?.into());
    }
    let listener = listener.context("sandbox mode needs an address for the sandbox: SANDBOX_LISTEN")?;
    let settings = embedded_sandbox::Settings {
        data_dir: Some(config.sandbox_data.clone()),
        offset,
        webhook_url,
        webhook_secret: secrecy::ExposeSecret::expose_secret(&secrets[0]).to_owned(),
    };
    Ok((Some(EmbeddedSandbox::start(listener, settings)?), secrets))
}

async fn prepare_users(config: &Config, billing: &Billing) -> anyhow::Result<()> {
    match config.mode {
        Mode::Sandbox => billing.ensure_demo_user().await?,
        Mode::Live if billing.has_demo_user().await? => {
            anyhow::bail!("live mode refuses a database with the demo user, whose password everybody knows")
        }
        Mode::Test | Mode::Live => {}
    }
    Ok(())
}
