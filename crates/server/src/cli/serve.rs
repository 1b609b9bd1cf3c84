//! `serve`: starts everything, says where to go, and ends in order on SIGTERM or Ctrl-C.

use crate::app::{App, Running, listen};
use crate::config::{Config, Mode};
use crate::telemetry;
use anyhow::Context as _;
use billing::users::{DEMO_EMAIL, DEMO_PASSWORD};
use std::process::ExitCode;
use tokio::signal::unix::{SignalKind, signal};

pub(super) async fn run(config: Config) -> anyhow::Result<ExitCode> {
    let _telemetry = telemetry::start(&config);
    let listener = listen(config.billing_listen)
        .with_context(|| format!("BILLING_LISTEN: cannot listen on {}", config.billing_listen))?;
    let sandbox = if config.mode == Mode::Sandbox && config.sandbox_url.is_none() {
        let bound = listen(config.sandbox_listen);
        Some(bound.with_context(|| format!("SANDBOX_LISTEN: cannot listen on {}", config.sandbox_listen))?)
    } else {
        None
    };
    // Before the start, so that a signal during it is not lost.
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let running = App::start(config, listener, sandbox).await?;
    greet(&running);
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("stopping");
    running.shutdown().await;
    Ok(ExitCode::SUCCESS)
}

/// To standard output, for the person who started it.
fn greet(running: &Running) {
    let url = &running.state.config.public_url;
    println!("AllThrive Billing in {} mode: {url}", running.state.config.mode);
    println!("  API to read   {url}/api/docs/");
    if running.state.config.mode == Mode::Sandbox {
        if let Some(addr) = running.sandbox_addr() {
            println!("  Sandbox       http://{addr}/dashboard (a Stripe of its own: no money moves)");
        }
        println!("  Mailbox       {url}/mailbox");
        println!("  Sign in as    {DEMO_EMAIL} with the password {DEMO_PASSWORD}");
        println!("  Try           curl {url}/api/v1/billing/tiers/");
    }
}
