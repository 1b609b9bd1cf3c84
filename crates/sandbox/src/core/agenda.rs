//! What is due, in order: one queue for the account's own time, and one for each test clock.

use std::collections::{BTreeMap, BTreeSet};

use crate::core::value::Value;

use super::json::Json;

/// A test clock, as `object` names it.
pub(crate) const TEST_CLOCK: &str = "test_helpers.test_clock";

/// What is due first for an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Due<'a> {
    /// Work on a test clock waits for no moment of the business clock, and comes first.
    by_business_clock: bool,
    pub(crate) at: i64,
    pub(crate) account: &'a str,
    pub(crate) id: &'a str,
}

/// A place in a queue: its order, the moment, and the object with its place among all objects.
type Place = (i64, i64, u64, String);

/// A test clock's queue, and how far its time has come.
#[derive(Debug, Default)]
struct Queue {
    due: BTreeSet<Place>,
    /// Up to here things happen; none when the clock does not exist (any more).
    until: Option<i64>,
    advancing: bool,
}

impl Queue {
    fn is_busy(&self) -> bool {
        self.until
            .is_some_and(|until| self.advancing || self.due.first().is_some_and(|place| place.0 <= until))
    }
}

/// The queues of one account.
#[derive(Debug, Default)]
pub(crate) struct Agenda {
    own: BTreeSet<Place>,
    clocks: BTreeMap<String, Queue>,
    /// Test clocks on which something is to be done now.
    busy: BTreeSet<String>,
}

impl Agenda {
    /// Takes an object's `_due` in; of a test clock also how far its time has come.
    pub(crate) fn put(&mut self, seq: u64, value: &Value) {
        if value.is("object", TEST_CLOCK) {
            let target = value.int("status_details.advancing.target_frozen_time");
            let queue = self.clocks.entry(value.id()).or_default();
            queue.until = target.or(value.int("frozen_time"));
            queue.advancing = target.is_some();
            self.look_at(&value.id());
        }
        let Some(place) = place(seq, value) else { return };
        match value.text("_clock") {
            Some(clock) => {
                self.clocks.entry(clock.to_owned()).or_default().due.insert(place);
                self.look_at(clock);
            }
            None => {
                self.own.insert(place);
            }
        }
    }

    /// Takes out what [`Self::put`] took in.
    pub(crate) fn forget(&mut self, seq: u64, value: &Value) {
        if value.is("object", TEST_CLOCK) {
            if let Some(queue) = self.clocks.get_mut(&value.id()) {
                (queue.until, queue.advancing) = (None, false);
            }
            self.look_at(&value.id());
        }
        let Some(place) = place(seq, value) else { return };
        match value.text("_clock") {
            Some(clock) => {
                if let Some(queue) = self.clocks.get_mut(clock) {
                    queue.due.remove(&place);
                }
                self.look_at(clock);
            }
            None => {
                self.own.remove(&place);
            }
        }
    }

    fn look_at(&mut self, clock: &str) {
        let Some(queue) = self.clocks.get(clock) else { return };
        if queue.is_busy() {
            self.busy.insert(clock.to_owned());
        } else {
            self.busy.remove(clock);
            if queue.due.is_empty() && queue.until.is_none() {
                self.clocks.remove(clock);
            }
        }
    }

    /// What is due first up to and including `until` (business seconds), or on a test clock.
    pub(crate) fn next<'a>(&'a self, account: &'a str, until: i64) -> Option<Due<'a>> {
        let Some(clock) = self.busy.first() else {
            let (_, at, _, id) = self.own.first()?;
            return (*at <= until).then_some(Due { by_business_clock: true, at: *at, account, id });
        };
        let queue = self.clocks.get(clock)?;
        let reached = queue.until?;
        // When nothing is left on the way, the clock itself arrives.
        let (at, id) = match queue.due.first() {
            Some((order, at, _, id)) if *order <= reached => (*at, id),
            _ => (reached, clock),
        };
        Some(Due { by_business_clock: false, at, account, id })
    }
}

fn place(seq: u64, value: &Value) -> Option<Place> {
    let at = value.int("_due")?;
    // What takes seconds of real time at Stripe, also on a test clock ([doc] stripe-python#1183: payments do not live in
    // a clock's time), does not wait for the clock to be advanced. What takes days, a hold or a dispute, does.
    let at_once = value.has("_clock")
        && match value.text("object") {
            Some("charge") => value.flag("captured"),
            Some("dispute") => value.has("_becomes"),
            Some("refund") => true,
            _ => false,
        };
    Some((if at_once { i64::MIN } else { at }, at, seq, value.id()))
}
