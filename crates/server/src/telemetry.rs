//! Logs, error reports, metrics.

use crate::config::{Config, Mode};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use secrecy::ExposeSecret as _;
use sentry::integrations::tracing::ErrorLayer;
use std::io::IsTerminal as _;
use std::sync::OnceLock;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _};

/// Sends what is left to Sentry when it is dropped.
#[must_use = "error reports end when this is dropped"]
pub struct Telemetry {
    _sentry: Option<sentry::ClientInitGuard>,
}

impl std::fmt::Debug for Telemetry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Telemetry")
    }
}

/// Logs go to standard error, as JSON in live mode; `RUST_LOG` filters them. With SENTRY_DSN, errors go to
/// Sentry, without personal data.
pub fn start(config: &Config) -> Telemetry {
    let sentry = config.sentry_dsn.as_ref().map(|dsn| {
        let mut options = sentry::ClientOptions::default();
        options.release = Some(env!("CARGO_PKG_VERSION").into());
        options.environment = Some(config.mode.name().into());
        options.send_default_pii = false;
        sentry::init((dsn.expose_secret().to_owned(), options))
    });
    let filter =
        EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info,sqlx=warn,hyper=warn"));
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    let lines = if config.mode == Mode::Live { lines.json().boxed() } else { lines.compact().boxed() };
    let registry = tracing_subscriber::registry().with(lines.with_filter(filter));
    let errors = sentry.is_some().then(|| ErrorLayer::new().with_filter(LevelFilter::ERROR));
    // A second call in one process keeps the first one's logs.
    let _ = registry.with(errors).try_init();
    Telemetry { _sentry: sentry }
}

/// Upper bounds of histograms: of how long something took, and of how many requests shared a transaction.
const SECONDS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];
const REQUESTS: [f64; 7] = [1.0, 4.0, 16.0, 64.0, 128.0, 256.0, 512.0];

/// The recorder of this process, installed on first use. What it has heard waits in memory until somebody asks for the
/// figures or calls its `run_upkeep`.
pub fn metrics() -> PrometheusHandle {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    let install = || {
        let recorder = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)
            .and_then(|builder| {
                builder.set_buckets_for_metric(Matcher::Suffix("_requests".to_owned()), &REQUESTS)
            })
            // Only no bucket at all is refused.
            .unwrap_or_default()
            .build_recorder();
        let handle = recorder.handle();
        if metrics::set_global_recorder(recorder).is_err() {
            tracing::warn!("metrics are recorded elsewhere in this process");
        }
        handle
    };
    HANDLE.get_or_init(install).clone()
}
