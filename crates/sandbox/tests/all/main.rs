//! The sandbox's tests: stories told over HTTP, and the judgement of oracles that nobody here wrote.
//!
//! Each story is a test of its own; `oracles` tells them all once more, and has every answer checked against Stripe's
//! specification.
#![allow(clippy::unwrap_used, clippy::panic, unreachable_pub, missing_debug_implementations)]

#[macro_use]
mod harness;
mod authorizations;
mod cards;
mod catalog;
mod changes;
mod checkout;
mod clocks;
mod coupons;
mod customer_balance;
mod customers;
mod dashboard;
mod deliveries;
mod discounts;
mod disputes;
mod durability;
mod errors;
mod events;
mod faults;
mod fixtures;
mod idempotency;
mod invoice_life;
mod invoices;
mod kill;
mod limits;
mod oracles;
mod payments;
mod plans;
mod portal;
mod refunds;
mod schedules;
mod search;
mod seeds;
mod setup;
mod starts;
mod stripe_js;
mod subscriptions;
mod tax_ids;
mod time;
