//! `stripe-sandbox`: the sandbox as a process of its own.

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Parser;
use sandbox::{Config, Limits, serve};
use tokio::net::TcpListener;

/// Objects come and go by the thousand: the system's own allocator takes a third of a request.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// An offline Stripe for tests and demonstrations.
#[derive(Debug, Parser)]
#[command(name = "stripe-sandbox", version)]
struct Options {
    /// The port to listen on (127.0.0.1); 0 takes a free one, and the first line of output says which.
    #[arg(long, env = "SANDBOX_PORT", default_value_t = 12111)]
    port: u16,
    /// Where the state is kept. Without it, in memory only.
    #[arg(long, env = "SANDBOX_DATA")]
    data: Option<PathBuf>,
    /// Where the generator of ids begins: same seed, same requests, same ids. Without it, ids never repeat.
    #[arg(long, env = "SANDBOX_SEED")]
    seed: Option<u64>,
    /// Stripe's rate limits: off, test or live.
    #[arg(long, env = "SANDBOX_LIMITS", default_value = "off")]
    limits: Limits,
}

#[tokio::main]
async fn main() -> Result<()> {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "warn".into());
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let options = Options::parse();
    let config =
        Config { data_dir: options.data, seed: options.seed, limits: options.limits, ..Config::default() };
    let address = SocketAddr::from(([127, 0, 0, 1], options.port));
    let listener = TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}"))?;
    let shutdown = config.shutdown.clone();
    tokio::spawn(async move {
        wait_for_signal().await;
        shutdown.cancel();
    });
    let bound = listener.local_addr()?;
    println!("stripe-sandbox listens on http://{bound} (secret key sk_test_sandbox)");
    serve(listener, config).await
}

async fn wait_for_signal() {
    let interrupted = tokio::signal::ctrl_c();
    #[cfg(unix)]
    if let Ok(mut terminated) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        tokio::select! {
            _ = interrupted => {}
            _ = terminated.recv() => {}
        }
        return;
    }
    let _ = interrupted.await;
}
