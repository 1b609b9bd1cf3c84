//! How a sandbox is set up.

use std::path::PathBuf;

use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::limits::Limits;

/// A webhook endpoint that exists from the start.
#[derive(Clone, Debug)]
pub struct Webhook {
    /// The account: what follows `sk_test_` in its key; the application's is `sandbox`.
    pub account: String,
    pub url: String,
    /// The signing secret, `whsec_...`.
    pub secret: String,
    /// Event types, or `*`.
    pub events: Vec<String>,
    /// The version that its events name; none is the newest shape that the sandbox speaks.
    pub api_version: Option<String>,
}

/// Settings of a sandbox. `Config::default()` lives in memory, at the system's time.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where the state is kept; none keeps it in memory only.
    pub data_dir: Option<PathBuf>,
    /// Business time. An application that embeds the sandbox keeps a clone. With a data folder, the offset that was
    /// stored there is set on it.
    pub clock: Clock,
    /// Where the generator of ids begins, also after a reset: same seed, same requests, same ids. None draws it anew at
    /// each start and reset, so that no id is ever given twice to an application that remembers the earlier ones.
    pub seed: Option<u64>,
    /// Stripe's rate limits; off unless wished for. They can be changed while it runs, and a reset brings these back.
    pub limits: Limits,
    /// Endpoints that are registered at the start, or brought up to date, known by their URL.
    pub webhooks: Vec<Webhook>,
    /// Panics where a debug build otherwise logs an error: when something changes without its event, or an event tells of
    /// no change. For the sandbox's own tests.
    pub strict: bool,
    /// Cancel it to stop.
    pub shutdown: CancellationToken,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data_dir: None,
            clock: Clock::system(),
            seed: None,
            limits: Limits::off(),
            webhooks: Vec::new(),
            strict: false,
            shutdown: CancellationToken::new(),
        }
    }
}
