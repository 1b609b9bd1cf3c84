//! A conversation with an AI, by way of a hold: admitted by an estimate before its first word, and paid afterwards by
//! what was used.

use super::{Message, Speaker, demo};
use crate::holds::{Authorize, CaptureHold, HoldAnswer, HoldRecord, Named, VoidHold};
use crate::usage::{Keyed, Left};
use crate::{Billing, Error, Result};
use domain::hold::Usage;
use domain::ids::AccountId;
use domain::time::MINUTE;
use domain::usage::Label;
use ledger::Tokens;
use std::time::Duration;

const FEATURE: &str = "ai_chat";
const MAX_MESSAGES: usize = 100;
/// Of all messages together.
const MAX_CHARACTERS: usize = 100_000;
/// In tokens.
pub const MAX_OUTPUT: i64 = 32_000;
/// In tokens: as many as the demo says at most.
pub const DEFAULT_MAX_OUTPUT: i64 = 500;

/// How long an answer may take to be read; whoever reads slower has left. Shorter than the hold.
const PATIENCE: Duration = Duration::from_mins(2);
/// In milliseconds. A process that dies leaves the hold to this.
const HOLD: i64 = 5 * MINUTE;
/// While an earlier request under the same key runs, in seconds.
const RETRY_AFTER: i64 = 5;

#[derive(Debug)]
pub struct Chat {
    pub account: AccountId,
    pub messages: Vec<Message>,
    /// In tokens; at least 1.
    pub max_output: Option<i64>,
    pub key: Option<Keyed>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChatAnswer {
    pub id: String,
    pub text: String,
    pub input_tokens: i64,
    pub output_tokens: i64,
    /// True when the allowance paid.
    pub from_allowance: bool,
    /// Taken from the balance.
    pub paid: i64,
    pub left: Left,
    /// It was answered before under the same key, and costs nothing again.
    pub replayed: bool,
}

impl Billing {
    /// With `out` the parts of the answer go there as they come, at the pace of a person. A reader who leaves pays for
    /// what was taken until then; one who leaves before the first part pays nothing, and is answered `None`.
    ///
    /// Under a key the hold is remembered. A retry while it is held is [`Error::EarlierAttemptUnclear`]; afterwards it
    /// gets the same answer, as far as it was paid, and pays nothing; if nothing was paid it is a new request.
    ///
    /// Errors: [`Error::Invalid`]; those of [`Billing::authorize`], with nothing consumed.
    pub async fn chat(&self, command: Chat, out: Option<Speaker>) -> Result<Option<ChatAnswer>> {
        let Chat { account, messages, max_output, key } = command;
        check(&messages)?;
        let max_output = max_output.unwrap_or(DEFAULT_MAX_OUTPUT);
        let valid = Tokens::new(max_output).filter(|_| (1..=MAX_OUTPUT).contains(&max_output));
        let input = messages.iter().map(|message| demo::tokens(&message.content)).sum();
        let estimate = valid.and_then(|output| output.checked_add(Tokens::new(input)?));
        let tokens = estimate.ok_or_else(|| Error::Invalid {
            field: "max_output_tokens",
            reason: format!("must be from 1 to {MAX_OUTPUT}"),
        })?;
        let authorized = self
            .authorize(Authorize {
                account: account.clone(),
                owner: None,
                tokens,
                expires_in: HOLD,
                label: Label { feature: FEATURE.to_owned(), model: Some(demo::NAME.to_owned()) },
                key,
            })
            .await?;
        let text = demo::answer(&messages);
        if authorized.replayed {
            return say_again(authorized, &text, input, out).await.map(Some);
        }
        let named = Named { account, owner: None, hold: authorized.hold.id };
        let text = demo::first(&text, max_output);
        let said = match out {
            Some(out) => out.say(text, PATIENCE).await,
            None => text,
        };
        if said.is_empty() {
            self.void_hold(VoidHold { named, key: None }).await?;
            return Ok(None);
        }
        let used = Tokens::new(input + demo::tokens(said)).unwrap_or(tokens);
        let captured = CaptureHold { named, usage: Usage::Reported(used), key: None };
        Ok(Some(answer(self.capture_hold(captured).await?, said, input)))
    }
}

/// What was answered under the same key before.
async fn say_again(held: HoldAnswer, text: &str, input: i64, out: Option<Speaker>) -> Result<ChatAnswer> {
    let HoldRecord { used: Some(used), .. } = held.hold else {
        return Err(Error::EarlierAttemptUnclear { retry_after_seconds: RETRY_AFTER });
    };
    let text = demo::first(text, used - input);
    if let Some(out) = out {
        out.again().say(text, PATIENCE).await;
    }
    Ok(ChatAnswer { replayed: true, ..answer(held, text, input) })
}

fn check(messages: &[Message]) -> Result<()> {
    let invalid = |reason| Err(Error::Invalid { field: "messages", reason });
    if messages.is_empty() || messages.len() > MAX_MESSAGES {
        return invalid(format!("must be 1 to {MAX_MESSAGES}"));
    }
    let characters: usize = messages.iter().map(|message| message.content.chars().count()).sum();
    if characters > MAX_CHARACTERS {
        return invalid(format!("must have at most {MAX_CHARACTERS} characters together"));
    }
    Ok(())
}

fn answer(held: HoldAnswer, text: &str, input: i64) -> ChatAnswer {
    let HoldAnswer { hold, left, .. } = held;
    let number = hold.id.as_str().trim_start_matches(domain::ids::HoldId::PREFIX);
    ChatAnswer {
        id: format!("chat_{number}"),
        text: text.to_owned(),
        input_tokens: input,
        output_tokens: demo::tokens(text),
        from_allowance: hold.from_allowance,
        paid: hold.paid.unwrap_or_default(),
        left,
        replayed: false,
    }
}
