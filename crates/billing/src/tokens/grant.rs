//! Tokens that a person gives: named, logged, and once for each request.

use crate::admin_actions::{Action, Actor};
use crate::outbox::Announcement;
use crate::{Billing, Error, Result};
use domain::ids::AccountId;
use domain::notice::{News, Notice, TokenNotice};
use ledger::{Balance, Kind, Tokens};
use serde_json::json;
use store::tokens::NewTransaction;

#[derive(Debug)]
pub struct GrantTokens {
    pub account: AccountId,
    pub tokens: Tokens,
    pub actor: Actor,
    pub reason: String,
    /// Scope and Idempotency-Key: its retry gives nothing twice.
    pub request_key: String,
}

impl Billing {
    /// Answers the balance with them. A debt is paid by them first. [`Error::IdempotencyKeyReused`] when others were given under
    /// the key, however long ago.
    pub async fn grant_tokens(&self, command: GrantTokens) -> Result<Balance> {
        let GrantTokens { account, tokens, actor, reason, request_key } = command;
        let mut tx = self.db.begin().await?;
        if !store::accounts::lock(&mut tx, &account).await?
            || store::accounts::owner(&mut tx, &account).await?.is_none()
        {
            return Err(Error::NotFound);
        }
        let balance = store::tokens::balance(&mut tx, &account).await?;
        let details = json!({"tokens": tokens.get()}).to_string();
        if let Some(asked) = store::admin_actions::of_request(&mut tx, &request_key).await? {
            return if asked.details == details { Ok(balance) } else { Err(Error::IdempotencyKeyReused) };
        }
        let action =
            Action { actor: &actor, name: "account.grant_tokens", target: account.as_str(), reason: &reason };
        let id = self.new_admin_action_id()?;
        self.log_asked_action(&mut tx, &id, action, &details, Some(&request_key)).await?;
        let too_many = |_| Error::Invalid { field: "tokens", reason: "is more than fits".to_owned() };
        let (after, posting) = balance.credit(Kind::Grant, tokens).map_err(too_many)?;
        let new = NewTransaction {
            id: self.new_token_transaction_id()?,
            account: &account,
            posting,
            description: &reason,
            source: Some(id.as_str()),
            purchase: None,
            at: self.now(),
        };
        store::tokens::append(&mut tx, new).await?;
        store::tokens::save_balance(&mut tx, &account, &after, self.now()).await?;
        let available = after.available.get();
        let source = ("grant", id.as_str());
        let news = Announcement::TokensGranted { tokens: tokens.get(), available, source };
        self.announce(&mut tx, &account, &news, Some(id.as_str())).await?;
        let notice = Notice::Tokens(TokenNotice::Granted { tokens: tokens.get(), available });
        self.tell(&mut tx, &account, &News { key: format!("{id}:granted"), notice }).await?;
        tx.commit().await?;
        self.outbox_wake();
        metrics::counter!("tokens_granted_total").increment(tokens.get().unsigned_abs());
        Ok(after)
    }
}
