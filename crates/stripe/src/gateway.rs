//! The handle through which everything else talks to Stripe.

use crate::breaker::Breaker;
use crate::config::{Config, InvalidConfig};
use crate::limiter::{Limiter, Priority};
use secrecy::{ExposeSecret as _, SecretString};
use std::sync::Arc;

/// Cheap to clone. Clones share limits, breaker and connections; each has its own priority. Its calls are in
/// `calls/`, one file per noun. No call may be made inside a database transaction (trap 35).
#[derive(Clone)]
pub struct Gateway {
    pub(crate) shared: Arc<Shared>,
    pub(crate) priority: Priority,
}

pub(crate) struct Shared {
    pub(crate) config: Config,
    /// Without a slash at its end.
    pub(crate) base: String,
    /// `Bearer sk_...`
    pub(crate) authorization: SecretString,
    pub(crate) limiter: Option<Limiter>,
    pub(crate) breaker: Breaker,
}

impl Gateway {
    /// Of interactive priority. Sends nothing yet.
    pub fn new(config: Config) -> Result<Self, InvalidConfig> {
        let base = config.checked()?;
        let authorization = SecretString::from(format!("Bearer {}", config.secret_key.expose_secret()));
        let shared = Shared {
            base,
            authorization,
            limiter: config.limits.map(Limiter::new),
            breaker: Breaker::new(config.breaker),
            config,
        };
        Ok(Self { shared: Arc::new(shared), priority: Priority::Interactive })
    }

    /// The same gateway for another kind of caller.
    pub fn with_priority(&self, priority: Priority) -> Self {
        Self { shared: Arc::clone(&self.shared), priority }
    }

    /// For those who apply events: later than people, earlier than reconciliation, and more patient.
    pub fn for_workers(&self) -> Self {
        self.with_priority(Priority::Webhooks)
    }
}

impl std::fmt::Debug for Gateway {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gateway")
            .field("base", &self.shared.base)
            .field("priority", &self.priority)
            .finish_non_exhaustive()
    }
}
