//! Admits an AI request whose cost is known only afterwards, or refuses it with nothing changed. Who pays is fixed here.

use super::HoldAnswer;
use crate::{Billing, Result};
use domain::ids::{AccountId, ServiceKeyId};
use domain::usage::{Keyed, Label, Request};
use ledger::Tokens;

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
        let Authorize { account, owner, tokens, expires_in, label, key } = command;
        let request = Request::Authorize { cost: tokens, expires_in, label, owner };
        self.ask_of_hold(account, request, key).await
    }
}
