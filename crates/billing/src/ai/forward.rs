//! A request to an AI model, by way of a hold: admitted by an estimate before its first word, forwarded, and paid afterwards
//! by what was used.

use super::demo;
use super::endpoint::Endpoint;
use super::limits::Place;
use super::models::Found;
use super::passing::{Chunks, pass_on};
use super::prepared::Prepared;
use super::relay::Relay;
use super::request::prepare;
use super::settle::{Course, End};
use super::upstream::{Answerer, UpstreamFailure};
use super::whole::{self, Whole};
use crate::holds::{Authorize, HoldAnswer, HoldRecord, Named};
use crate::usage::{Keyed, Left};
use crate::{Billing, Error, Result};
use domain::ai::{Model, ModelUsage, Upstream};
use domain::ids::HoldId;
use domain::time::MINUTE;
use domain::usage::Label;
use serde_json::{Map, Value};
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// Of an answer from its request to its end; OpenAI's own clients wait as long.
const LONGEST: Duration = Duration::from_mins(10);
/// In milliseconds, longer than the longest answer. A process that dies leaves the hold to this.
const HOLD: i64 = 15 * MINUTE;
/// While an earlier request under the same key runs, in seconds.
const RETRY_AFTER: i64 = 5;

#[derive(Debug)]
pub struct Forward {
    /// Of who asks.
    pub place: Place,
    pub endpoint: Endpoint,
    /// The first one that is offered, when nobody says.
    pub model: Option<String>,
    /// In OpenAI's form; what decides the cost is read, everything else goes on untouched.
    pub body: Map<String, Value>,
    /// In tokens of the model, where the body does not say it.
    pub max_output: Option<i64>,
    /// For the statistics; that of the endpoint when nobody says.
    pub feature: Option<String>,
    pub key: Option<Keyed>,
}

/// An answer, and what it has cost.
#[derive(Debug, Clone, PartialEq)]
pub struct Answered {
    /// Of our own, without a prefix.
    pub number: String,
    /// Our name of the model.
    pub model: String,
    /// As the service has written it, a JSON object; empty when it was streamed.
    pub body: Vec<u8>,
    /// Of a conversation that was not streamed: the first choice.
    pub text: String,
    /// In tokens of the model.
    pub used: ModelUsage,
    /// True when the allowance paid.
    pub from_allowance: bool,
    /// Taken from the balance.
    pub paid: i64,
    pub left: Left,
    /// It was answered before under the same key, and costs nothing again.
    pub replayed: bool,
}

impl Billing {
    /// Runs to its end whoever leaves, so that what was used is settled: give it a task of its own. A streamed answer goes
    /// to `out` as it comes. Who stops reading ends the request at the upstream as well, and pays for what was taken until
    /// then; the answer is `None`, also for who only reads too slowly, and gets no more than what was taken in time.
    ///
    /// Under a key the hold is remembered. A retry while it is held is [`Error::EarlierAttemptUnclear`]; after it was paid
    /// it is [`Error::AlreadyAnswered`], or of the demo the same answer for nothing; if nothing was paid it is a new request.
    ///
    /// Errors: [`Error::Invalid`]; [`Error::UnknownModel`], [`Error::ModelNotInTier`]; those of [`Billing::authorize`], with
    /// nothing consumed; [`Error::AiUpstream`], with nothing paid but for what was streamed before.
    pub async fn forward(&self, command: Forward, out: Relay) -> Result<Option<Answered>> {
        let Forward { place, endpoint, body, key, .. } = command;
        let Found { model, answerer } = self.find_model(&place, command.model.as_deref(), endpoint)?;
        let mut prepared = prepare(body, command.max_output, model)?;
        let feature = command.feature.unwrap_or_else(|| endpoint.feature().to_owned());
        let authorized = self
            .authorize(Authorize {
                account: place.account().clone(),
                owner: None,
                tokens: prepared.estimate(),
                expires_in: HOLD,
                label: Label { feature, model: Some(model.name.clone()) },
                key,
            })
            .await?;
        if authorized.replayed {
            return self.say_again(authorized, endpoint, model, &prepared, out).await.map(Some);
        }
        let named = Named { account: place.account().clone(), owner: None, hold: authorized.hold.id };
        let started = Instant::now();
        let until = started + LONGEST;
        let course = if prepared.streamed {
            self.ask_in_parts(answerer, endpoint, &mut prepared, &out, until).await
        } else {
            self.ask_at_once(answerer, endpoint, &mut prepared, &out, until).await
        };
        let settled =
            self.settle_answer(named, model, &prepared, &course, out.taken(), started.elapsed()).await?;
        match course.end {
            End::Failed(failure) => Err(Error::AiUpstream(failure)),
            End::Left => Ok(None),
            End::Whole => Ok(settled.map(|(held, used)| Answered {
                body: course.body,
                text: course.text,
                ..answered(held, model, used)
            })),
        }
    }

    /// An answer that comes at once.
    async fn ask_at_once(
        &self,
        answerer: Answerer<'_>,
        endpoint: Endpoint,
        prepared: &mut Prepared,
        out: &Relay,
        until: Instant,
    ) -> Course {
        let asked = async {
            match answerer {
                Answerer::Demo => Ok(demo::answer(endpoint, prepared, self.wall().seconds())),
                Answerer::Service(service) => {
                    let asking = service.ask(endpoint.path(), std::mem::take(&mut prepared.body));
                    timeout_at(until, asking).await.unwrap_or(Err(UpstreamFailure::TimedOut))
                }
            }
        };
        let came = tokio::select! {
            biased;
            () = out.left() => return Course::ended(End::Left),
            came = asked => came.and_then(|body| Ok((whole::read(&body, endpoint)?, body))),
        };
        match came {
            Ok((Whole { reported, counted_output, text, size, quality }, body)) => {
                prepared.pricing.made(size, quality);
                Course { reported, counted_output, body, text, end: End::Whole }
            }
            Err(failure) => Course::ended(End::Failed(failure)),
        }
    }

    /// An answer that comes in parts.
    async fn ask_in_parts(
        &self,
        answerer: Answerer<'_>,
        endpoint: Endpoint,
        prepared: &mut Prepared,
        out: &Relay,
        until: Instant,
    ) -> Course {
        let opened = async {
            match answerer {
                Answerer::Demo => Ok(Chunks::Demo(demo::Said::of(prepared).chunks(self.wall().seconds()))),
                Answerer::Service(service) => {
                    let opening = service.stream(endpoint.path(), std::mem::take(&mut prepared.body));
                    let opened = timeout_at(until, opening).await.unwrap_or(Err(UpstreamFailure::TimedOut));
                    opened.map(Chunks::Service)
                }
            }
        };
        let opened = tokio::select! {
            biased;
            () = out.left() => return Course::ended(End::Left),
            opened = opened => opened,
        };
        match opened {
            Ok(chunks) => pass_on(chunks, prepared, out, until).await,
            Err(failure) => Course::ended(End::Failed(failure)),
        }
    }

    /// What was answered under the same key before.
    async fn say_again(
        &self,
        held: HoldAnswer,
        endpoint: Endpoint,
        model: &Model,
        prepared: &Prepared,
        out: Relay,
    ) -> Result<Answered> {
        let HoldRecord { used: Some(used), .. } = held.hold else {
            return Err(Error::EarlierAttemptUnclear { retry_after_seconds: RETRY_AFTER });
        };
        if model.upstream != Upstream::Demo || endpoint != Endpoint::Chat {
            return Err(Error::AlreadyAnswered);
        }
        let at = self.wall().seconds();
        let said = demo::Said::of(prepared).at_most(used - prepared.most.input);
        let again = Answered { replayed: true, ..answered(held, model, said.used()) };
        if prepared.streamed {
            out.say_that_it_is_again();
            pass_on(Chunks::Demo(said.chunks(at)), prepared, &out, Instant::now() + LONGEST).await;
            return Ok(again);
        }
        Ok(Answered { body: said.whole(at), text: said.into_text(), ..again })
    }
}

/// Without what was answered.
fn answered(held: HoldAnswer, model: &Model, used: ModelUsage) -> Answered {
    let HoldAnswer { hold, left, .. } = held;
    Answered {
        number: hold.id.as_str().trim_start_matches(HoldId::PREFIX).to_owned(),
        model: model.name.clone(),
        body: vec![],
        text: String::new(),
        used,
        from_allowance: hold.from_allowance,
        paid: hold.paid.unwrap_or_default(),
        left,
        replayed: false,
    }
}
