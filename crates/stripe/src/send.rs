//! One call: its tries, under one idempotency key and with the same bytes, until an answer or a deadline.

mod metrics;
mod refusal;

use crate::error::{Error, RequestId};
use crate::gateway::Gateway;
use crate::json::{Misread, Node};
use crate::limiter::Limiter;
use crate::request::{Method, Request};
use crate::retry::Advice;
use crate::transport::{Answer, Lost};
use metrics::count;
use refusal::Refusal;
use secrecy::ExposeSecret as _;
use serde_json::Value;
use std::time::Duration;
use tokio::time::Instant;
use tracing::Instrument as _;

/// What to suggest to a caller when nobody named a time.
const LATER: Duration = Duration::from_secs(5);

/// What several tries have in common.
struct Call<'a> {
    request: &'a Request,
    endpoint: String,
    deadline: Instant,
    /// A try may have taken effect, whatever happened to the later ones.
    unclear: bool,
}

/// Why one try did not succeed.
struct Failure {
    error: Box<Error>,
    /// `Some`: try again, after at least this.
    again: Option<Duration>,
    /// This try may have taken effect.
    unclear: bool,
}

impl Gateway {
    /// Sends, and reads the answer.
    pub(crate) async fn fetch<T>(
        &self,
        request: &Request,
        read: impl FnOnce(&Node<'_>) -> Result<T, Misread>,
    ) -> Result<T, Error> {
        let (body, request_id) = self.send(request).await?;
        read(&Node::root(&body)).map_err(|misread| match misread {
            Misread::Shape { path, expected } => unexpected(request, path, expected, request_id),
            Misread::Foreign { id, reason } if request.method == Method::Get => Error::Foreign { id, reason },
            // It was done, and to something that cannot be followed further: that must not look like nothing.
            Misread::Foreign { id, .. } => unexpected(request, id, "an object of ours", request_id),
        })
    }

    async fn send(&self, request: &Request) -> Result<(Value, RequestId), Error> {
        let retries = &self.shared.config.retries;
        let deadline = Instant::now() + retries.deadline(self.priority);
        let mut call = Call { request, endpoint: request.endpoint(), deadline, unclear: false };
        let mut tried = 0;
        loop {
            tried += 1;
            let span = tracing::debug_span!(
                "stripe",
                method = request.method.as_str(),
                endpoint = call.endpoint,
                attempt = tried,
                request_id = tracing::field::Empty,
            );
            let result = self.attempt(&call).instrument(span.clone()).await;
            let request_id = match &result {
                Ok((_, request_id)) => request_id.as_deref(),
                Err(failure) => failure.error.request_id(),
            };
            span.record("request_id", request_id);
            let failure = match result {
                Ok(answer) => return Ok(answer),
                Err(failure) => failure,
            };
            call.unclear |= failure.unclear;
            let Some(asked) = failure.again.filter(|_| tried < retries.tries) else {
                return Err(call.give_up(*failure.error, None));
            };
            let pause = retries.pause(tried, Some(asked), (self.shared.config.jitter)());
            // What Stripe asked for is never cut short: then it is the caller's to come back.
            if asked > pause || Instant::now() + pause >= deadline {
                return Err(call.give_up(*failure.error, Some(asked.max(pause))));
            }
            tracing::info!(endpoint = call.endpoint, tried, ?pause, error = %failure.error, "trying Stripe again");
            tokio::time::sleep(pause).await;
        }
    }

    /// One exchange, and what came of it.
    async fn attempt(&self, call: &Call<'_>) -> Result<(Value, RequestId), Failure> {
        let started = Instant::now();
        let result = self.exchange(call).await;
        count(&call.endpoint, result.as_ref().err().map(|failure| &*failure.error), started.elapsed());
        result
    }

    async fn exchange(&self, call: &Call<'_>) -> Result<(Value, RequestId), Failure> {
        let shared = &self.shared;
        let http = self.assemble(call.request).map_err(|lost| Failure::unsent(lost.reason, LATER))?;
        // An open breaker refuses at once, and once more after the wait for a turn.
        let refused = |remaining| Failure::unsent("it failed repeatedly and is left alone", remaining);
        if let Some(remaining) = shared.breaker.remaining(Instant::now()) {
            return Err(refused(remaining));
        }
        if let Some(limiter) = &shared.limiter
            && limiter.turn(&call.endpoint_key(), self.priority, call.deadline).await.is_err()
        {
            return Err(Failure::last(Error::RateLimited { retry_after: LATER, request_id: None }));
        }
        let permit = shared.breaker.enter(Instant::now()).map_err(refused)?;

        let left = call.deadline.saturating_duration_since(Instant::now());
        let exchange = shared.config.transport.exchange(http);
        let exchanged = tokio::time::timeout(shared.config.timeout.min(left), exchange).await;
        match exchanged.unwrap_or(Err(Lost { sent: true, reason: "timeout" })) {
            Ok(answer) if answer.status >= 500 => {
                permit.failed(Instant::now());
                self.understand(call, &answer)
            }
            Ok(answer) => {
                permit.answered();
                self.understand(call, &answer)
            }
            Err(lost) => {
                permit.failed(Instant::now());
                let unclear = lost.sent && call.request.method != Method::Get;
                let reason = lost.reason.to_owned();
                let error = Error::Unavailable { unclear, retry_after: LATER, reason, request_id: None };
                Err(Failure { error: Box::new(error), again: Some(Duration::ZERO), unclear })
            }
        }
    }

    fn assemble(&self, request: &Request) -> Result<http::Request<Vec<u8>>, Lost> {
        let mut builder = http::Request::builder()
            .method(request.method.as_str())
            .uri(format!("{}{}", self.shared.base, request.target()))
            .header("authorization", secret_header(self.shared.authorization.expose_secret())?)
            .header("stripe-version", &request.version);
        if let Some(key) = &request.idempotency_key {
            builder = builder.header("idempotency-key", key.as_str());
        }
        let mut body = Vec::new();
        if request.method == Method::Post {
            builder = builder.header("content-type", "application/x-www-form-urlencoded");
            body = request.body.as_bytes().to_vec();
        }
        builder.body(body).map_err(|_| CANNOT_BUILD)
    }

    fn understand(&self, call: &Call<'_>, answer: &Answer) -> Result<(Value, RequestId), Failure> {
        let header = |name: &str| answer.headers.get(name).and_then(|value| value.to_str().ok());
        let request_id = header("request-id").map(str::to_owned);
        let body: Option<Value> = serde_json::from_slice(&answer.body).ok();
        if (200..300).contains(&answer.status) {
            return match body {
                Some(body) => Ok((body, request_id)),
                None => Err(Failure::last(unexpected(call.request, "$".into(), "JSON", request_id))),
            };
        }
        let advice = Advice::of(&answer.headers);
        let refusal = Refusal { status: answer.status, body: body.as_ref(), request_id };
        let again = advice.allows(answer.status, refusal.code());
        if answer.status == 429
            && refusal.code() != Some("lock_timeout")
            && let Some(limiter) = &self.shared.limiter
        {
            slow_down(limiter, call, header("stripe-rate-limited-reason"), advice);
        }
        // A conflict is another try under the same key, still at work.
        let unclear = (answer.status == 409 || answer.status >= 500) && call.request.method != Method::Get;
        let error = refusal.error(unclear, advice.retry_after.unwrap_or(LATER));
        let error = Box::new(error);
        Err(Failure { error, again: again.then(|| advice.retry_after.unwrap_or_default()), unclear })
    }
}

impl Call<'_> {
    /// Stripe's limit of an endpoint counts its methods apart.
    fn endpoint_key(&self) -> String {
        format!("{} {}", self.request.method.as_str(), self.endpoint)
    }

    /// The last word. When an earlier try may have taken effect, a later "too many requests" or "no
    /// connection" does not take that back.
    fn give_up(&self, error: Error, pause: Option<Duration>) -> Error {
        match error {
            Error::Unavailable { unclear, retry_after, reason, request_id } => Error::Unavailable {
                unclear: unclear || self.unclear,
                retry_after: pause.unwrap_or(retry_after),
                reason,
                request_id,
            },
            Error::RateLimited { retry_after, request_id } if self.unclear => Error::Unavailable {
                unclear: true,
                retry_after: pause.unwrap_or(retry_after),
                reason: "too many requests".to_owned(),
                request_id,
            },
            Error::RateLimited { retry_after, request_id } => {
                Error::RateLimited { retry_after: pause.unwrap_or(retry_after), request_id }
            }
            other => other,
        }
    }
}

impl Failure {
    fn last(error: Error) -> Self {
        let unclear = error.is_unclear();
        Self { error: Box::new(error), again: None, unclear }
    }

    fn unsent(reason: &str, retry_after: Duration) -> Self {
        let reason = reason.to_owned();
        Self::last(Error::Unavailable { unclear: false, retry_after, reason, request_id: None })
    }
}

const CANNOT_BUILD: Lost = Lost { sent: false, reason: "the request cannot be built" };

/// Marked as sensitive, so that nothing below prints it.
fn secret_header(text: &str) -> Result<http::HeaderValue, Lost> {
    let mut value = http::HeaderValue::from_str(text).map_err(|_| CANNOT_BUILD)?;
    value.set_sensitive(true);
    Ok(value)
}

fn unexpected(request: &Request, path: String, expected: &'static str, request_id: RequestId) -> Error {
    let took_effect = request.method != Method::Get;
    Error::UnexpectedShape { endpoint: request.endpoint(), path, expected, took_effect, request_id }
}

/// Stripe names which limit was met; without a name it may be the key's.
fn slow_down(limiter: &Limiter, call: &Call<'_>, reason: Option<&str>, advice: Advice) {
    let until = Instant::now() + advice.retry_after.unwrap_or(Duration::from_secs(1)).min(LATER);
    match reason {
        Some(reason) if reason.starts_with("endpoint") => limiter.hold(Some(&call.endpoint_key()), until),
        Some(reason) if reason.starts_with("resource") => {}
        _ => limiter.hold(None, until),
    }
}
