//! Rate limits: who asked how often lately, and whether one more is too much. Switched off unless wished for.

mod bucket;
pub(crate) mod guard;
pub(crate) mod settings;
mod usage;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::core::value::{Value, json};

use crate::core::change::Changes;
use crate::core::error::ApiError;
use crate::core::state::State;
use crate::limits::Limits;
use bucket::{Bucket, Window};

/// Why a request is refused, in the words of the header `Stripe-Rate-Limited-Reason` ([doc] rate limits).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reason {
    GlobalRate,
    EndpointRate,
    GlobalConcurrency,
    EndpointConcurrency,
    Resource,
    /// Another request works on the object: no limit, and no such header ([doc]).
    Locked,
}

impl Reason {
    pub(crate) fn header(self) -> Option<&'static str> {
        match self {
            Self::GlobalRate => Some("global-rate"),
            Self::EndpointRate => Some("endpoint-rate"),
            Self::GlobalConcurrency => Some("global-concurrency"),
            Self::EndpointConcurrency => Some("endpoint-concurrency"),
            Self::Resource => Some("resource-specific"),
            Self::Locked => None,
        }
    }

    pub(crate) fn error(self) -> ApiError {
        if self == Self::Locked {
            let message = "This object cannot be accessed right now because another API request or Stripe process is \
                           currently accessing it. If you see this error intermittently, retry the request. If you see \
                           this error frequently and are making multiple concurrent requests to a single object, make \
                           your requests serially or at a lower rate. For more details, see \
                           https://stripe.com/docs/rate-limits#object-lock-timeouts.";
            return ApiError::new(429, "invalid_request_error", message).code("lock_timeout");
        }
        too_many()
    }
}

/// What Stripe says to who asks too often.
pub(crate) fn too_many() -> ApiError {
    let message = "Request rate limit exceeded. Learn more about rate limits here \
                   https://stripe.com/docs/rate-limits.";
    ApiError::new(429, "invalid_request_error", message).code("rate_limit")
}

/// What is counted by the second: everything of an account, one endpoint of it, its searches.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Flow {
    All(String),
    Endpoint(String, &'static str, String),
    Search(String),
}

#[derive(Debug, Default)]
struct Counts {
    limits: Limits,
    buckets: HashMap<Flow, Bucket>,
    running: HashMap<Flow, u32>,
    /// Ids of objects that a request changes now, with their account.
    locked: HashSet<(String, String)>,
    windows: HashMap<(String, String, &'static str), Window>,
    refused: BTreeMap<Reason, u64>,
}

/// The limits in force, and what was asked for under them.
#[derive(Debug, Default)]
pub(crate) struct Limiter {
    /// Without limits nothing is counted: a request costs no lock.
    on: AtomicBool,
    counts: Mutex<Counts>,
}

/// A request that is under way; forgotten when dropped.
#[derive(Debug)]
pub(crate) struct Running<'a> {
    limiter: &'a Limiter,
    flows: Vec<Flow>,
    object: Option<(String, String)>,
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        let mut counts = self.limiter.counts();
        for flow in &self.flows {
            if let Some(running) = counts.running.get_mut(flow) {
                *running = running.saturating_sub(1);
            }
        }
        if let Some(object) = &self.object {
            counts.locked.remove(object);
        }
    }
}

/// A request, as far as limits are concerned.
#[derive(Debug)]
pub(crate) struct Asked<'a> {
    pub(crate) account: &'a str,
    pub(crate) method: &'a str,
    /// With stars for ids.
    pub(crate) endpoint: &'static str,
    /// What it changes.
    pub(crate) object: Option<&'a str>,
}

impl Limiter {
    pub(crate) fn new(limits: Limits) -> Self {
        let on = AtomicBool::new(limits != Limits::off());
        Self { on, counts: Mutex::new(Counts { limits, ..Counts::default() }) }
    }

    pub(crate) fn is_on(&self) -> bool {
        self.on.load(Ordering::Relaxed)
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        // Counters that a panic may leave one too high or too low at worst.
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Replaces the limits, and forgets what was counted. What is under way counts on.
    pub(crate) fn replace(&self, limits: Limits) {
        self.on.store(limits != Limits::off(), Ordering::Relaxed);
        let mut counts = self.counts();
        let (running, locked) = (std::mem::take(&mut counts.running), std::mem::take(&mut counts.locked));
        *counts = Counts { limits, running, locked, ..Counts::default() };
    }

    pub(crate) fn show(&self) -> Value {
        let counts = self.counts();
        let refused: crate::core::value::Map = counts
            .refused
            .iter()
            .map(|(reason, count)| (reason.header().unwrap_or("lock_timeout").to_owned(), json!(count)))
            .collect();
        let mut shown = settings::show(&counts.limits);
        shown["refused"] = Value::Object(refused);
        shown
    }

    /// Lets a request in, or says why not. It is under way until the answer is dropped.
    pub(crate) fn enter(&self, asked: &Asked<'_>, wall_ms: i64) -> Result<Running<'_>, Reason> {
        let mut counts = self.counts();
        let entered = counts.enter(asked, wall_ms);
        match entered {
            Ok((flows, object)) => Ok(Running { limiter: self, flows, object }),
            Err(reason) => {
                *counts.refused.entry(reason).or_default() += 1;
                Err(reason)
            }
        }
    }

    /// Whether a request's changes are within what its objects may have; counts them if they are.
    pub(crate) fn allows(&self, state: &State, changes: &Changes, wall_ms: i64) -> bool {
        if !self.is_on() {
            return true;
        }
        let mut counts = self.counts();
        let allowed = counts.allows(state, changes, wall_ms);
        if !allowed {
            *counts.refused.entry(Reason::Resource).or_default() += 1;
        }
        allowed
    }
}

type Entered = (Vec<Flow>, Option<(String, String)>);

impl Counts {
    fn enter(&mut self, asked: &Asked<'_>, wall_ms: i64) -> Result<Entered, Reason> {
        let account = asked.account.to_owned();
        let all = Flow::All(account.clone());
        let endpoint = Flow::Endpoint(account.clone(), asked.endpoint, asked.method.to_owned());
        let object =
            asked.object.filter(|_| self.limits.object_locks).map(|id| (account.clone(), id.to_owned()));
        if object.as_ref().is_some_and(|object| self.locked.contains(object)) {
            return Err(Reason::Locked);
        }
        for (flow, most, reason) in [
            (&all, self.limits.global_concurrency, Reason::GlobalConcurrency),
            (&endpoint, self.limits.endpoint_concurrency, Reason::EndpointConcurrency),
        ] {
            if most.is_some_and(|most| self.running.get(flow).is_some_and(|running| *running >= most)) {
                return Err(reason);
            }
        }
        let mut rates = vec![
            (all.clone(), self.limits.global_per_second, Reason::GlobalRate),
            (endpoint.clone(), self.limits.endpoint_per_second, Reason::EndpointRate),
        ];
        if asked.endpoint.ends_with("/search") {
            rates.push((Flow::Search(account), self.limits.search_per_second, Reason::EndpointRate));
        }
        rates.retain(|(_, per_second, _)| per_second.is_some());
        for (flow, per_second, reason) in &rates {
            let bucket = self.buckets.entry(flow.clone()).or_default();
            if !bucket.has_one(per_second.unwrap_or_default(), wall_ms) {
                return Err(*reason);
            }
        }
        for (flow, _, _) in &rates {
            if let Some(bucket) = self.buckets.get_mut(flow) {
                bucket.take_one();
            }
        }
        let flows = vec![all, endpoint];
        for flow in &flows {
            *self.running.entry(flow.clone()).or_default() += 1;
        }
        if let Some(object) = &object {
            self.locked.insert(object.clone());
        }
        Ok((flows, object))
    }

    fn allows(&mut self, state: &State, changes: &Changes, wall_ms: i64) -> bool {
        let uses = usage::of(&self.limits, state, changes);
        let keyed = |id: &str, rule: &usage::Rule| (changes.account.clone(), id.to_owned(), rule.name);
        for (id, rule) in &uses {
            let window = self.windows.entry(keyed(id, rule)).or_default();
            if !window.has_room(rule.most, rule.within_ms, wall_ms) {
                return false;
            }
        }
        for (id, rule) in &uses {
            if let Some(window) = self.windows.get_mut(&keyed(id, rule)) {
                window.add(wall_ms);
            }
        }
        true
    }
}
