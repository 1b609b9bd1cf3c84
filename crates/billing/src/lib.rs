//! What the product does, one use case per file. The only crate that opens transactions, and the only one
//! that calls both Stripe and the store.
//!
//! Two rules hold everywhere: no call to Stripe inside a transaction (trap 35), and what is to be asked of
//! Stripe is written down before it is asked (trap 3).

pub mod admin_actions;
pub mod ai;
pub mod assignments;
pub mod billing_details;
pub mod catalog;
pub mod consents;
mod customers;
pub mod entitlements;
pub mod error;
pub mod holds;
pub mod idempotency;
pub mod ids;
pub mod inbox;
pub mod invitations;
pub mod invoices;
mod leases;
mod leaving;
pub mod mode;
pub mod outbox;
pub mod payment_methods;
pub mod plan_changes;
mod portal;
mod promotions;
pub mod purchases;
pub mod reconciliation;
mod retention;
pub mod sales;
mod secrets;
pub mod service_keys;
mod stripe_errors;
pub mod subscriptions;
mod sync;
pub mod tokens;
pub mod usage;
pub mod users;

pub use error::{Error, Result};

use domain::catalog::{Catalog, OncePerCard};
use domain::clock::Clocks;
use domain::time::Timestamp;
use std::sync::Arc;
use store::Db;
use stripe::{Gateway, Priority};
use tokio::sync::Notify;

/// Everything a use case needs. Clones share it.
#[derive(Debug, Clone)]
pub struct Billing {
    pub db: Db,
    pub stripe: Gateway,
    pub catalog: Arc<Catalog>,
    pub clocks: Clocks,
    pub options: Options,
    pub ai: Arc<ai::Ai>,
    /// Wakes the inbox's worker: there is something to be synced.
    pub inbox_wake: Arc<Notify>,
    /// Wakes the outbox's worker: there is a mail to deliver.
    pub outbox_wake: Arc<Notify>,
    /// Wakes the worker of subscriptions that are to end at once.
    pub promises_wake: Arc<Notify>,
    /// Wakes the worker that tells the host application.
    pub host_wake: Arc<Notify>,
    pub sequence: Arc<ids::Sequence>,
    /// Of the hot path: who was there a moment ago.
    pub known_keys: Arc<service_keys::KnownKeys>,
    pub known_users: Arc<users::KnownUsers>,
    /// AI requests that wait to be written.
    pub usage: Arc<usage::Queue>,
    /// What answers about entitlements need not read again.
    pub known_facts: Arc<entitlements::KnownFacts>,
}

#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Where people reach us, without a slash at its end. Every link that we make starts with it (trap 36).
    pub public_url: String,
    /// Real money: stricter rules for trials.
    pub live: bool,
    /// Refuse AI requests to members of our own login who have not verified their e-mail address.
    pub require_verified_email: bool,
    /// The host application has an address for webhooks; without one none are written.
    pub host_listens: bool,
}

impl Billing {
    /// Business time: trials, periods, windows, quotes, holds, grace.
    pub fn now(&self) -> Timestamp {
        self.clocks.business.now()
    }

    /// Wall time: leases, back-off, retention.
    pub fn wall(&self) -> Timestamp {
        self.clocks.wall.now()
    }

    /// The same, for work that nobody waits for: its calls to Stripe stand behind the members'.
    #[must_use]
    pub fn for_workers(&self) -> Self {
        Self { stripe: self.stripe.with_priority(Priority::Webhooks), ..self.clone() }
    }

    /// Whether one card number gets one trial only.
    pub(crate) fn trial_once_per_card(&self) -> bool {
        match self.catalog.once_per_card {
            OncePerCard::Always => true,
            OncePerCard::Never => false,
            OncePerCard::Live => self.options.live,
        }
    }
}
