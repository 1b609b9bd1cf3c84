//! An AI request, the hot path: admitted and recorded in one transaction, or refused with nothing changed.

use super::Given;
use crate::error::OutOfAllowance;
use crate::{Billing, Error, Result};
use domain::allowance::Allowance;
use domain::catalog::WindowKind;
use domain::ids::AccountId;
use domain::time::{DAY, Timestamp};
use domain::usage::{Admission, admit};
use ledger::{Balance, Tokens};
use serde::{Deserialize, Serialize};
use store::idempotency_keys;

/// How long an admission is remembered under its key, in milliseconds.
const KEY_KEPT_FOR: i64 = DAY;

#[derive(Debug)]
pub struct Consume {
    pub account: AccountId,
    /// What the request costs if tokens pay for it; at least 1.
    pub tokens: Tokens,
    /// A label for the statistics.
    pub feature: String,
    /// With a key, a retry gets the first answer instead of a second admission.
    pub key: Option<Keyed>,
}

/// An Idempotency-Key, under whom it counts, and what it was sent with.
#[derive(Debug, Clone)]
pub struct Keyed {
    /// The caller and the route.
    pub scope: String,
    pub key: String,
    /// Of the canonical request: the same key with another one is a mistake.
    pub request_hash: String,
}

/// An admitted request. Kept with its key, so its fields are an interface.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consumed {
    /// True when the allowance paid; else tokens did.
    pub from_allowance: bool,
    /// Taken from the balance.
    pub tokens: i64,
    pub limit: i64,
    pub used: i64,
    pub window: WindowKind,
    /// Milliseconds; `None` for a window that never ends.
    pub resets_at: Option<i64>,
    pub available: i64,
    pub held: i64,
    /// This is the answer to an earlier request under the same key.
    #[serde(skip)]
    pub replayed: bool,
}

impl Billing {
    /// Errors: [`Error::OutOfAllowance`], with nothing consumed; [`Error::IdempotencyKeyReused`];
    /// [`Error::NotFound`] for an account that is not there.
    pub async fn consume(&self, command: Consume) -> Result<Consumed> {
        let now = self.now();
        let account = &command.account;
        let mut tx = self.db.begin().await?;
        if !store::accounts::lock(&mut tx, account).await? {
            return Err(Error::NotFound);
        }
        // Under the account's lock: a key that another request of this account has just used is seen.
        if let Some(keyed) = &command.key
            && let Some(earlier) = replay(&mut tx, keyed).await?
        {
            return Ok(earlier);
        }
        let Given { tier, mut allowance, .. } = self.allowance(&mut tx, account, now).await?;
        let balance = store::tokens::balance(&mut tx, account).await?;
        let admission = match admit(command.tokens, &allowance, balance) {
            Ok(admission) => admission,
            Err(refusal) => {
                let upgrade = self.catalog.upgrade_from(self.catalog.tier_or_free(&tier));
                return Err(Error::OutOfAllowance(Box::new(OutOfAllowance {
                    refusal,
                    upgrade_to: upgrade.map(|tier| tier.slug.clone()),
                    allowance,
                    balance,
                })));
            }
        };
        let (paid, after, told) = match admission {
            Admission::Allowance => {
                store::usage::use_one(&mut tx, account, &allowance.window).await?;
                allowance.used += 1;
                let told = self.tell_of_use(&mut tx, account, &allowance).await?;
                (Tokens::ZERO, balance, told)
            }
            Admission::Tokens { balance: after, posting } => {
                store::tokens::save_balance(&mut tx, account, &after, now).await?;
                let id = self.new_token_transaction_id()?;
                let (was, is) = (balance.available.get(), after.available.get());
                let told = self.tell_of_balance(&mut tx, account, was, is, &id).await?;
                let new = store::tokens::NewTransaction {
                    id,
                    account,
                    posting,
                    description: &command.feature,
                    source: None,
                    purchase: None,
                    at: now,
                };
                store::tokens::append(&mut tx, new).await?;
                (command.tokens, after, told)
            }
        };
        store::usage::count(&mut tx, account, &now.date(), &command.feature, paid.get()).await?;
        let consumed = consumed(&allowance, &after, paid);
        if let Some(keyed) = &command.key {
            remember(&mut tx, keyed, &consumed, self.wall()).await?;
        }
        tx.commit().await?;
        if told {
            self.outbox_wake();
        }
        metrics::counter!("consume_total", "source" => if consumed.from_allowance { "allowance" } else { "tokens" })
            .increment(1);
        Ok(consumed)
    }
}

fn consumed(allowance: &Allowance, balance: &Balance, paid: Tokens) -> Consumed {
    Consumed {
        from_allowance: paid.is_zero(),
        tokens: paid.get(),
        limit: allowance.terms.limit,
        used: allowance.used,
        window: allowance.window.kind,
        resets_at: allowance.window.end.map(|end| end.0),
        available: balance.available.get(),
        held: balance.held.get(),
        replayed: false,
    }
}

async fn replay(tx: &mut store::Tx, keyed: &Keyed) -> Result<Option<Consumed>> {
    let Some(entry) = idempotency_keys::lock(tx, &keyed.scope, &keyed.key).await? else { return Ok(None) };
    if entry.request_hash != keyed.request_hash {
        return Err(Error::IdempotencyKeyReused);
    }
    let consumed: Consumed = serde_json::from_str(entry.body.as_deref().unwrap_or_default())
        .map_err(|error| Error::Internal(format!("the answer kept for a key cannot be read: {error}")))?;
    Ok(Some(Consumed { replayed: true, ..consumed }))
}

/// Keeps the answer in the transaction of the admission: a crash loses both or neither.
async fn remember(tx: &mut store::Tx, keyed: &Keyed, consumed: &Consumed, now: Timestamp) -> Result<()> {
    let body = serde_json::to_string(consumed).map_err(|error| Error::Internal(error.to_string()))?;
    let (scope, key) = (&keyed.scope, &keyed.key);
    let expires_at = now.plus(KEY_KEPT_FOR);
    idempotency_keys::insert(tx, scope, key, &keyed.request_hash, now, now, expires_at).await?;
    idempotency_keys::keep(tx, scope, key, 1, 200, "application/json", &body).await?;
    Ok(())
}
