//! The product: subscriptions, tokens, usage, and what Stripe tells of them.

mod flaky_stripe;
mod main_job;
mod order_of_events;
mod plan;
mod support;
mod unclear;
