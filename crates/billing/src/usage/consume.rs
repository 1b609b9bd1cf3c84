//! An AI request, the hot path: admitted and recorded in one transaction, or refused with nothing changed.

use super::{Given, Keyed, Left};
use crate::{Billing, Error, Result};
use domain::ids::AccountId;
use domain::usage::{Admission, Label};
use ledger::{Balance, Tokens};
use serde::{Deserialize, Serialize};

#[derive(Debug)]
pub struct Consume {
    pub account: AccountId,
    /// What the request costs if tokens pay for it; at least 1.
    pub tokens: Tokens,
    pub label: Label,
    /// With a key, a retry gets the first answer instead of a second admission.
    pub key: Option<Keyed>,
}

/// An admitted request. Kept with its key, so its fields are an interface.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consumed {
    /// True when the allowance paid; else tokens did.
    pub from_allowance: bool,
    /// Taken from the balance.
    pub tokens: i64,
    #[serde(flatten)]
    pub left: Left,
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
        let keyed = command.key.as_ref();
        if let Some(earlier) = self.kept_answer::<Consumed>(&mut tx, keyed).await? {
            return Ok(Consumed { replayed: true, ..earlier });
        }
        let mut given = self.allowance(&mut tx, account, now).await?;
        let balance = store::tokens::balance(&mut tx, account).await?;
        let admission = self.admit(command.tokens, &given, balance, Balance::spend)?;
        let Given { allowance, .. } = &mut given;
        let (paid, after, told) = match admission {
            Admission::Allowance => {
                store::usage::use_one(&mut tx, account, &allowance.window).await?;
                allowance.used += 1;
                let told = self.tell_of_use(&mut tx, account, allowance).await?;
                (Tokens::ZERO, balance, told)
            }
            Admission::Tokens((after, posting)) => {
                let feature = &command.label.feature;
                let told = self.pay_with_tokens(&mut tx, account, balance, after, posting, feature).await?;
                (command.tokens, after, told)
            }
        };
        store::usage::count(&mut tx, account, &now.date(), &command.label, paid.get()).await?;
        let consumed = Consumed {
            from_allowance: paid.is_zero(),
            tokens: paid.get(),
            left: Left::of(&given.allowance, &after),
            replayed: false,
        };
        self.keep_answer(&mut tx, keyed, &consumed).await?;
        tx.commit().await?;
        if told {
            self.outbox_wake();
        }
        metrics::counter!("consume_total", "source" => if consumed.from_allowance { "allowance" } else { "tokens" })
            .increment(1);
        Ok(consumed)
    }
}
