//! SQL for SQLite and PostgreSQL. One file per noun; one text for both, in the subset that both speak.
//!
//! Functions take a [`Tx`] when they write, `&mut impl Query` when they only read. They decide nothing:
//! the rules are in `domain`, and the transaction opens and commits in the use case that calls.

pub mod accounts;
pub mod admin_actions;
pub mod books;
pub mod card_declines;
mod clock;
mod columns;
pub mod consents;
pub mod customer_syncs;
pub mod db;
pub mod discrepancies;
pub mod disputes;
pub mod events;
pub mod holds;
pub mod idempotency_keys;
pub mod invitations;
pub mod invoices;
pub mod migrations;
pub mod outbox_messages;
pub mod plan_changes;
pub mod promised_refunds;
pub mod purchases;
pub mod quotes;
pub mod reconciliation_runs;
pub mod service_keys;
pub mod sessions;
pub mod settings;
pub mod sign_in_codes;
pub mod standings;
pub mod subscribe_intents;
pub mod subscription_calls;
pub mod subscription_changes;
pub mod subscriptions;
pub mod tier_assignments;
pub mod tiers;
pub mod tokens;
pub mod told_entitlements;
pub mod trial_redemptions;
pub mod usage;
pub mod usage_batches;
pub mod usage_days;
pub mod usage_sheets;
pub mod users;

pub use db::{Db, Error, Query, Reader, Result, Tx};
