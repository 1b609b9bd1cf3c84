//! The Stripe sandbox in this process. All that we know of it is how to start it.

use anyhow::Context as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// The application's keys in the sandbox. Each key there is an account of its own.
pub(crate) const SECRET_KEY: &str = "sk_test_sandbox";
pub(crate) const PUBLISHABLE_KEY: &str = "pk_test_sandbox";
const ACCOUNT: &str = "sandbox";

#[derive(Debug)]
pub(crate) struct EmbeddedSandbox {
    pub(crate) addr: SocketAddr,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

pub(crate) struct Settings {
    /// Beside the database; `None` keeps everything in memory.
    pub(crate) data_dir: Option<PathBuf>,
    /// Business time's offset in milliseconds, which the sandbox restores and moves.
    pub(crate) offset: Arc<AtomicI64>,
    /// Where events are delivered to, and the secret that they are signed with.
    pub(crate) webhook_url: String,
    pub(crate) webhook_secret: String,
}

impl EmbeddedSandbox {
    /// Its state and clock are restored when this returns.
    pub(crate) fn start(listener: TcpListener, settings: Settings) -> anyhow::Result<Self> {
        let addr = listener.local_addr()?;
        let stop = CancellationToken::new();
        let sandbox = sandbox::Sandbox::open(sandbox::Config {
            data_dir: settings.data_dir,
            clock: sandbox::Clock::sharing(settings.offset),
            webhooks: vec![sandbox::Webhook {
                account: ACCOUNT.to_owned(),
                url: settings.webhook_url,
                secret: settings.webhook_secret,
                events: vec!["*".to_owned()],
                api_version: Some(stripe::API_VERSION.to_owned()),
            }],
            shutdown: stop.clone(),
            ..sandbox::Config::default()
        })
        .context("the Stripe sandbox cannot start")?;
        let task = tokio::spawn(async move {
            if let Err(error) = sandbox.serve(listener).await {
                tracing::error!(%error, "the Stripe sandbox stopped");
            }
        });
        Ok(Self { addr, stop, task })
    }

    /// Returns when everything that was acknowledged is on disk.
    pub(crate) async fn stop(self) {
        self.stop.cancel();
        drop(self.task.await);
    }
}
