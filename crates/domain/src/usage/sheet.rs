//! One account in a batch: what was found of it under its lock, and what the requests have made of that so far. Only the
//! difference is written, once for all of them.

use super::{Answer, Keyed, Label, Left};
use crate::alert::{fell_below, used_up_to};
use crate::allowance::{Allowance, Window};
use crate::catalog::{AiRequests, Alerts, TierSlug};
use crate::hold::{Hold, Over, State};
use crate::ids::{HoldId, ServiceKeyId, TokenTransactionId};
use crate::time::Timestamp;
use ledger::{Balance, Posting, Tokens};
use std::collections::{BTreeMap, HashMap};

/// What is the same for the whole batch.
#[derive(Debug, Clone, Copy)]
pub struct Rules<'a> {
    pub now: Timestamp,
    /// When a request has used more than its hold covers.
    pub over: Over,
    pub alerts: &'a Alerts,
}

/// A window of an allowance, and its units.
#[derive(Debug, Clone)]
pub struct WindowUse {
    pub window: Window,
    pub used: i64,
    /// Of those, the ones that holds have and that may still come back.
    pub open: i64,
}

/// What there is of an account under its lock.
#[derive(Debug)]
pub struct Found {
    /// The owner was deleted: nothing more is admitted.
    pub is_gone: bool,
    pub tier: TierSlug,
    pub terms: AiRequests,
    /// The present window.
    pub window: Window,
    pub balance: Balance,
    /// Those that have a use: the present one, and those of `holds`.
    pub windows: Vec<WindowUse>,
    /// Those that the requests name, and those of the kept answers.
    pub holds: Vec<Hold>,
    /// The answers that are kept under keys of the requests.
    pub kept: Vec<(Keyed, Answer)>,
    /// Keys that are revoked, each with one that may end its holds.
    pub replaced: Vec<(ServiceKeyId, ServiceKeyId)>,
}

/// A line of the account's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spent {
    pub id: TokenTransactionId,
    pub posting: Posting,
    pub feature: String,
}

/// What the owner is to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// So many percent of the allowance are used. It is as it was with the unit that made it so.
    Used { percent: i64, allowance: Allowance },
    /// What is left by the movement of this id.
    Low { left: Balance, movement: String },
}

/// What is to be written.
#[derive(Debug, Default)]
pub struct Made {
    /// Those whose use has changed, and how many units of them are used now.
    pub windows: Vec<(Window, i64)>,
    pub balance: Option<Balance>,
    /// In the order in which they were made.
    pub spent: Vec<Spent>,
    /// Requests and tokens of the day.
    pub days: BTreeMap<Label, (i64, i64)>,
    /// New ones, as they are by now.
    pub held: Vec<Hold>,
    /// Known ones that have ended, each with how it was before.
    pub ended: Vec<(State, Hold)>,
    pub kept: Vec<(Keyed, Answer)>,
    pub told: Vec<Told>,
}

#[derive(Debug)]
pub struct Sheet {
    pub(super) is_gone: bool,
    tier: TierSlug,
    terms: AiRequests,
    window: Window,
    balance: Balance,
    windows: Vec<WindowUse>,
    holds: HashMap<HoldId, Entry>,
    /// By the key alone: one is rarely used in two places.
    kept: HashMap<String, Vec<Kept>>,
    replaced: Vec<(ServiceKeyId, ServiceKeyId)>,
    /// Windows whose use has changed.
    moved: Vec<Window>,
    made: Made,
}

#[derive(Debug)]
struct Kept {
    key: Keyed,
    answer: Answer,
    /// Not written yet.
    is_new: bool,
}

#[derive(Debug)]
struct Entry {
    hold: Hold,
    stored: Stored,
}

/// How a hold is in the database.
#[derive(Debug)]
enum Stored {
    No,
    AsItIs,
    As(State),
}

impl Sheet {
    pub fn new(found: Found) -> Self {
        let Found { is_gone, tier, terms, window, balance, windows, holds, kept, replaced } = found;
        let entry = |hold: Hold| (hold.id.clone(), Entry { hold, stored: Stored::AsItIs });
        let mut sheet = Self {
            is_gone,
            tier,
            terms,
            window,
            balance,
            windows,
            holds: holds.into_iter().map(entry).collect(),
            kept: HashMap::new(),
            replaced,
            moved: Vec::new(),
            made: Made::default(),
        };
        for (key, answer) in kept {
            sheet.put(Kept { key, answer, is_new: false });
        }
        sheet
    }

    /// What is to be written of it.
    pub fn close(self) -> Made {
        let windows = self.moved.iter().map(|window| (window.clone(), self.used(window))).collect();
        let mut made = Made { windows, ..self.made };
        for Entry { hold, stored } in self.holds.into_values() {
            match stored {
                Stored::No => made.held.push(hold),
                Stored::As(before) => made.ended.push((before, hold)),
                Stored::AsItIs => {}
            }
        }
        let new = self.kept.into_values().flatten().filter(|kept| kept.is_new);
        made.kept.extend(new.map(|kept| (kept.key, kept.answer)));
        made
    }

    /// The present one, as it is by now.
    pub fn allowance(&self) -> Allowance {
        Allowance { terms: self.terms, window: self.window.clone(), used: self.used(&self.window) }
    }

    pub const fn balance(&self) -> Balance {
        self.balance
    }

    pub(super) const fn tier(&self) -> &TierSlug {
        &self.tier
    }

    pub(super) const fn terms(&self) -> &AiRequests {
        &self.terms
    }

    /// Whether `made` is revoked, and `by` may end its holds.
    pub(super) fn is_replaced(&self, made: &ServiceKeyId, by: &ServiceKeyId) -> bool {
        self.replaced.iter().any(|(old, new)| old == made && new == by)
    }

    pub(super) fn left(&self) -> Left {
        Left::of(&self.allowance(), &self.balance)
    }

    pub(super) fn used(&self, window: &Window) -> i64 {
        self.windows.iter().find(|known| known.window.is(window)).map_or(0, |known| known.used)
    }

    /// Takes units of the window, or gives them back; `open`: they are a hold's.
    pub(super) fn move_units(&mut self, window: &Window, used: i64, open: i64) {
        match self.windows.iter_mut().find(|known| known.window.is(window)) {
            Some(known) => {
                known.used += used;
                known.open += open;
            }
            None => self.windows.push(WindowUse { window: window.clone(), used, open }),
        }
        if used != 0 && !self.moved.iter().any(|known| known.is(window)) {
            self.moved.push(window.clone());
        }
    }

    pub(super) fn set_balance(&mut self, balance: Balance) {
        self.balance = balance;
        self.made.balance = Some(balance);
    }

    /// Tokens have paid for a request.
    pub(super) fn pay(&mut self, spent: Spent, after: Balance, rules: &Rules<'_>) {
        let before = self.balance;
        self.set_balance(after);
        self.tell_of_balance(&before, spent.id.as_str(), rules);
        self.made.spent.push(spent);
    }

    pub(super) fn count(&mut self, label: &Label, tokens: Tokens) {
        let (requests, paid) = match self.made.days.get_mut(label) {
            Some(day) => day,
            None => self.made.days.entry(label.clone()).or_default(),
        };
        *requests += 1;
        *paid = paid.saturating_add(tokens.get());
    }

    pub(super) fn hold(&self, id: &HoldId) -> Option<&Hold> {
        self.holds.get(id).map(|entry| &entry.hold)
    }

    pub(super) fn open_hold(&mut self, hold: Hold) {
        self.holds.insert(hold.id.clone(), Entry { hold, stored: Stored::No });
    }

    pub(super) fn end_hold(&mut self, ended: Hold) {
        if let Some(Entry { hold, stored }) = self.holds.get_mut(&ended.id) {
            let before = std::mem::replace(hold, ended).state;
            if matches!(stored, Stored::AsItIs) {
                *stored = Stored::As(before);
            }
        }
    }

    /// Whether there is an answer under it, from earlier or of this batch.
    pub fn keeps(&self, key: &Keyed) -> bool {
        self.kept(key).is_some()
    }

    /// What an earlier request under this key was sent with, and its answer.
    pub(super) fn kept(&self, key: &Keyed) -> Option<(&str, &Answer)> {
        let kept = self.kept.get(&key.key)?.iter().find(|kept| kept.key.is_same_key(key))?;
        Some((&kept.key.request_hash, &kept.answer))
    }

    /// In the place of an earlier one, which does not count any more.
    pub(super) fn keep(&mut self, key: &Keyed, answer: &Answer) {
        self.put(Kept { key: key.clone(), answer: answer.clone(), is_new: true });
    }

    fn put(&mut self, new: Kept) {
        match self.kept.get_mut(&new.key.key) {
            None => drop(self.kept.insert(new.key.key.clone(), vec![new])),
            Some(kept) => match kept.iter_mut().find(|kept| kept.key.is_same_key(&new.key)) {
                Some(kept) => *kept = new,
                None => kept.push(new),
            },
        }
    }

    /// A unit of `window` is used for good. What holds may still give back is not used yet: so each unit is counted once,
    /// when it is used for good, in whatever order. Nothing is told of a window that is not the account's any more.
    pub(super) fn tell_of_unit(&mut self, window: &Window, rules: &Rules<'_>) {
        let mut allowance = self.allowance();
        if !allowance.window.is(window) {
            return;
        }
        let known = self.windows.iter().find(|known| known.window.is(window));
        allowance.used -= known.map_or(0, |known| known.open);
        if let Some(percent) = used_up_to(&allowance, &rules.alerts.allowance_percent) {
            self.made.told.push(Told::Used { percent, allowance });
        }
    }

    /// `movement` took the balance from `before` to what it is. What counts is what is not spent yet, with what holds
    /// reserve: a hold alone tells nothing, because most of it may come back.
    pub(super) fn tell_of_balance(&mut self, before: &Balance, movement: &str, rules: &Rules<'_>) {
        let left = self.balance;
        if fell_below(rules.alerts.balance_low, before.unspent(), left.unspent()) {
            self.made.told.push(Told::Low { left, movement: movement.to_owned() });
        }
    }
}
