//! The gateway: a client of Stripe's HTTP API, and the only crate that sees Stripe's JSON.
//!
//! Three folders hold one file per noun: `requests` builds what is sent (pure), `read` understands what
//! comes back (pure), `calls` joins the two on [`Gateway`]. Beside them: the retries under one
//! idempotency key (`send`), the limits (`limiter`), the breaker (`breaker`), and the signatures of
//! delivered events ([`webhook`]).
//!
//! What is absent on purpose: Stripe's whole object model, `/search` (it lags), and any memory of what was
//! sent. A call that moves money is a [`Request`] value that the caller stores with its intent *before* it
//! is sent, so that the same bytes can be sent again under the same key.

mod breaker;
mod calls;
mod config;
mod error;
mod event_types;
mod form;
mod gateway;
mod json;
mod limiter;
mod read;
mod request;
pub mod requests;
mod retry;
mod send;
mod transport;
pub mod types;
pub mod webhook;

pub use breaker::BreakerSettings;
pub use config::{Config, InvalidConfig, Jitter};
pub use error::{Error, RequestId};
pub use event_types::EVENT_TYPES;
pub use gateway::Gateway;
pub use limiter::{Limits, Priority};
pub use request::{API_VERSION, Key, Method, Request};
pub use retry::Retries;
pub use transport::{InProcess, NotSent, Transport};
