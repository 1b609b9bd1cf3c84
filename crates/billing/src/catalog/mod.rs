//! The catalog, written to the database and to Stripe.

mod plan;
mod seed;

pub use seed::SeedReport;
