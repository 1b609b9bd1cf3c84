//! A hold: an AI request that was admitted before anybody knew what it costs. Who pays is fixed when it is made; it
//! ends by what was used, by being given up, or by time (traps 14, 15, 32). A request that ran longer than its hold is still
//! captured afterwards.
//!
//! Owned by us, and states carry their facts: held -> captured | voided | expired, expired -> captured.

mod record;

pub use record::{HoldAnswer, HoldRecord};

use crate::allowance::Window;
use crate::ids::{AccountId, HoldId, ServiceKeyId};
use crate::time::{DAY, Timestamp};
use crate::usage::Label;
use ledger::{Balance, NotReserved, Posting, Tokens};
use serde::Deserialize;

/// How long after its end a hold can still be captured, in milliseconds.
pub const LATE: i64 = DAY;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    pub id: HoldId,
    pub account: AccountId,
    /// The key that made it; `None`: our own AI chat.
    pub owner: Option<ServiceKeyId>,
    /// The estimate.
    pub tokens: Tokens,
    pub source: Source,
    pub label: Label,
    pub state: State,
    pub created_at: Timestamp,
    /// From then on it is not held any more, whether or not it has been given back yet.
    pub expires_at: Timestamp,
}

/// Who pays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// One unit of this window; it covers a request of up to so many tokens.
    Allowance { window: Window, covers: Tokens },
    /// The balance, in which the estimate is reserved.
    Tokens,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    Held,
    Captured {
        used: Tokens,
        /// Taken from the balance.
        paid: Tokens,
        /// Nobody has said what was used: `used` is the estimate, or was counted (trap 15).
        estimated: bool,
        at: Timestamp,
    },
    Voided {
        at: Timestamp,
    },
    Expired {
        at: Timestamp,
    },
}

impl State {
    /// The word of the API and the database.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Captured { .. } => "captured",
            Self::Voided { .. } => "voided",
            Self::Expired { .. } => "expired",
        }
    }
}

/// What the request has used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Usage {
    Reported(Tokens),
    /// Nobody has reported it, so that it was counted from what came: it is flagged as estimated.
    Counted(Tokens),
    /// The estimate counts (trap 15).
    Unreported,
}

/// What is done when more was used than a hold covers. The catalog's `holds.over`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Over {
    /// Nothing more is taken.
    Cap,
    /// The difference is taken from what is available, as far as it goes.
    #[default]
    Balance,
}

/// Why a hold cannot end in this way.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum CannotEnd {
    #[error("the hold is not held any more")]
    NotHeld,
    #[error(transparent)]
    Books(#[from] NotReserved),
}

impl Hold {
    /// Whose unit it has, if it has one.
    pub const fn window(&self) -> Option<&Window> {
        match &self.source {
            Source::Allowance { window, .. } => Some(window),
            Source::Tokens => None,
        }
    }

    /// What of the balance waits for it.
    pub const fn reserved(&self) -> Tokens {
        match self.source {
            Source::Allowance { .. } => Tokens::ZERO,
            Source::Tokens => self.tokens,
        }
    }

    /// The state as the time sees it: past its end a hold is not held, also before a worker has come by.
    pub fn state_at(&self, now: Timestamp) -> State {
        match self.state {
            State::Held if self.is_due(now) => State::Expired { at: self.expires_at },
            ref state => state.clone(),
        }
    }

    /// How many tokens such a use is of this hold.
    pub const fn used(&self, usage: Usage) -> Tokens {
        match usage {
            Usage::Reported(tokens) | Usage::Counted(tokens) => tokens,
            Usage::Unreported => self.tokens,
        }
    }

    /// Whether what it held went back, and it can still be captured: from what there is now.
    pub fn is_late(&self, at: Timestamp) -> bool {
        matches!(self.state, State::Expired { .. }) && at < self.expires_at.plus(LATE)
    }

    /// Ends it by what was used, and takes that from the balance unless the allowance has paid. The posting says what was
    /// taken, which may be nothing. Of one that [is late](Hold::is_late) nothing waits: `unit_again` says that a unit of
    /// the window that it was made with is taken once more; else tokens pay, as far as they go.
    pub fn capture(
        self,
        usage: Usage,
        over: Over,
        unit_again: bool,
        balance: Balance,
        at: Timestamp,
    ) -> Result<(Self, Balance, Posting), CannotEnd> {
        // Nobody has come by to give back what it held: then that pays, also past its end.
        let waits = self.state == State::Held && at < self.expires_at.plus(LATE);
        if !waits && !self.is_late(at) {
            return Err(CannotEnd::NotHeld);
        }
        let used = self.used(usage);
        let reserved = if waits { self.reserved() } else { Tokens::ZERO };
        let due = match (&self.source, over) {
            (Source::Allowance { covers, .. }, Over::Balance) if waits || unit_again => {
                used.saturating_sub(*covers)
            }
            (Source::Allowance { .. }, Over::Cap) if waits || unit_again => Tokens::ZERO,
            (_, Over::Balance) => used,
            (_, Over::Cap) => used.min(self.tokens),
        };
        let (balance, posting) = balance.capture(reserved, due)?;
        let paid = Tokens::new(-posting.delta).unwrap_or_default();
        let state = State::Captured { used, paid, estimated: !matches!(usage, Usage::Reported(_)), at };
        Ok((Self { state, ..self }, balance, posting))
    }

    /// Gives back what was reserved; the unit of an allowance is for the caller to give back to its window.
    pub fn void(self, balance: Balance, at: Timestamp) -> Result<(Self, Balance), CannotEnd> {
        if self.state_at(at) != State::Held {
            return Err(CannotEnd::NotHeld);
        }
        let balance = balance.release(self.reserved())?;
        Ok((Self { state: State::Voided { at }, ..self }, balance))
    }

    /// As [`Hold::void`], because its time is over.
    pub fn expire(self, balance: Balance, at: Timestamp) -> Result<(Self, Balance), CannotEnd> {
        if self.state != State::Held || !self.is_due(at) {
            return Err(CannotEnd::NotHeld);
        }
        let balance = balance.release(self.reserved())?;
        Ok((Self { state: State::Expired { at }, ..self }, balance))
    }

    /// Whether it was captured past its end.
    pub fn was_late(&self) -> bool {
        matches!(self.state, State::Captured { at, .. } if self.is_due(at))
    }

    fn is_due(&self, now: Timestamp) -> bool {
        self.expires_at <= now
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::WindowKind;

    const NOW: Timestamp = Timestamp(1_000);
    const END: Timestamp = Timestamp(2_000);

    fn tokens(count: i64) -> Tokens {
        Tokens::new(count).unwrap()
    }

    fn hold(source: Source) -> Hold {
        Hold {
            id: HoldId::from_stored("hold_1"),
            account: AccountId::from_stored("acc_1"),
            owner: None,
            tokens: tokens(40),
            source,
            label: Label { feature: "ai_request".to_owned(), model: None },
            state: State::Held,
            created_at: Timestamp(0),
            expires_at: END,
        }
    }

    fn by_allowance() -> Hold {
        let window = Window::at(WindowKind::Day, Timestamp(0), None);
        hold(Source::Allowance { window, covers: tokens(100) })
    }

    /// 60 of 100 tokens are available, and 40 are held.
    fn holding() -> Balance {
        Balance { available: tokens(100), ..Balance::default() }.hold(tokens(40)).unwrap()
    }

    fn captured(hold: Hold, used: i64, over: Over) -> (State, i64) {
        let balance = if hold.source == Source::Tokens {
            holding()
        } else {
            Balance { available: tokens(60), ..Balance::default() }
        };
        let usage = Usage::Reported(tokens(used));
        let (hold, after, posting) = hold.capture(usage, over, false, balance, NOW).unwrap();
        assert_eq!(after.net(), balance.net() + posting.delta);
        (hold.state, after.available.get())
    }

    fn state(used: i64, paid: i64) -> State {
        State::Captured { used: tokens(used), paid: tokens(paid), estimated: false, at: NOW }
    }

    #[test]
    fn tokens_pay_what_was_used() {
        assert_eq!(captured(hold(Source::Tokens), 12, Over::Balance), (state(12, 12), 88));
        assert_eq!(captured(hold(Source::Tokens), 40, Over::Balance), (state(40, 40), 60));
    }

    #[test]
    fn what_was_used_beyond_the_hold_is_paid_or_not_by_the_catalogs_rule() {
        assert_eq!(captured(hold(Source::Tokens), 50, Over::Balance), (state(50, 50), 50));
        assert_eq!(captured(hold(Source::Tokens), 500, Over::Balance), (state(500, 100), 0));
        assert_eq!(captured(hold(Source::Tokens), 500, Over::Cap), (state(500, 40), 60));
    }

    #[test]
    fn one_unit_of_an_allowance_covers_the_largest_request() {
        assert_eq!(captured(by_allowance(), 100, Over::Balance), (state(100, 0), 60));
        assert_eq!(captured(by_allowance(), 130, Over::Balance), (state(130, 30), 30));
        assert_eq!(captured(by_allowance(), 900, Over::Balance), (state(900, 60), 0));
        assert_eq!(captured(by_allowance(), 900, Over::Cap), (state(900, 0), 60));
    }

    #[test]
    fn trap_15_without_a_report_the_estimate_counts_and_is_flagged() {
        let (hold, _, posting) =
            hold(Source::Tokens).capture(Usage::Unreported, Over::Balance, false, holding(), NOW).unwrap();
        let (used, paid) = (tokens(40), tokens(40));
        assert_eq!(hold.state, State::Captured { used, paid, estimated: true, at: NOW });
        assert_eq!(posting.delta, -40);
    }

    #[test]
    fn trap_15_what_was_only_counted_counts_and_is_flagged() {
        let usage = Usage::Counted(tokens(12));
        let (hold, _, posting) =
            hold(Source::Tokens).capture(usage, Over::Balance, false, holding(), NOW).unwrap();
        let (used, paid) = (tokens(12), tokens(12));
        assert_eq!(hold.state, State::Captured { used, paid, estimated: true, at: NOW });
        assert_eq!(posting.delta, -12);
    }

    #[test]
    fn a_hold_ends_once_except_that_an_expired_one_can_be_captured() {
        let ended = [
            hold(Source::Tokens)
                .capture(Usage::Unreported, Over::Cap, false, holding(), NOW)
                .map(|(hold, balance, _)| (hold, balance)),
            hold(Source::Tokens).void(holding(), NOW),
            hold(Source::Tokens).expire(holding(), END),
        ];
        for (hold, balance) in ended.map(Result::unwrap) {
            assert_eq!(balance.held, Tokens::ZERO, "{:?}", hold.state);
            let again = hold.clone().capture(Usage::Unreported, Over::Cap, true, balance, NOW);
            assert_eq!(again.is_ok(), matches!(hold.state, State::Expired { .. }), "{:?}", hold.state);
            assert_eq!(hold.clone().void(balance, NOW), Err(CannotEnd::NotHeld));
            assert_eq!(hold.expire(balance, END), Err(CannotEnd::NotHeld));
        }
    }

    /// Captured past its end, from what 60 tokens that are available can pay.
    fn captured_late(hold: Hold, used: i64, over: Over, unit_again: bool) -> (State, i64) {
        let nothing_held = Balance { available: tokens(60), ..Balance::default() };
        let expired = Hold { state: State::Expired { at: END }, ..hold };
        let usage = Usage::Reported(tokens(used));
        let (hold, after, posting) = expired.capture(usage, over, unit_again, nothing_held, END).unwrap();
        assert!(hold.was_late());
        assert_eq!((after.held, after.net()), (Tokens::ZERO, 60 + posting.delta));
        (hold.state, after.available.get())
    }

    #[test]
    fn trap_15_a_late_capture_takes_what_there_is() {
        let late = |used, paid| State::Captured {
            used: tokens(used),
            paid: tokens(paid),
            estimated: false,
            at: END,
        };
        let by_tokens = || hold(Source::Tokens);
        assert_eq!(captured_late(by_tokens(), 12, Over::Balance, false), (late(12, 12), 48));
        assert_eq!(captured_late(by_tokens(), 900, Over::Balance, false), (late(900, 60), 0));
        assert_eq!(captured_late(by_tokens(), 900, Over::Cap, false), (late(900, 40), 20));
        for over in [Over::Balance, Over::Cap] {
            assert_eq!(captured_late(by_allowance(), 100, over, true), (late(100, 0), 60), "by its unit");
            assert_eq!(captured_late(by_allowance(), 30, over, false), (late(30, 30), 30), "by tokens");
        }
        assert_eq!(captured_late(by_allowance(), 130, Over::Balance, true), (late(130, 30), 30));
        assert_eq!(captured_late(by_allowance(), 130, Over::Cap, true), (late(130, 0), 60));
        assert_eq!(captured_late(by_allowance(), 130, Over::Balance, false), (late(130, 60), 0));
        assert_eq!(captured_late(by_allowance(), 130, Over::Cap, false), (late(130, 40), 20));
    }

    #[test]
    fn trap_15_what_waits_still_pays_a_late_capture_and_after_a_day_nothing_does() {
        let capture = |held: Hold, at| held.capture(Usage::Unreported, Over::Balance, false, holding(), at);
        let last = END.plus(LATE - 1);
        let (ended, after, _) = capture(hold(Source::Tokens), last).unwrap();
        assert!(ended.was_late());
        assert_eq!((after.available, after.held), (tokens(60), Tokens::ZERO));
        let expired = Hold { state: State::Expired { at: last }, ..hold(Source::Tokens) };
        for held in [hold(Source::Tokens), expired] {
            assert_eq!(capture(held, END.plus(LATE)), Err(CannotEnd::NotHeld));
        }
        assert!(!capture(hold(Source::Tokens), NOW).unwrap().0.was_late());
    }

    #[test]
    fn trap_14_past_its_end_a_hold_is_not_given_up() {
        let held = hold(Source::Tokens);
        assert_eq!(held.state_at(Timestamp(1_999)), State::Held);
        assert_eq!(held.state_at(END), State::Expired { at: END });
        assert_eq!(held.clone().expire(holding(), NOW), Err(CannotEnd::NotHeld), "not yet");
        assert_eq!(held.clone().void(holding(), END), Err(CannotEnd::NotHeld));
        assert_eq!(held.expire(holding(), END).unwrap().1.available, tokens(100));
    }

    #[test]
    fn books_that_do_not_have_what_was_reserved_are_not_made_worse() {
        let nothing = Balance { available: tokens(100), ..Balance::default() };
        let wrong = CannotEnd::Books(NotReserved { reserved: tokens(40), held: Tokens::ZERO });
        assert_eq!(hold(Source::Tokens).void(nothing, NOW), Err(wrong));
        assert_eq!(by_allowance().void(nothing, NOW).unwrap().1, nothing);
    }
}
