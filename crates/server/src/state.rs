//! What every handler and worker has at hand.

use crate::config::Config;
use crate::identity::HostTokens;
use crate::problem::Problem;
use crate::rate_limit::RateLimits;
use billing::Billing;
use metrics_exporter_prometheus::PrometheusHandle;
use secrecy::SecretString;
use std::pin::Pin;
use std::sync::Arc;
use stripe::webhook::{Event, SignatureError};
use tokio_util::task::TaskTracker;
use tracing::Instrument as _;

pub type AppState = Arc<Shared>;

#[derive(Debug)]
pub struct Shared {
    pub config: Config,
    pub billing: Billing,
    /// Any of them may have signed a delivered event.
    pub webhook_secrets: Vec<SecretString>,
    pub limits: RateLimits,
    pub(crate) host_tokens: Option<HostTokens>,
    pub(crate) metrics: PrometheusHandle,
    /// Units of work that run whether or not anybody still waits. Shutdown waits for them.
    pub(crate) work: TaskTracker,
}

impl Shared {
    /// Whether a delivery was signed with one of our secrets, at most `tolerance` seconds ago.
    pub fn verify_event(
        &self,
        payload: &[u8],
        signature: &str,
        tolerance: i64,
    ) -> Result<Event, SignatureError> {
        let now = self.billing.wall();
        stripe::webhook::verify(payload, signature, &self.webhook_secrets, now, tolerance)
    }

    /// How many units of work run now.
    pub fn units_of_work(&self) -> usize {
        self.work.len()
    }

    /// Runs a use case in a task of its own, which a leaving client cannot cancel (trap 41). A panic in it is
    /// an internal problem.
    pub fn run<T, E>(
        &self,
        work: impl Future<Output = Result<T, E>> + Send + 'static,
    ) -> Pin<Box<dyn Future<Output = Result<T, Problem>> + Send>>
    where
        T: Send + 'static,
        E: Into<Problem> + Send + 'static,
    {
        let running = self.work.spawn(work.in_current_span());
        Box::pin(async move {
            match running.await {
                Ok(done) => done.map_err(Into::into),
                Err(error) => Err(Problem::internal(format!("a use case ended without an answer: {error}"))),
            }
        })
    }
}
