//! The Idempotency-Key header, and answering under it.

use super::Caller;
use crate::answer::Answer;
use crate::problem::{PROBLEM_JSON, Problem};
use crate::state::AppState;
use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::header::{self, HeaderName, HeaderValue};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use billing::idempotency::{self, Begun, Keep};
use billing::usage::Keyed;
use std::pin::Pin;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
/// In bytes, as at Stripe.
const MAX_LENGTH: usize = 255;

/// The header, if the request has it.
#[derive(Debug, Clone)]
pub struct IdempotencyKey(pub Option<String>);

impl<S: Send + Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let Some(value) = parts.headers.get(IDEMPOTENCY_KEY) else { return Ok(Self(None)) };
        let key = value.to_str().unwrap_or_default();
        if key.is_empty() || key.len() > MAX_LENGTH {
            return Err(Problem::invalid(
                "Idempotency-Key",
                format!("must have 1 to {MAX_LENGTH} characters"),
            ));
        }
        Ok(Self(Some(key.to_owned())))
    }
}

/// Marks an answer as an earlier one given again.
pub fn replayed(mut response: Response) -> Response {
    response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    response
}

impl IdempotencyKey {
    /// Under which a use case remembers this request: its retry finishes what it began. Without a key every
    /// request is its own.
    pub fn request_key(&self, caller: &Caller, route: &str) -> String {
        match &self.0 {
            Some(key) => format!("{}:{route}:{key}", caller.scope()),
            None => format!("{}:{route}:once:{}", caller.scope(), uuid::Uuid::new_v4()),
        }
    }

    /// For a use case that keeps its answer itself, in the transaction of what it does. `scope` as of [`Caller::scope`],
    /// `route` and `digest` as of [`IdempotencyKey::answer`].
    pub fn keyed(self, scope: &str, route: &'static str, digest: &str) -> Option<Keyed> {
        self.0.map(|key| Keyed { scope: format!("{scope}:{route}"), key, request_hash: digest.to_owned() })
    }

    /// Runs `work` in a task of its own (trap 41), and under the key if there is one: the same body again
    /// gets the first answer with `Idempotent-Replayed: true`, another body 409 `idempotency_key_reused`,
    /// and while the first still runs 409 `idempotency_key_in_use`. Kept are 2xx, 402, 404 and 422.
    ///
    /// `route` is a constant of the handler; `digest` that of its [`Body`](super::Body).
    pub fn answer(
        self,
        state: &AppState,
        caller: &Caller,
        route: &'static str,
        digest: &str,
        keep: Keep,
        work: impl Future<Output = Result<Answer, Problem>> + Send + 'static,
    ) -> Pin<Box<dyn Future<Output = Response> + Send>> {
        let Some(key) = self.0 else {
            let done = state.run(work);
            return Box::pin(async move { done.await.into_response() });
        };
        let (scope, digest) = (format!("{}:{route}", caller.scope()), digest.to_owned());
        let (shared, work) = (state.clone(), Box::pin(work));
        // One task for all of it: a client that leaves must not leave its key in use.
        let answered = state.run(async move {
            let ticket = match shared.billing.begin_idempotent(&scope, &key, &digest, keep).await? {
                Begun::Run(ticket) => ticket,
                Begun::Replay(answer) => return Ok(replay(answer)),
                Begun::Reused => return Err(Problem::from(billing::Error::IdempotencyKeyReused)),
                Begun::InUse { retry_after_seconds } => return Err(in_use(retry_after_seconds)),
            };
            // Inside, another task: a panic in it must release the key.
            let done = shared.run(work).await;
            if let Err(error) = shared.billing.end_idempotent(&ticket, &kept(&done)).await {
                // The answer is right, only its repetition is not safe yet: the lease will end.
                tracing::error!(%error, "an answer could not be kept under its idempotency key");
            }
            Ok::<_, Problem>(done.into_response())
        });
        Box::pin(async move { answered.await.unwrap_or_else(IntoResponse::into_response) })
    }
}

fn kept(done: &Result<Answer, Problem>) -> idempotency::Answer {
    let (status, content_type, body) = match done {
        Ok(answer) => (answer.status, "application/json", answer.body.to_string()),
        Err(problem) => (problem.status, PROBLEM_JSON, problem.document().to_string()),
    };
    idempotency::Answer { status: status.as_u16(), content_type: content_type.to_owned(), body }
}

fn replay(answer: idempotency::Answer) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, answer.body).into_response();
    let headers = response.headers_mut();
    if let Ok(content_type) = HeaderValue::from_str(&answer.content_type) {
        headers.insert(header::CONTENT_TYPE, content_type);
    }
    replayed(response)
}

fn in_use(retry_after_seconds: i64) -> Problem {
    Problem::new(StatusCode::CONFLICT, "idempotency_key_in_use", "The first request with this key still runs")
        .retry_after(retry_after_seconds.unsigned_abs())
}
