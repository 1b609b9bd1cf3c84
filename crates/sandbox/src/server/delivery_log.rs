//! The log of deliveries: every try to hand an event to an endpoint, and what came of it.
//!
//! Kept in memory, the newest ones only: it shows what happened and decides nothing.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::core::value::{Value, json};

use crate::core::json::Json;
use crate::core::state::{Account, State};

/// Older attempts are forgotten.
const KEPT: usize = 10_000;

/// One try.
#[derive(Clone, Debug)]
pub(crate) struct Attempt {
    pub(crate) account: String,
    pub(crate) event: String,
    pub(crate) event_type: String,
    pub(crate) endpoint: String,
    pub(crate) url: String,
    /// The first is 1.
    pub(crate) number: i64,
    /// Wall time in milliseconds since the Unix epoch.
    pub(crate) at_ms: i64,
    pub(crate) duration_ms: i64,
    pub(crate) outcome: Outcome,
}

/// What came of a try.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outcome {
    /// The endpoint's answer; none when there was none.
    pub(crate) status: Option<u16>,
    /// How the answer's body begins.
    pub(crate) response: String,
    /// Why there was no answer.
    pub(crate) error: Option<String>,
}

impl Outcome {
    /// Any 2xx; a redirect is a failure ([doc] webhooks).
    pub(crate) fn is_taken(&self) -> bool {
        self.status.is_some_and(|status| (200..300).contains(&status))
    }
}

impl Attempt {
    fn show(&self) -> Value {
        json!({
            "account": self.account,
            "event": self.event,
            "type": self.event_type,
            "endpoint": self.endpoint,
            "url": self.url,
            "attempt": self.number,
            "at_ms": self.at_ms,
            "duration_ms": self.duration_ms,
            "delivered": self.outcome.is_taken(),
            "status": self.outcome.status,
            "response": self.outcome.response,
            "error": self.outcome.error,
        })
    }
}

/// Which attempts are asked for; whatever is not given does not matter.
#[derive(Debug, Default, serde::Deserialize)]
pub(crate) struct Wanted {
    pub(crate) account: Option<String>,
    event: Option<String>,
    endpoint: Option<String>,
    /// The newest 100 when nothing is said.
    limit: Option<usize>,
}

impl Wanted {
    fn matches(&self, account: &str, event: &str, endpoint: &str) -> bool {
        let agrees = |wanted: &Option<String>, is: &str| wanted.as_ref().is_none_or(|wanted| wanted == is);
        agrees(&self.account, account) && agrees(&self.event, event) && agrees(&self.endpoint, endpoint)
    }

    /// How many deliveries of those that are asked for are still owed.
    fn owed(&self, state: &State) -> usize {
        let of = |account: &Account| {
            let owed = account.outbox().filter(|(_, delivery)| {
                let (event, endpoint) = (delivery.string("_event"), delivery.string("endpoint"));
                self.matches(&account.name, &event, &endpoint)
            });
            owed.count()
        };
        state.accounts.values().map(of).sum()
    }
}

#[derive(Debug, Default)]
pub(crate) struct DeliveryLog {
    attempts: Mutex<VecDeque<Attempt>>,
}

impl DeliveryLog {
    fn attempts(&self) -> MutexGuard<'_, VecDeque<Attempt>> {
        // An attempt is added or removed whole.
        self.attempts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn add(&self, attempt: Attempt) {
        let mut attempts = self.attempts();
        if attempts.len() == KEPT {
            attempts.pop_front();
        }
        attempts.push_back(attempt);
    }

    pub(crate) fn clear(&self) {
        self.attempts().clear();
    }

    /// The newest attempts of an account.
    pub(crate) fn newest(&self, account: &str, most: usize) -> Vec<Attempt> {
        let attempts = self.attempts();
        attempts.iter().rev().filter(|attempt| attempt.account == account).take(most).cloned().collect()
    }

    /// The attempts that are asked for, newest first, and how many deliveries are still owed.
    pub(crate) fn show(&self, wanted: &Wanted, state: &State) -> Value {
        let attempts = self.attempts();
        let is_wanted = |one: &&Attempt| wanted.matches(&one.account, &one.event, &one.endpoint);
        let found = attempts.iter().rev().filter(is_wanted);
        let shown: Vec<Value> = found.take(wanted.limit.unwrap_or(100)).map(Attempt::show).collect();
        json!({ "deliveries": shown, "owed": wanted.owed(state) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempt(number: i64) -> Attempt {
        Attempt {
            account: if number % 2 == 0 { "even" } else { "odd" }.into(),
            event: format!("evt_{number}"),
            event_type: "customer.created".into(),
            endpoint: "we_1".into(),
            url: "http://127.0.0.1/".into(),
            number,
            at_ms: 0,
            duration_ms: 0,
            outcome: Outcome { status: Some(302), ..Outcome::default() },
        }
    }

    #[test]
    fn the_newest_attempts_are_kept_and_found_by_what_is_asked() {
        let log = DeliveryLog::default();
        (0..i64::try_from(KEPT).unwrap() + 3).for_each(|number| log.add(attempt(number)));
        assert_eq!(log.attempts().len(), KEPT);
        let wanted = Wanted { account: Some("odd".into()), limit: Some(2), ..Wanted::default() };
        let state = State::new(1);
        let shown = log.show(&wanted, &state);
        let events: Vec<&str> = shown["deliveries"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["event"].as_str().unwrap())
            .collect();
        assert_eq!(events, ["evt_10001", "evt_9999"]);
        assert_eq!(shown["deliveries"][0]["delivered"], false, "a redirect is no success");
        let gone = Wanted { event: Some("evt_1".into()), ..Wanted::default() };
        assert_eq!(log.show(&gone, &state), json!({ "deliveries": [], "owed": 0 }));
        log.clear();
        assert!(log.newest("odd", 10).is_empty());
    }
}
