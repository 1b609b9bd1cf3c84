//! An AI request, the hot path: admitted and recorded in one transaction, or refused with nothing changed.

use super::unexpected;
use crate::{Billing, Result};
use domain::ids::AccountId;
use domain::usage::{Answer, Consumed, Keyed, Label, Request};
use ledger::Tokens;

#[derive(Debug)]
pub struct Consume {
    pub account: AccountId,
    /// What the request costs if tokens pay for it; at least 1.
    pub tokens: Tokens,
    pub label: Label,
    /// With a key, a retry gets the first answer instead of a second admission.
    pub key: Option<Keyed>,
}

impl Billing {
    /// Errors: [`Error::OutOfAllowance`](crate::Error::OutOfAllowance), with nothing consumed;
    /// [`Error::IdempotencyKeyReused`](crate::Error::IdempotencyKeyReused);
    /// [`Error::NotFound`](crate::Error::NotFound) for an account that is not there;
    /// [`Error::Overloaded`](crate::Error::Overloaded).
    pub async fn consume(&self, command: Consume) -> Result<Consumed> {
        let Consume { account, tokens, label, key } = command;
        match self.ask(account, Request::Consume { cost: tokens, label }, key).await? {
            Answer::Consumed(consumed) => {
                if !consumed.replayed {
                    let source = if consumed.from_allowance { "allowance" } else { "tokens" };
                    metrics::counter!("consume_total", "source" => source).increment(1);
                }
                Ok(consumed)
            }
            Answer::Hold(_) => Err(unexpected()),
        }
    }
}
