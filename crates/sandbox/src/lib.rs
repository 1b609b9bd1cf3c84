//! The offline Stripe: a server that the official clients cannot tell from the real one, for what it knows; what it
//! does not know, it refuses. No account, no network.
//!
//! One pure `apply(state, command, now) -> changes` ([`core`](core/apply.rs)), one queue of what is due
//! ([`life`](life/mod.rs)), and HTTP around them ([`server`](server/mod.rs)). It shares no types with any client.

#![recursion_limit = "256"]

mod clock;
mod config;
mod core;
mod life;
mod limits;
mod params;
mod resources;
mod server;

pub use clock::Clock;
pub use config::{Config, Webhook};
pub use limits::Limits;
pub use server::sandbox::Sandbox;

/// Runs a sandbox on a listener until [`Config::shutdown`] is cancelled.
///
/// # Errors
/// As [`Sandbox::open`] and [`Sandbox::serve`].
pub async fn serve(listener: tokio::net::TcpListener, config: Config) -> anyhow::Result<()> {
    Sandbox::open(config)?.serve(listener).await
}
