//! The product: subscriptions, tokens, usage, and what Stripe tells of them.

mod main_job;
mod plan;
mod support;
