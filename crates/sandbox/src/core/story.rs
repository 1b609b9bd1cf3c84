//! For tests of the core: requests and time that passes, without HTTP.

use crate::core::value::Value;

use super::apply::{Command, Moment, apply, fall_due, prepare};
use super::change::Changes;
use super::invariant::violations;
use super::kept::is_kept_whole;
use super::state::{Account, State};

/// An account's life, from a moment on.
pub(crate) struct Story {
    pub(crate) state: State,
    /// Business time in seconds.
    pub(crate) now: i64,
    requests: usize,
}

impl Story {
    pub(crate) fn new(now: i64) -> Self {
        Self::seeded(1, now)
    }

    pub(crate) fn seeded(seed: u64, now: i64) -> Self {
        Self { state: State::new(seed), now, requests: 0 }
    }

    /// Status and body of the answer.
    pub(crate) fn ask(&mut self, method: &str, path: &str, body: &str) -> (u16, Value) {
        self.requests += 1;
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let command = Command {
            account: "test".into(),
            method: method.into(),
            path: format!("/v1/{path}"),
            query: query.into(),
            body: body.into(),
            request_id: format!("req_{}", self.requests),
            idempotency_key: Some(format!("key_{}", self.requests)),
            ..Command::default()
        };
        let (changes, answer) =
            apply(&self.state, &command, prepare(&command), Moment { now: self.now, wall_ms: 0 });
        self.commit(&changes);
        (answer.status, answer.body)
    }

    /// The answer of a request that must succeed.
    #[track_caller]
    pub(crate) fn post(&mut self, path: &str, body: &str) -> Value {
        let (status, answer) = self.ask("POST", path, body);
        assert_eq!(status, 200, "{path} {body}: {answer}");
        answer
    }

    #[track_caller]
    pub(crate) fn get(&mut self, path: &str) -> Value {
        let (status, answer) = self.ask("GET", path, "");
        assert_eq!(status, 200, "{path}: {answer}");
        answer
    }

    /// Lets time pass; what is due on the way happens, each thing at its own moment.
    pub(crate) fn later(&mut self, seconds: i64) {
        self.now += seconds;
        while let Some(due) = self.state.next_due(self.now) {
            let at = Moment { now: due.at, wall_ms: 0 };
            let changes = fall_due(&self.state.accounts[due.account], due.id, at);
            assert!(!changes.is_empty(), "{} is due for ever", due.id);
            self.commit(&changes);
        }
    }

    fn commit(&mut self, changes: &Changes) {
        let found = violations(self.state.accounts.get(&changes.account), changes);
        assert!(found.is_empty(), "{}", found.join("; "));
        assert!(is_kept_whole(changes), "the journal loses something of {changes:?}");
        self.state.apply(changes);
    }

    /// Everything that is stored.
    pub(crate) fn objects(&self) -> Vec<&Value> {
        self.state.accounts.values().flat_map(Account::all).map(AsRef::as_ref).collect()
    }

    /// A customer with this card as the default.
    pub(crate) fn customer(&mut self, card: &str) -> String {
        let body = format!("payment_method={card}&invoice_settings[default_payment_method]={card}");
        self.post("customers", &body)["id"].as_str().unwrap().to_owned()
    }

    /// A recurring price in USD.
    pub(crate) fn price(&mut self, amount: i64, interval: &str, count: i64) -> String {
        let body = format!(
            "currency=usd&unit_amount={amount}&recurring[interval]={interval}&recurring[interval_count]={count}\
             &product_data[name]=P{amount}"
        );
        self.post("prices", &body)["id"].as_str().unwrap().to_owned()
    }
}
