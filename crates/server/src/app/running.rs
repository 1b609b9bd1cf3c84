//! A started program, and how it ends.

use crate::embedded_sandbox::EmbeddedSandbox;
use crate::state::AppState;
use crate::workers::Workers;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// How long requests may take to finish once nothing new is taken.
pub const PATIENCE: Duration = Duration::from_secs(25);

#[derive(Debug)]
pub struct Running {
    pub addr: SocketAddr,
    pub state: AppState,
    pub(super) workers: Workers,
    pub(super) sandbox: Option<EmbeddedSandbox>,
    pub(super) following: Option<JoinHandle<()>>,
    pub(super) stop: CancellationToken,
    /// Ends answers that are under way.
    pub(super) give_up: CancellationToken,
    pub(super) serving: JoinHandle<()>,
}

impl Running {
    /// Of the embedded sandbox.
    pub fn sandbox_addr(&self) -> Option<SocketAddr> {
        self.sandbox.as_ref().map(|sandbox| sandbox.addr)
    }

    /// Takes no more requests, lets those that run finish, then the units of work that nobody waits for, then
    /// the workers' steps.
    pub async fn shutdown(self) {
        self.shutdown_within(PATIENCE).await;
    }

    /// With another patience for the requests.
    pub async fn shutdown_within(mut self, patience: Duration) {
        self.stop.cancel();
        if tokio::time::timeout(patience, &mut self.serving).await.is_err() {
            tracing::warn!("some requests did not finish in time, and are given up");
            // Who reads an answer of an AI model has left then, and what was taken is settled by the work below.
            self.give_up.cancel();
            if let Err(error) = self.serving.await {
                tracing::error!(%error, "serving has ended by itself");
            }
        }
        self.state.work.close();
        if tokio::time::timeout(PATIENCE, self.state.work.wait()).await.is_err() {
            tracing::warn!("some work did not finish in time; it is taken up at the next start");
        }
        self.workers.drain().await;
        if tokio::time::timeout(PATIENCE, self.state.billing.usage.drained()).await.is_err() {
            tracing::warn!("some AI requests were not written in time");
        }
        if let Some(following) = self.following {
            drop(following.await);
        }
        if let Some(sandbox) = self.sandbox {
            sandbox.stop().await;
        }
        self.state.billing.db.close().await;
    }
}
