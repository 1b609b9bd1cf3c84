//! The state behind a lock, its journal, and its clock: commands and due things go in, changes come out.

use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::core::value::{Value, json};
use anyhow::{Result, anyhow};
use tokio::sync::{Notify, oneshot, watch};
use tokio_util::sync::CancellationToken;

use super::delivery_log::DeliveryLog;
use super::faults::Faults;
use super::journal::Journal;
use super::limits::{Limiter, Reason};
use crate::clock::{Clock, wall_ms};
use crate::config::{Config, Webhook};
use crate::core::apply::{Answer, Command, Moment, apply, fall_due, prepare};
use crate::core::change::{Changes, Line};
use crate::core::idempotency::is_stale;
use crate::core::ids::Random;
use crate::core::invariant::violations;
use crate::core::json::Json;
use crate::core::kept::{Read, Stored};
use crate::core::state::State;
use crate::core::work::{Asked, Work};
use crate::limits::Limits;
use crate::resources::webhook_endpoint;

/// As many objects are in a line of a journal that is written anew.
const WHOLE_AT_ONCE: usize = 500;

#[derive(Debug)]
struct Inner {
    state: State,
    journal: Journal,
    clock: Clock,
    strict: bool,
}

/// The sandbox without its HTTP shell.
#[derive(Debug)]
pub(crate) struct Engine {
    inner: Mutex<Inner>,
    in_flight: Mutex<HashSet<(String, String)>>,
    /// The generator's beginning that the configuration wishes for.
    seed: Option<u64>,
    /// What request ids are mixed with.
    salt: u64,
    webhooks: Vec<Webhook>,
    requests: AtomicU64,
    pub(crate) clock: Clock,
    /// What goes wrong on demand.
    pub(crate) faults: Faults,
    /// Who asked how often.
    pub(crate) limits: Limiter,
    configured_limits: Limits,
    /// What became of each try to deliver an event.
    pub(crate) deliveries: DeliveryLog,
    /// Counts the moves of the business clock.
    pub(crate) clock_version: watch::Sender<u64>,
    /// Cancelled when the sandbox is to stop.
    pub(crate) stop: CancellationToken,
    /// Rung when there may be something to deliver.
    pub(crate) bell: Notify,
    /// Whose turn it is, so that requests wait for each other without holding a thread.
    pub(crate) turn: tokio::sync::Mutex<()>,
    /// Rung when something became due by a request: a test clock is on its way.
    pub(crate) stir: Notify,
}

/// An answer, and the promise that its changes are on disk.
pub(crate) type Applied = (Answer, Option<oneshot::Receiver<()>>);

/// A key that is being worked under; forgotten when dropped.
pub(crate) struct InFlight<'a> {
    engine: &'a Engine,
    key: (String, String),
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        lock(&self.engine.in_flight).remove(&self.key);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // `apply` only reads; the state moves by whole change sets: a panic elsewhere leaves it consistent.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The seed that was wished for, or one that nobody had before.
fn first_or_drawn(wished: Option<u64>) -> Result<u64> {
    match wished {
        Some(seed) => Ok(seed),
        None => getrandom::u64().map_err(|error| anyhow!("the system has no randomness: {error}")),
    }
}

impl Engine {
    pub(crate) fn open(config: &Config) -> Result<Self> {
        let seed = first_or_drawn(config.seed)?;
        let mut state = State::new(seed);
        let mut offset = None;
        let journal = match &config.data_dir {
            None => Journal::in_memory(),
            Some(dir) => Journal::open(dir, |line| match line {
                Read::Changes(changes) => state.restore(&changes),
                Read::Clock(offset_ms) => offset = Some(offset_ms),
                Read::Reset => state = State::new(seed),
            })?,
        };
        match offset {
            Some(offset_ms) => config.clock.set_offset_ms(offset_ms),
            None => journal.append(Line::Clock { offset_ms: config.clock.offset_ms() }),
        }
        let engine = Self {
            inner: Mutex::new(Inner { state, journal, clock: config.clock.clone(), strict: config.strict }),
            in_flight: Mutex::default(),
            seed: config.seed,
            salt: seed,
            webhooks: config.webhooks.clone(),
            requests: AtomicU64::new(0),
            clock: config.clock.clone(),
            faults: Faults::default(),
            limits: Limiter::new(config.limits),
            configured_limits: config.limits,
            deliveries: DeliveryLog::default(),
            clock_version: watch::channel(1).0,
            stop: config.shutdown.clone(),
            bell: Notify::new(),
            turn: tokio::sync::Mutex::new(()),
            stir: Notify::new(),
        };
        engine.register_webhooks();
        Ok(engine)
    }

    /// The endpoints of the configuration: made, or brought up to date by their URL.
    fn register_webhooks(&self) {
        let mut inner = lock(&self.inner);
        for hook in &self.webhooks {
            let fresh = inner.state.fresh_account(&hook.account);
            let account = inner.state.accounts.get(&hook.account).unwrap_or(&fresh);
            let mut work = Work::new(account, self.clock.now(), wall_ms(), Asked::default());
            let events = Value::from(hook.events.clone());
            let known =
                work.all("webhook_endpoint").into_iter().find(|endpoint| endpoint.is("url", &hook.url));
            let id = match known {
                Some(endpoint) => endpoint.id(),
                None => webhook_endpoint::make(&mut work, &hook.url, &events, &hook.secret),
            };
            work.edit(&id, |endpoint| {
                endpoint.set("enabled_events", events);
                endpoint.set("api_version", hook.api_version.clone());
                endpoint.set("_secret", hook.secret.as_str());
            });
            let changes = work.into_changes();
            inner.commit(changes);
        }
    }

    pub(crate) fn request_id(&self) -> String {
        let count = self.requests.fetch_add(1, Ordering::Relaxed);
        let seed = self.salt ^ wall_ms().cast_unsigned().rotate_left(20) ^ count;
        format!("req_{}", Random(seed).text(14))
    }

    /// Marks a key as being worked under; none when it is already.
    pub(crate) fn begin(&self, account: &str, key: &str) -> Option<InFlight<'_>> {
        let key = (account.to_owned(), key.to_owned());
        let is_new = lock(&self.in_flight).insert(key.clone());
        // Made only when it is new: what is dropped is forgotten.
        is_new.then(|| InFlight { engine: self, key })
    }

    /// Applies a command, after whatever is due before it. Wait for the promise before answering.
    ///
    /// # Errors
    /// When the request changes something more often than Stripe would take it; then nothing is changed.
    pub(crate) fn apply(&self, command: &Command) -> std::result::Result<Applied, Reason> {
        let prepared = prepare(command);
        let mut inner = lock(&self.inner);
        let now = self.clock.now();
        let ran = inner.run_due(now);
        let at = Moment { now, wall_ms: wall_ms() };
        let (changes, answer) = apply(&inner.state, command, prepared, at);
        if !self.limits.allows(&inner.state, &changes, at.wall_ms) {
            return Err(Reason::Resource);
        }
        let changed = !changes.is_empty();
        let promise = changed.then(|| {
            inner.commit(changes);
            if inner.state.next_due(now).is_some() {
                self.stir.notify_one();
            }
            inner.journal.flushed()
        });
        let owes = (ran || changed) && inner.state.owes();
        drop(inner);
        if owes {
            self.bell.notify_one();
        }
        Ok((answer, promise.flatten()))
    }

    /// Runs what has become due. Answers the time until the next thing, in seconds of business time.
    pub(crate) fn tick(&self) -> Option<i64> {
        let mut inner = lock(&self.inner);
        let now = self.clock.now();
        if inner.run_due(now) {
            self.bell.notify_one();
        }
        inner.state.next_due(i64::MAX).map(|due| due.at - now)
    }

    /// Moves the business clock forward. What is due on the way happens in order, each thing at its own time.
    pub(crate) fn advance(&self, milliseconds: i64) -> (u64, Option<oneshot::Receiver<()>>) {
        let mut inner = lock(&self.inner);
        let offset_ms = self.clock.offset_ms() + milliseconds;
        inner.run_due((self.clock.now_ms() + milliseconds).div_euclid(1000));
        self.clock.set_offset_ms(offset_ms);
        inner.journal.append(Line::Clock { offset_ms });
        let promise = inner.journal.flushed();
        drop(inner);
        self.clock_version.send_modify(|version| *version += 1);
        self.bell.notify_one();
        (*self.clock_version.borrow(), promise)
    }

    /// Forgets everything but the configuration's endpoints and limits, and switches faults off. The clock goes on.
    ///
    /// # Errors
    /// When the system has no randomness to draw a seed from.
    pub(crate) fn reset(&self) -> Result<Option<oneshot::Receiver<()>>> {
        let seed = first_or_drawn(self.seed)?;
        {
            let mut inner = lock(&self.inner);
            inner.state = State::new(seed);
            self.faults.replace(0, Vec::new(), &inner.state);
            self.limits.replace(self.configured_limits);
            inner.journal.append(Line::Reset);
            self.deliveries.clear();
        }
        self.register_webhooks();
        Ok(self.flushed())
    }

    pub(crate) fn flushed(&self) -> Option<oneshot::Receiver<()>> {
        lock(&self.inner).journal.flushed()
    }

    /// Looks at the state.
    pub(crate) fn with_state<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&lock(&self.inner).state)
    }

    /// Changes an account from the shell's side: the outcome of a delivery, a setting.
    pub(crate) fn change<T>(&self, account: &str, change: impl FnOnce(&mut Work<'_>) -> T) -> T {
        let mut inner = lock(&self.inner);
        let fresh = inner.state.fresh_account(account);
        let found = inner.state.accounts.get(account).unwrap_or(&fresh);
        let mut work = Work::new(found, self.clock.now(), wall_ms(), Asked::default());
        let done = change(&mut work);
        let changes = work.into_changes();
        if !changes.is_empty() {
            inner.commit(changes);
        }
        done
    }
}

impl Inner {
    fn commit(&mut self, changes: Changes) {
        if cfg!(debug_assertions) {
            let found = violations(self.state.accounts.get(&changes.account), &changes).join("; ");
            assert!(found.is_empty() || !self.strict, "{found}");
            if !found.is_empty() {
                tracing::error!(%found, "events and changes do not agree");
            }
        }
        self.state.apply(&changes);
        self.journal.append(Line::Changes(changes));
        if self.journal.wants_compaction() {
            self.compact();
        }
    }

    fn run_due(&mut self, until: i64) -> bool {
        let mut ran = false;
        while let Some(due) = self.state.next_due(until) {
            let Some(found) = self.state.accounts.get(due.account) else { break };
            let changes = fall_due(found, due.id, Moment { now: due.at, wall_ms: wall_ms() });
            if changes.is_empty() {
                tracing::error!(account = due.account, id = due.id, "something is due and does not move on");
                break;
            }
            self.commit(changes);
            ran = true;
        }
        ran
    }

    /// The whole state as lines, without keys that have served their time.
    fn compact(&self) {
        let now = wall_ms();
        let mut lines = Vec::new();
        for account in self.state.accounts.values() {
            let mut put: Vec<Stored> =
                account.stored().filter(|object| !is_stale(&object.look(), now)).cloned().collect();
            put.sort_by_key(|object| object.facts().seq);
            // Lines of some length are read by several at once.
            for put in put.chunks(WHOLE_AT_ONCE) {
                lines.push(Line::Whole {
                    account: account.name.clone(),
                    random: account.random,
                    seq: account.seq,
                    put: put.to_vec(),
                });
            }
        }
        lines.push(Line::Clock { offset_ms: self.clock.offset_ms() });
        self.journal.compact(lines);
    }
}

/// The clock, as `/_sandbox/clock` shows it.
pub(crate) fn show_clock(engine: &Engine) -> Value {
    json!({
        "now": engine.clock.now(),
        "now_ms": engine.clock.now_ms(),
        "offset_ms": engine.clock.offset_ms(),
        "version": *engine.clock_version.borrow(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn post(engine: &Engine, path: &str, body: &str) -> Value {
        let command = Command {
            account: "sandbox".into(),
            method: "POST".into(),
            path: format!("/v1/{path}"),
            body: body.into(),
            idempotency_key: Some(body.into()),
            ..Command::default()
        };
        engine.apply(&command).unwrap().0.body
    }

    #[test]
    fn a_compacted_journal_restores_the_same_state() {
        let dir = tempfile::tempdir().unwrap();
        let open =
            || Engine::open(&Config { data_dir: Some(dir.path().to_owned()), ..Config::default() }).unwrap();
        let all = |engine: &Engine| {
            engine.with_state(|state| {
                let objects = state.accounts.values().flat_map(crate::core::state::Account::all);
                let mut texts: Vec<String> = objects.map(ToString::to_string).collect();
                texts.sort();
                texts
            })
        };
        let engine = open();
        engine.advance(5000);
        for number in 0..20 {
            post(&engine, "customers", &format!("name={number}&payment_method=pm_card_visa"));
        }
        let first = post(&engine, "customers", "name=0&payment_method=pm_card_visa");
        let intent =
            "amount=500&currency=usd&confirm=true&return_url=https://example.com&payment_method=pm_card_";
        post(&engine, "payment_intents", &format!("{intent}visa"));
        post(&engine, "payment_intents", &format!("{intent}chargeDeclined"));
        let before = all(&engine);
        drop(engine);
        let engine = open();
        assert_eq!(all(&engine), before, "what the lines leave out is filled in");
        lock(&engine.inner).compact();
        post(&engine, "customers", "name=after");
        let before = all(&engine);
        drop(engine);
        let engine = open();
        assert_eq!(all(&engine), before);
        assert_eq!(engine.clock.offset_ms(), 5000);
        let again = post(&engine, "customers", "name=0&payment_method=pm_card_visa");
        assert_eq!(again["id"], first["id"], "keys that still serve are kept");
    }
}
