//! Stripe's rate limits as part of the design: never more than allowed, the important first.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::Instant;

/// Who goes first, strictly: while an earlier kind waits and could go, a later one does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Priority {
    /// A person waits.
    Interactive,
    /// Events are being applied.
    Webhooks,
    /// Nobody waits.
    Reconcile,
}

/// Requests a second, for the key and for each endpoint of it (Stripe docs: rate-limits).
///
/// A fifth of each may go at once and the rest is spread, so that no window of one second holds more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    pub per_second: u32,
    pub per_endpoint: u32,
}

impl Limits {
    pub const LIVE: Self = Self { per_second: 100, per_endpoint: 25 };
    pub const TEST: Self = Self { per_second: 25, per_endpoint: 25 };

    /// By the key's own words: `sk_live_...` and `rk_live_...` are live.
    pub fn for_key(secret_key: &str) -> Self {
        if secret_key.contains("_live_") { Self::LIVE } else { Self::TEST }
    }
}

/// Clones share their buckets and queues.
#[derive(Debug, Clone)]
pub(crate) struct Limiter {
    limits: Limits,
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    all: Bucket,
    endpoints: HashMap<String, Bucket>,
    queues: [VecDeque<Waiter>; 3],
    /// A task is handing out turns; it ends when nobody waits.
    driven: bool,
}

#[derive(Debug)]
struct Waiter {
    endpoint: String,
    turn: oneshot::Sender<()>,
}

impl Limiter {
    pub(crate) fn new(limits: Limits) -> Self {
        let state = State {
            all: Bucket::new(limits.per_second, Instant::now()),
            endpoints: HashMap::new(),
            queues: Default::default(),
            driven: false,
        };
        Self { limits, state: Arc::new(Mutex::new(state)) }
    }

    /// Waits for a turn. First in, first out within one priority; a caller that goes away gives its turn up.
    /// `Err`: none came before the deadline.
    pub(crate) async fn turn(&self, endpoint: &str, priority: Priority, deadline: Instant) -> Result<(), ()> {
        let (turn, granted) = oneshot::channel();
        {
            let mut state = self.lock();
            state.queues[priority as usize].push_back(Waiter { endpoint: endpoint.to_owned(), turn });
            let wait = state.hand_out(self.limits, Instant::now());
            if let Some(until) = wait
                && !state.driven
            {
                state.driven = true;
                tokio::spawn(self.clone().drive(until));
            }
        }
        match tokio::time::timeout_at(deadline, granted).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(()),
        }
    }

    /// Stripe refused a rate: nothing of the key (or of one endpoint) goes out for a while.
    pub(crate) fn hold(&self, endpoint: Option<&str>, until: Instant) {
        let mut state = self.lock();
        let limits = self.limits;
        let bucket = match endpoint {
            Some(name) => state.endpoint(name, limits, Instant::now()),
            None => &mut state.all,
        };
        bucket.tokens = 0.0;
        bucket.counted = bucket.counted.max(until);
    }

    async fn drive(self, mut until: Instant) {
        loop {
            tokio::time::sleep_until(until).await;
            let mut state = self.lock();
            let Some(next) = state.hand_out(self.limits, Instant::now()) else {
                state.driven = false;
                return;
            };
            until = next;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing panics while holding it; a poisoned state would still be a valid one.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Lets go whoever may. Answers when to come back, or `None` when nobody waits.
    ///
    /// One whose endpoint is exhausted does not hold up those of other endpoints.
    fn hand_out(&mut self, limits: Limits, now: Instant) -> Option<Instant> {
        let mut queues = std::mem::take(&mut self.queues);
        let mut next: Option<Instant> = None;
        for queue in &mut queues {
            queue.retain(|waiter| !waiter.turn.is_closed());
            let mut kept = VecDeque::with_capacity(queue.len());
            for waiter in queue.drain(..) {
                let all = self.all.ready(now);
                let endpoint = self.endpoint(&waiter.endpoint, limits, now);
                let ready = all.max(endpoint.ready(now));
                if ready > now {
                    next = Some(next.map_or(ready, |next| next.min(ready)));
                    kept.push_back(waiter);
                } else if waiter.turn.send(()).is_ok() {
                    endpoint.take();
                    self.all.take();
                }
            }
            *queue = kept;
        }
        self.queues = queues;
        next
    }

    fn endpoint(&mut self, name: &str, limits: Limits, now: Instant) -> &mut Bucket {
        self.endpoints.entry(name.to_owned()).or_insert_with(|| Bucket::new(limits.per_endpoint, now))
    }
}

/// Fills evenly; holds at most its burst.
#[derive(Debug)]
struct Bucket {
    tokens: f64,
    burst: f64,
    per_second: f64,
    /// Up to when its filling is counted. In the future while it is held.
    counted: Instant,
}

impl Bucket {
    fn new(per_second: u32, now: Instant) -> Self {
        let rate = f64::from(per_second.max(1));
        let burst = (rate / 5.0).floor().max(1.0);
        Self { tokens: burst, burst, per_second: (rate - burst).max(1.0), counted: now }
    }

    /// When it has a token; `now` when it has one already.
    fn ready(&mut self, now: Instant) -> Instant {
        if let Some(passed) = now.checked_duration_since(self.counted) {
            self.tokens = passed.as_secs_f64().mul_add(self.per_second, self.tokens).min(self.burst);
            self.counted = now;
        }
        // A hair of rounding must not cost a turn.
        if self.counted <= now && self.tokens >= 1.0 - 1e-6 {
            return now;
        }
        let missing = Duration::from_secs_f64((1.0 - self.tokens).max(0.0) / self.per_second);
        // Timers count milliseconds.
        self.counted.max(now) + missing + Duration::from_millis(1)
    }

    fn take(&mut self) {
        self.tokens = (self.tokens - 1.0).max(0.0);
    }
}
