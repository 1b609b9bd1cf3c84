//! The plan's own test items, under the plan's words.

mod phase_0_setup;
mod phase_11_scenarios;
mod phase_1_models;
mod phase_2_gateway;
mod phase_3_webhooks;
mod phase_4_subscriptions;
mod phase_5_tokens;
mod phase_6_enforcement;
