//! The handle on a running sandbox.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use axum::Router;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::engine::Engine;
use super::{delivery, http};
use crate::clock::Clock;
use crate::config::Config;

/// A running sandbox: time passes in it and webhooks go out, whether or not it is served on a socket.
///
/// Cheap to clone. Stops when [`Config::shutdown`] is cancelled.
#[derive(Clone, Debug)]
pub struct Sandbox {
    engine: Arc<Engine>,
    shutdown: CancellationToken,
    /// What goes on beside the requests, and has the data folder for as long.
    work: TaskTracker,
}

impl Sandbox {
    /// Restores the state and starts the work in the background. Needs a Tokio runtime.
    ///
    /// # Errors
    /// When the data folder is in use by another sandbox, cannot be written, or is damaged.
    pub fn open(config: Config) -> Result<Self> {
        let engine = Arc::new(Engine::open(&config)?);
        let (shutdown, work) = (config.shutdown, TaskTracker::new());
        work.spawn(delivery::run(Arc::clone(&engine), shutdown.clone(), work.clone()));
        work.spawn(tick(Arc::clone(&engine), shutdown.clone()));
        Ok(Self { engine, shutdown, work })
    }

    /// Stripe's API, `/_sandbox` and `/dashboard`, as a tower service: to be called without a socket.
    pub fn router(&self) -> Router {
        http::router(Arc::clone(&self.engine))
    }

    /// The business clock.
    pub fn clock(&self) -> Clock {
        self.engine.clock.clone()
    }

    /// Serves until [`Config::shutdown`] is cancelled; everything acknowledged is on disk then, and with the last clone of this
    /// the data folder is free.
    ///
    /// # Errors
    /// When the listener fails.
    pub async fn serve(&self, listener: TcpListener) -> Result<()> {
        let stop = self.shutdown.clone();
        let served = axum::serve(listener, self.router())
            .with_graceful_shutdown(async move { stop.cancelled().await });
        served.await.context("the sandbox stopped serving")?;
        self.work.close();
        self.work.wait().await;
        if let Some(flushed) = self.engine.flushed() {
            let _ = flushed.await;
        }
        Ok(())
    }
}

/// Runs what becomes due as time passes by itself.
async fn tick(engine: Arc<Engine>, stop: CancellationToken) {
    loop {
        let next = engine.tick().unwrap_or(1).clamp(0, 1);
        // The clock can be moved by whoever shares it: look again soon in any case.
        let wait = Duration::from_millis(if next == 0 { 100 } else { 500 });
        tokio::select! {
            () = stop.cancelled() => return,
            () = engine.stir.notified() => {}
            () = tokio::time::sleep(wait) => {}
        }
    }
}
