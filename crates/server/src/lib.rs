//! HTTP in, JSON out, and the program around it: configuration, command line, workers. Decides nothing:
//! a handler decodes, calls a use case, maps its errors, and renders.

pub mod answer;
pub mod app;
pub mod cli;
pub mod clock;
mod conditional;
pub mod config;
mod cors;
mod csv;
mod embedded_sandbox;
pub mod extract;
mod headers;
mod identity;
mod monitoring;
pub mod openapi;
pub mod problem;
mod problem_of;
pub mod rate_limit;
pub mod routes;
mod sandbox_clock;
pub mod state;
pub mod telemetry;
pub mod views;
pub mod workers;

pub use answer::Answer;
pub use problem::Problem;
pub use state::AppState;
