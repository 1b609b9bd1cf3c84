//! What becomes of a request. Pure, and the decision is the admission (trap 13): who decides on a sheet holds its
//! account's lock, and writes what it has made before anybody is answered.

use super::{
    Admission, Answer, Asked, Consumed, Ends, Label, Out, Refused, Request, Rules, Sheet, Spent, admit,
};
use crate::allowance::Window;
use crate::hold::{CannotEnd, Hold, HoldAnswer, HoldRecord, Source, State, Usage};
use crate::ids::{AccountId, HoldId, TokenTransactionId};
use crate::time::Timestamp;
use ledger::{Balance, InsufficientTokens, Tokens};

impl Sheet {
    /// A refusal leaves the sheet as it was.
    pub fn decide(
        &mut self,
        account: &AccountId,
        asked: &Asked,
        rules: &Rules<'_>,
    ) -> Result<Answer, Refused> {
        let answer = match &asked.request {
            Request::Consume { cost, label } => self.consume(*cost, label, asked, rules)?,
            Request::Authorize { cost, expires_in, label, owner } => {
                let hold = Hold {
                    id: HoldId::new(asked.id),
                    account: account.clone(),
                    owner: owner.clone(),
                    tokens: *cost,
                    source: Source::Tokens,
                    label: label.clone(),
                    state: State::Held,
                    created_at: rules.now,
                    expires_at: rules.now.plus(*expires_in),
                };
                self.authorize(hold, asked, rules)?
            }
            Request::Capture { ends, usage } => self.capture(ends, *usage, asked, rules)?,
            Request::Void(ends) => self.void(ends, asked, rules)?,
            Request::Expire(hold) => self.expire(hold, rules)?,
        };
        Ok(answer)
    }

    fn consume(
        &mut self,
        cost: Tokens,
        label: &Label,
        asked: &Asked,
        rules: &Rules<'_>,
    ) -> Result<Answer, Refused> {
        if let Some(Answer::Consumed(earlier)) = self.answered(asked)? {
            return Ok(Answer::Consumed(Consumed { replayed: true, ..earlier }));
        }
        let paid = match self.admit(cost, Balance::spend)? {
            Admission::Allowance => {
                let window = self.allowance().window;
                self.move_units(&window, 1, 0);
                self.tell_of_unit(&window, rules);
                Tokens::ZERO
            }
            Admission::Tokens((after, posting)) => {
                let id = TokenTransactionId::new(asked.id);
                self.pay(Spent { id, posting, feature: label.feature.clone() }, after, rules);
                cost
            }
        };
        self.count(label, paid);
        let consumed = Consumed {
            from_allowance: paid.is_zero(),
            tokens: paid.get(),
            left: self.left(),
            replayed: false,
        };
        Ok(self.kept_under(asked, Answer::Consumed(consumed)))
    }

    /// A retry under the key gets its hold as it is by then, so that who was paid for already can tell; once nothing was
    /// paid, because the hold was voided or has expired, it gets another one.
    fn authorize(&mut self, new: Hold, asked: &Asked, rules: &Rules<'_>) -> Result<Answer, Refused> {
        if let Some(Answer::Hold(earlier)) = self.answered(asked)? {
            let hold = self.hold(&earlier.hold.id).ok_or(Refused::NotFound)?;
            if let State::Held | State::Captured { .. } = hold.state_at(rules.now) {
                return Ok(Answer::Hold(HoldAnswer { replayed: true, ..self.shown(hold, rules.now) }));
            }
        }
        let source = match self.admit(new.tokens, Balance::hold)? {
            Admission::Allowance => {
                let (window, covers) = (self.allowance().window, self.terms().largest_request);
                self.move_units(&window, 1, 1);
                Source::Allowance { window, covers }
            }
            Admission::Tokens(after) => {
                self.set_balance(after);
                Source::Tokens
            }
        };
        let hold = Hold { source, ..new };
        let answer = Answer::Hold(self.shown(&hold, rules.now));
        self.open_hold(hold);
        Ok(self.kept_under(asked, answer))
    }

    /// One that was captured with as many tokens is answered as it is. One that expired while its request still ran takes
    /// a unit of its window again if one is left by the tier as it is now, else tokens as far as they go (trap 15).
    fn capture(
        &mut self,
        ends: &Ends,
        usage: Usage,
        asked: &Asked,
        rules: &Rules<'_>,
    ) -> Result<Answer, Refused> {
        let hold = self.named(ends)?;
        if let Some(Answer::Hold(earlier)) = self.answered(asked)? {
            return Ok(Answer::Hold(HoldAnswer { replayed: true, ..earlier }));
        }
        if matches!(&hold.state, State::Captured { used, .. } if *used == hold.used(usage)) {
            return Ok(Answer::Hold(self.shown(&hold, rules.now)));
        }
        let late = hold.is_late(rules.now);
        let unit_again = late && self.has_unit_for(&hold.source);
        let balance = self.balance();
        let ended = hold.clone().capture(usage, rules.over, unit_again, balance, rules.now);
        let (ended, after, posting) = ended.map_err(|cannot| cannot_end(&hold, cannot, rules.now))?;
        self.end_hold(ended.clone());
        if let Source::Allowance { window, .. } = &hold.source {
            // Late, its unit had gone back; else it was open until now.
            if unit_again {
                self.move_units(window, 1, 0);
            } else if !late {
                self.move_units(window, 0, -1);
            }
            if unit_again || !late {
                self.tell_of_unit(window, rules);
            }
        }
        let paid = Tokens::new(-posting.delta).unwrap_or_default();
        if !paid.is_zero() {
            let id = TokenTransactionId::new(asked.id);
            self.pay(Spent { id, posting, feature: ended.label.feature.clone() }, after, rules);
        } else if after != balance {
            self.set_balance(after);
        }
        self.count(&ended.label, paid);
        let answer = Answer::Hold(self.shown(&ended, rules.now));
        Ok(self.kept_under(asked, answer))
    }

    /// One that was given up is answered as it is.
    fn void(&mut self, ends: &Ends, asked: &Asked, rules: &Rules<'_>) -> Result<Answer, Refused> {
        let hold = self.named(ends)?;
        if let Some(Answer::Hold(earlier)) = self.answered(asked)? {
            return Ok(Answer::Hold(HoldAnswer { replayed: true, ..earlier }));
        }
        if matches!(hold.state, State::Voided { .. }) {
            return Ok(Answer::Hold(self.shown(&hold, rules.now)));
        }
        let ended = hold.clone().void(self.balance(), rules.now);
        let (ended, after) = ended.map_err(|cannot| cannot_end(&hold, cannot, rules.now))?;
        let answer = self.give_back(&ended, after, rules);
        Ok(self.kept_under(asked, answer))
    }

    fn expire(&mut self, id: &HoldId, rules: &Rules<'_>) -> Result<Answer, Refused> {
        let hold = self.hold(id).ok_or(Refused::NotFound)?.clone();
        let ended = hold.clone().expire(self.balance(), rules.now);
        let (ended, after) = ended.map_err(|cannot| cannot_end(&hold, cannot, rules.now))?;
        Ok(self.give_back(&ended, after, rules))
    }

    /// What is reserved, or the unit of the allowance, goes back to where it came from. A debt that is paid with it leaves
    /// less.
    fn give_back(&mut self, ended: &Hold, after: Balance, rules: &Rules<'_>) -> Answer {
        self.end_hold(ended.clone());
        match &ended.source {
            Source::Allowance { window, .. } => self.move_units(window, -1, -1),
            Source::Tokens => {
                let before = self.balance();
                self.set_balance(after);
                self.tell_of_balance(&before, ended.id.as_str(), rules);
            }
        }
        Answer::Hold(self.shown(ended, rules.now))
    }

    fn admit<T>(
        &self,
        cost: Tokens,
        pay: impl FnOnce(Balance, Tokens) -> Result<T, InsufficientTokens>,
    ) -> Result<Admission<T>, Refused> {
        if self.is_gone {
            return Err(Refused::NotFound);
        }
        let (allowance, balance) = (self.allowance(), self.balance());
        admit(cost, &allowance, balance, pay).map_err(|refusal| {
            Refused::Out(Box::new(Out { refusal, allowance, balance, tier: self.tier().clone() }))
        })
    }

    fn has_unit_for(&self, source: &Source) -> bool {
        let left = |window: &Window| self.used(window) < self.terms().limit;
        matches!(source, Source::Allowance { window, .. } if left(window))
    }

    /// A change of keys must not leave requests unpaid that ran meanwhile.
    fn named(&self, ends: &Ends) -> Result<Hold, Refused> {
        let hold = self.hold(&ends.hold).ok_or(Refused::NotFound)?;
        let may = match (&hold.owner, &ends.owner) {
            (Some(made), Some(by)) => made == by || self.is_replaced(made, by),
            (made, by) => made == by,
        };
        if may { Ok(hold.clone()) } else { Err(Refused::NotFound) }
    }

    /// What an earlier request under the same key was answered.
    fn answered(&self, asked: &Asked) -> Result<Option<Answer>, Refused> {
        let Some((key, (request_hash, answer))) =
            asked.key.as_ref().and_then(|key| Some((key, self.kept(key)?)))
        else {
            return Ok(None);
        };
        if request_hash == key.request_hash { Ok(Some(answer.clone())) } else { Err(Refused::KeyReused) }
    }

    fn kept_under(&mut self, asked: &Asked, answer: Answer) -> Answer {
        if let Some(key) = &asked.key {
            self.keep(key, &answer);
        }
        answer
    }

    fn shown(&self, hold: &Hold, now: Timestamp) -> HoldAnswer {
        HoldAnswer { hold: HoldRecord::of(hold, now), left: self.left(), replayed: false }
    }
}

fn cannot_end(hold: &Hold, cannot: CannotEnd, now: Timestamp) -> Refused {
    let record = Box::new(HoldRecord::of(hold, now));
    match cannot {
        CannotEnd::NotHeld => Refused::NotHeld(record),
        CannotEnd::Books(wrong) => Refused::Books(record, wrong),
    }
}
