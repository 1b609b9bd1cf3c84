//! What is paid in the end: what the upstream reports, else what was counted; nothing where nothing came.

use super::prepared::Prepared;
use super::text::of_characters;
use super::upstream::UpstreamFailure;
use crate::holds::{CaptureHold, HoldAnswer, Named, VoidHold};
use crate::{Billing, Error, Result};
use domain::ai::{Model, ModelUsage};
use domain::hold::Usage;
use ledger::Tokens;
use std::time::Duration;

/// Before another try, when the database is busy or gone.
const PAUSES: [Duration; 5] = [
    Duration::from_millis(100),
    Duration::from_secs(1),
    Duration::from_secs(5),
    Duration::from_secs(15),
    Duration::from_secs(30),
];

/// How a request went.
pub(super) struct Course {
    /// By the upstream.
    pub(super) reported: Option<ModelUsage>,
    /// In tokens of the model, of all that came.
    pub(super) counted_output: i64,
    /// Empty where there is none, or it was streamed.
    pub(super) body: Vec<u8>,
    /// Of the first choice of an answer that came at once.
    pub(super) text: String,
    pub(super) end: End,
}

pub(super) enum End {
    Whole,
    /// Nobody reads any more.
    Left,
    Failed(UpstreamFailure),
}

impl Course {
    /// With nothing said.
    pub(super) fn ended(end: End) -> Self {
        Self { reported: None, counted_output: 0, body: vec![], text: String::new(), end }
    }

    /// What is to be paid for, in tokens of the model, and whether it was counted. `taken` is how many characters the reader
    /// has of it. `None`: nothing.
    fn used(&self, prepared: &Prepared, taken: i64) -> Option<(ModelUsage, bool)> {
        let is_whole = matches!(self.end, End::Whole);
        if !is_whole && taken == 0 {
            return None;
        }
        match self.reported {
            Some(reported) if prepared.can_use(reported) => return Some((reported, false)),
            Some(reported) => {
                tracing::error!(?reported, "an AI service reports what cannot be; what it wrote was counted");
            }
            None => {}
        }
        let output = if is_whole { self.counted_output } else { of_characters(taken) };
        // The service was told a limit: what is beyond it is no text.
        let output = output.min(prepared.most.output);
        Some((ModelUsage { input: prepared.most.input, cached_input: 0, output }, true))
    }
}

impl Billing {
    /// Ends the hold. `None` where nothing is paid.
    pub(super) async fn settle_answer(
        &self,
        named: Named,
        model: &Model,
        prepared: &Prepared,
        course: &Course,
        taken: i64,
        elapsed: Duration,
    ) -> Result<Option<(HoldAnswer, ModelUsage)>> {
        let used = course.used(prepared, taken);
        note(model, course, used, elapsed);
        let Some((used, is_counted)) = used else {
            self.end_hold(&named, None).await?;
            return Ok(None);
        };
        // A hold is captured by at least one token, as it holds at least one.
        let cost = prepared.pricing.cost(used).max(Tokens::new(1).unwrap_or_default());
        let usage = if is_counted { Usage::Counted(cost) } else { Usage::Reported(cost) };
        Ok(Some((self.end_hold(&named, Some(usage)).await?, used)))
    }

    /// Tries a few times while the database is busy: what is not settled is given back when the hold expires, although the
    /// upstream has answered.
    async fn end_hold(&self, named: &Named, usage: Option<Usage>) -> Result<HoldAnswer> {
        let mut pauses = PAUSES.iter();
        loop {
            let named = named.clone();
            let ended = match usage {
                Some(usage) => self.capture_hold(CaptureHold { named, usage, key: None }).await,
                None => self.void_hold(VoidHold { named, key: None }).await,
            };
            match (ended, pauses.next()) {
                // Done twice is done once: also where it is not known whether it was.
                (Err(Error::Overloaded | Error::Store(_)), Some(pause)) => tokio::time::sleep(*pause).await,
                (Err(error), _) => {
                    tracing::error!(%error, "an AI request could not be settled; its hold is left to expire");
                    return Err(error);
                }
                (Ok(ended), _) => return Ok(ended),
            }
        }
    }
}

fn note(model: &Model, course: &Course, used: Option<(ModelUsage, bool)>, elapsed: Duration) {
    let outcome = match &course.end {
        End::Whole => "answered",
        End::Left => "left",
        End::Failed(failure) => failure.as_str(),
    };
    if let End::Failed(failure) = &course.end {
        tracing::warn!(model = model.name, %failure, paid = used.is_some(), "an AI request failed");
    }
    let name = || model.name.clone();
    metrics::counter!("ai_requests_total", "model" => name(), "outcome" => outcome).increment(1);
    metrics::histogram!("ai_upstream_seconds", "model" => name()).record(elapsed.as_secs_f64());
    let Some((used, is_counted)) = used else { return };
    let source = if is_counted { "counted" } else { "reported" };
    for (part, tokens) in
        [("input", used.input), ("cached_input", used.cached_input), ("output", used.output)]
    {
        let tokens = u64::try_from(tokens).unwrap_or_default();
        metrics::counter!("ai_model_tokens_total", "model" => name(), "part" => part, "source" => source)
            .increment(tokens);
    }
}
