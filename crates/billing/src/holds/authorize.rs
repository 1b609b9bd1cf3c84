//! Admits an AI request whose cost is known only afterwards, or refuses it with nothing changed. Who pays is fixed here.

use super::{HoldAnswer, HoldRecord, count};
use crate::usage::{Keyed, Left};
use crate::{Billing, Error, Result};
use domain::hold::{Hold, Source, State};
use domain::ids::{AccountId, ServiceKeyId};
use domain::usage::{Admission, Label};
use ledger::{Balance, Tokens};

#[derive(Debug)]
pub struct Authorize {
    pub account: AccountId,
    /// Who may end it; `None`: only this program.
    pub owner: Option<ServiceKeyId>,
    /// The estimate; at least 1.
    pub tokens: Tokens,
    /// Milliseconds of business time; at least 1.
    pub expires_in: i64,
    pub label: Label,
    pub key: Option<Keyed>,
}

impl Billing {
    /// A retry under the key gets its hold as it is by then, so that who was paid for already can tell; once nothing was
    /// paid, because the hold was voided or has expired, it gets another one.
    ///
    /// Errors as of [`Billing::consume`].
    pub async fn authorize(&self, command: Authorize) -> Result<HoldAnswer> {
        let now = self.now();
        let (account, keyed) = (&command.account, command.key.as_ref());
        let mut tx = self.db.begin().await?;
        if !store::accounts::lock(&mut tx, account).await? {
            return Err(Error::NotFound);
        }
        if let Some(earlier) = self.kept_answer::<HoldAnswer>(&mut tx, keyed).await? {
            let hold =
                store::holds::find(&mut tx, account, &earlier.hold.id).await?.ok_or(Error::NotFound)?;
            if let State::Held | State::Captured { .. } = hold.state_at(now) {
                let balance = store::tokens::balance(&mut tx, account).await?;
                let answer = self.hold_answer(&mut tx, &hold, &balance).await?;
                return Ok(HoldAnswer { replayed: true, ..answer });
            }
            self.forget_answer(&mut tx, keyed).await?;
        }
        let mut given = self.allowance(&mut tx, account, now).await?;
        let mut balance = store::tokens::balance(&mut tx, account).await?;
        let source = match self.admit(command.tokens, &given, balance, Balance::hold)? {
            Admission::Allowance => {
                let allowance = &mut given.allowance;
                store::usage::use_one(&mut tx, account, &allowance.window).await?;
                allowance.used += 1;
                let covers = allowance.terms.largest_request;
                Source::Allowance { window: allowance.window.clone(), covers }
            }
            Admission::Tokens(after) => {
                store::tokens::save_balance(&mut tx, account, &after, now).await?;
                balance = after;
                Source::Tokens
            }
        };
        let hold = Hold {
            id: self.new_hold_id()?,
            account: account.clone(),
            owner: command.owner,
            tokens: command.tokens,
            source,
            label: command.label,
            state: State::Held,
            created_at: now,
            expires_at: now.plus(command.expires_in),
        };
        store::holds::insert(&mut tx, &hold).await?;
        let left = Left::of(&given.allowance, &balance);
        let answer = HoldAnswer { hold: HoldRecord::of(&hold, now), left, replayed: false };
        self.keep_answer(&mut tx, keyed, &answer).await?;
        tx.commit().await?;
        count(&hold);
        Ok(answer)
    }
}
